"""lleaves: LightGBM models compiled by LLVM. It needs an old llvmlite, so it lives in an
environment and a process of its own, which is asked for one sample at a time: rounds with the
other peers stay interleaved, and call times are taken inside that process."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from .. import data
from ..cases import Case
from ..machine import ROOT
from ..training import ROWS
from .base import Call, Prepared, Unsupported, peer

PYTHON = ROOT / ".venv-lleaves" / "bin" / "python"
WORKER = Path(__file__).with_name("lleaves_worker.py")


class Remote:
    """A call in the worker's process; `timing.sampler` sees its own two methods."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, view: str) -> None:
        self._process, self._folder = process, folder
        if view not in ("float32", "float64"):
            raise Unsupported("takes arrays of numbers only")

    def __call__(self, rows: Any) -> Any:
        """Score one array."""
        self.give([rows])
        self._ask({"do": "score"})
        return np.load(self._folder / "output.npy")

    def give(self, inputs: list[Any]) -> None:
        """Hand over what the next samples are to be taken with."""
        np.save(self._folder / "inputs.npy", np.stack(inputs))
        self._ask({"do": "read"})

    def total(self, number: int) -> float:
        """Seconds of that many calls."""
        return float(self._ask({"do": "total", "number": number}))

    def each(self, number: int) -> list[float]:
        """Seconds of each of that many calls."""
        return list(self._ask({"do": "each", "number": number}))

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("lleaves' process has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]


@peer("lleaves same shape", same_model=False)
def prepare(case: Case) -> Prepared:
    """LightGBM trained on the same rows, as many trees and leaves; compiled by lleaves."""
    if case.spec.shape is None or case.spec.name == "forest":
        raise Unsupported("no model of the same shape is trained for this one")
    python = Path(os.environ.get("BENCH_LLEAVES_PYTHON", str(PYTHON)))
    if not python.exists():
        raise Unsupported("its environment is not there: make .venv-lleaves/ready")
    trees, depth, leaves = case.spec.shape
    folder = case.folder / "lleaves"
    folder.mkdir(exist_ok=True)
    X = data.numbers(ROWS, data.TRAIN, missing=0.02)
    np.savez(folder / "train.npz", X=X, y=data.classes(X))
    process = subprocess.Popen(
        [python, WORKER], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    remote = Remote(process, folder, "float32")
    try:
        remote._ask({"do": "prepare", "trees": trees, "leaves": leaves or 2**depth, "depth": depth})
    except BaseException:
        process.kill()
        raise

    def bind(view: str) -> Call:
        return Remote(process, folder, view)

    return Prepared(bind, folder / "compiled.o", lambda: remote._ask({"do": "load"}))
