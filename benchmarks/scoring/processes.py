"""Whole processes: start, memory, first build, loading, and preparing the kernels."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any, Final

from .cases import Case
from .large import large_bundle
from .measure import Order, Say
from .models import MODELS
from .peers import PEERS

NUMPY: Final = "import numpy"

FIRST_SCORE: Final = {
    NUMPY: "import numpy",
    "scorebundle": """
import sys, numpy
from scorebundle.runtime import Runtime
Runtime.load(sys.argv[1]).predict_proba(numpy.zeros((1, 28), "f4"))
""",
    "onnxruntime": """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
session.run(None, {session.get_inputs()[0].name: numpy.zeros((1, 28), "f4")})
""",
    "xgboost inplace": """
import sys, numpy, xgboost
xgboost.Booster(model_file=sys.argv[1]).inplace_predict(numpy.zeros((1, 28), "f4"))
""",
    "scikit-learn": """
import sys, numpy, joblib
joblib.load(sys.argv[1]).predict_proba(numpy.zeros((1, 28), "f4"))
""",
    "treelite GTIL": """
import sys, numpy, treelite
model = treelite.Model.deserialize(sys.argv[1])
treelite.gtil.predict(model, numpy.zeros((1, 28), "f4"), nthread=1)
""",
    "tl2cgen": """
import sys, numpy, tl2cgen
predictor = tl2cgen.Predictor(sys.argv[1], nthread=1)
predictor.predict(tl2cgen.DMatrix(numpy.zeros((1, 28), "f4"), dtype="float32"))
""",
}
"""What a process does to give its first score."""

MEMORY: Final = """
with open("/proc/self/status") as file:
    fields = dict(line.split(":", 1) for line in file)
print(fields["VmRSS"].split()[0], fields["VmHWM"].split()[0])
"""


def process(script: str, *arguments: str, **environment: str) -> str:
    """Run Python code in a fresh process; returns what it printed."""
    compiled = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**compiled, **environment},  # as an installed package is; the first process does it
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout


def files(order: Order, say: Say) -> tuple[Case, dict[str, list[str]]]:
    """Per peer, the arguments of its script: the file of XGBoost 100x6 (`tiny` if quick)."""
    case = Case(MODELS["tiny" if order.batches <= 100 else "xgboost-100x6"], order.cache, 1)
    found: dict[str, list[str]] = {NUMPY: []}
    for name in FIRST_SCORE:
        if name in PEERS and (not order.peers or name in order.peers):
            say(f"{name}: preparing")
            try:
                prepared = PEERS[name].prepare(case)
                found[name] = [str(prepared.file)]
                process(FIRST_SCORE[name], *found[name])
            except Exception:
                found.pop(name, None)
    return case, found


def starts(order: Order, say: Say) -> dict[str, Any]:
    """Wall time of whole processes, from start to exit, in turns."""
    _, arguments = files(order, say)
    times: dict[str, list[float]] = {name: [] for name in arguments}
    for turn in range(order.effort.rounds):
        say(f"round {turn + 1}")
        for name, given in arguments.items():
            started = time.perf_counter()
            process(FIRST_SCORE[name], *given)
            times[name].append(time.perf_counter() - started)
    return {"seconds": {name: statistics.median(values) for name, values in times.items()}}


def memory(order: Order, say: Say) -> dict[str, Any]:
    """Resident megabytes after the first score, and the most there ever were."""
    _, arguments = files(order, say)
    now: dict[str, float] = {}
    most: dict[str, float] = {}
    for name, given in arguments.items():
        say(name)
        printed = [process(FIRST_SCORE[name] + MEMORY, *given).split() for _ in range(3)]
        now[name] = statistics.median(int(figures[0]) / 1024 for figures in printed)
        most[name] = statistics.median(int(figures[1]) / 1024 for figures in printed)
    return {"resident_mb": now, "most_mb": most}


def first_build(order: Order, say: Say) -> dict[str, Any]:
    """A score in a process that finds no kernels, as on a new machine."""
    case = Case(MODELS["tiny"], order.cache, 1)
    bundle = case.bundle()
    say("building")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        process(FIRST_SCORE["scorebundle"], str(bundle), SCOREBUNDLE_CACHE=folder)
        return {"seconds": time.perf_counter() - started}


def preparation(order: Order, say: Say) -> dict[str, Any]:
    """What XGBoost 500x8 costs before it is at full speed: load, and each first batch."""
    from scorebundle.runtime import Runtime

    case = Case(MODELS["tiny" if order.batches <= 100 else "xgboost-500x8"], order.cache, 1)
    path, batches = case.bundle(), [b for b in case.spec.batches if b <= 10_000]
    inputs = {rows: case.inputs("float32", rows)[0] for rows in batches}
    loads, extras = [], []
    for turn in range(order.effort.rounds):
        say(f"round {turn + 1}")
        started = time.perf_counter()
        runtime = Runtime.load(path)
        loads.append(time.perf_counter() - started)
        extra = 0.0
        for rows in batches:
            first, *steady = (_seconds(runtime.predict_proba, inputs[rows]) for _ in range(4))
            extra += max(0.0, first - statistics.median(steady))
        extras.append(extra)
    load, extra = statistics.median(loads), statistics.median(extras)
    return {"load_seconds": load, "first_calls_seconds": extra, "seconds": load + extra}


def load_large(order: Order, say: Say) -> dict[str, Any]:
    """Loading and a first row: the forest, and copies of its trees up to 10 and 500 MB."""
    from scorebundle.runtime import Runtime

    case = Case(MODELS["tiny" if order.batches <= 100 else "forest"], order.cache, 1)
    row = case.inputs("float32", 1)[0]
    found: dict[str, Any] = {}
    for megabytes in (1,) if order.batches <= 100 else (10, 500):
        say(f"making a bundle of {megabytes} MB")
        path = case.artefact(
            f"large-{megabytes}.zip",
            lambda to, size=megabytes: large_bundle(case.bundle(), to, size * 1_000_000),  # type: ignore[misc]
        )
        times: dict[str, list[float]] = {"load": [], "first row": []}
        for turn in range(min(3, order.effort.rounds)):
            say(f"{megabytes} MB: round {turn + 1}")
            started = time.perf_counter()
            runtime = Runtime.load(path)
            times["load"].append(time.perf_counter() - started)
            times["first row"].append(_seconds(runtime.predict_proba, row))
        medians = {f"{name} seconds": statistics.median(t) for name, t in times.items()}
        found[f"{megabytes} MB"] = {"bytes": path.stat().st_size, **medians}
    return {"bundles": found}


def _seconds(call: Any, given: Any) -> float:
    started = time.perf_counter()
    call(given)
    return time.perf_counter() - started


__all__ = ["first_build", "load_large", "memory", "preparation", "starts"]
