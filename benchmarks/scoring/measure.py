"""One model: prepare every peer, compare, then time all cells."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from .agreement import compare
from .cases import Case
from .models import Spec
from .peers import OURS, PEERS, Late, Prepared, deadline
from .timing import Effort, interleaved, sampler


class Say(Protocol):
    """Told what is done next; what was last said names the culprit if the process dies."""

    def __call__(self, text: str, cells: int = 0) -> None:
        """A line for the progress bar, and how many cells it advances."""


@dataclass(frozen=True)
class Order:
    """What a measuring process is asked for.

    Attributes:
        cache: folder of trained models.
        effort: how long.
        batches: the largest number of rows.
        peers: wanted; all if empty.
        deadline: seconds a peer may take to convert or compile a model.
        without: peers that killed this process before, with what happened.
    """

    cache: Path
    effort: Effort
    batches: int = 100_000
    peers: tuple[str, ...] = ()
    deadline: float = 300
    without: dict[str, str] = field(default_factory=dict)


ALONE: Final = f"{OURS}, 1 thread"
"""Ourselves in a run with two threads."""

Calls = dict[tuple[str, str], Any]
"""(peer, view) → call."""


class Measurement:
    """One model with as many threads as its case says; fills `result`."""

    def __init__(self, spec: Spec, order: Order, say: Say, threads: int = 1) -> None:
        self.spec, self.order, self.say, self.threads = spec, order, say, threads
        say("training")
        self.case = Case(spec, order.cache, threads)
        self.reference = getattr(self.case.estimator, spec.method)(self.case.base)
        self.prepared: dict[str, Prepared] = {}
        self.calls: Calls = {}
        self.result: dict[str, Any] = {"title": spec.title, "threads": threads, "peers": {}}

    def prepare(self) -> None:
        """Every peer; what fails is noted with its reason."""
        for name, peer in PEERS.items():
            wanted = (not self.order.peers or name in self.order.peers) and (
                not self.spec.peers or name in self.spec.peers
            )
            if not wanted:
                continue
            self.say(f"{name}: preparing")
            note: dict[str, Any] = {"same_model": peer.same_model}
            self.result["peers"][name] = note
            late = self.case.folder / f"{name}.late"
            known = self.order.without.get(name) or (late.exists() and late.read_text())
            if known:
                note.update(status="failed", reason=known)
                continue
            started = time.perf_counter()
            try:
                with deadline(self.order.deadline):
                    prepared = peer.prepare(self.case)
            except Late as error:  # remembered: waiting again for the same would take as long
                late.write_text(str(error))
                note.update(status="failed", reason=str(error))
                continue
            except Exception as error:  # any failure of a peer is a finding, not ours
                note.update(status="failed", reason=reason(error))
                continue
            self.prepared[name] = prepared
            note["prepare_seconds"] = time.perf_counter() - started
            if prepared.file is not None and prepared.file.exists():
                note["file_bytes"] = prepared.file.stat().st_size
            self.bind(name, prepared, note)

    def bind(self, name: str, prepared: Prepared, note: dict[str, Any]) -> None:
        """The peer's calls, one per view."""
        note["checks"] = []
        for view in self.spec.views:
            try:
                self.calls[name, view] = prepared.bind(view)
            except Exception as error:
                note["checks"].append({"view": view, "rows": 0, "reason": reason(error)})

    def compared(self, name: str, view: str, rows: int, inputs: list[Any]) -> bool:
        """Compare a call's outputs with the training library's; False if it cannot be timed."""
        note = self.result["peers"][name]
        self.say(f"{name}: comparing {rows} rows, {view}")
        check: dict[str, Any] = {"view": view, "rows": rows}
        note["checks"].append(check)
        try:
            outputs = [np.asarray(self.calls[name, view](given)) for given in inputs]
            # Each row keeps its own output: whatever has one axis of a single row too many
            # (treelite, onnxruntime) is flattened by `compare`.
            output = outputs[0] if len(outputs) == 1 else np.stack(outputs)
            check.update(compare(output, self.reference[: rows * len(inputs)]).to_json())
        except Exception as error:
            check["reason"] = reason(error)
            return False
        return True

    def conclude(self) -> None:
        """Each peer's status, from all that was compared."""
        for note in self.result["peers"].values():
            if "status" in note:
                continue
            good = [check for check in note["checks"] if "reason" not in check]
            note["status"] = "ok"
            if not good:
                why = note["checks"][0]["reason"] if note["checks"] else "nothing was asked of it"
                note.update(status="failed", reason=why)
            elif not note["same_model"]:
                note.update(status="apart", reason="another model of the same shape")
            elif not all(check["same"] for check in good):
                worst = max(good, key=lambda check: float(check["difference"]))
                note.update(
                    status="disagrees",
                    reason=f"{worst['differing']} of {worst['compared']} rows differ, "
                    f"by up to {worst['difference']:.2g} ({worst['view']})",
                )

    def cells(self) -> None:
        """Time every view and number of rows."""
        self.result["cells"] = []
        for view, rows in cells_of(self.spec, self.order):
            self.cell(view, rows)

    def cell(self, view: str, rows: int) -> None:
        """One view and number of rows, all peers in turns."""
        inputs = self.case.inputs(view, rows)
        able = [
            name
            for name, at in self.calls
            if at == view and self.compared(name, view, rows, inputs)
        ]
        samplers = {name: sampler(self.calls[name, view], inputs) for name in able}
        self.say(f"{rows} rows, {view}", 1)
        found = interleaved(samplers, self.order.effort, singles=rows == 1)
        for name, figures in found.items():
            cell = {"view": view, "rows": rows, "threads": self.threads, "peer": name}
            self.result["cells"].append({**cell, **figures})

    def loads(self) -> None:
        """From the peer's file until it is ready to score; files are in the page cache."""
        for name, prepared in self.prepared.items():
            if prepared.load is None:
                continue
            self.say(f"{name}: loading")
            times: list[float] = []
            while len(times) < 3 or (sum(times) < self.order.effort.seconds / 3 and len(times) < 9):
                started = time.perf_counter()
                prepared.load()
                times.append(time.perf_counter() - started)
            self.result["peers"][name]["load_seconds"] = statistics.median(times)


def cells_of(spec: Spec, order: Order) -> list[tuple[str, int]]:
    """View and number of rows of every cell; dicts are given one by one."""
    found = [(view, rows) for view in spec.views for rows in spec.batches]
    return [(v, r) for v, r in found if r <= order.batches and (v != "dict" or r == 1)]


def measured(spec: Spec, order: Order, say: Say) -> dict[str, Any]:
    """All of one model, with one thread."""
    run = Measurement(spec, order, say)
    run.prepare()
    run.cells()
    run.loads()
    run.conclude()
    return run.result


def threaded(spec: Spec, order: Order, say: Say) -> dict[str, Any]:
    """The largest batch with two threads, beside ourselves with one."""
    run = Measurement(spec, order, say, threads=2)
    run.prepare()
    view = spec.views[0]
    if (OURS, view) in run.calls:
        alone = PEERS[OURS].prepare(Case(spec, order.cache, threads=1))
        run.calls[ALONE, view] = alone.bind(view)
        run.result["peers"][ALONE] = {"same_model": True, "checks": []}
    run.result["cells"] = []
    for rows in (10_000, 100_000):
        if rows <= max(order.batches, 10_000):
            run.cell(view, rows)
    run.conclude()
    return run.result


def reason(error: BaseException) -> str:
    """One line, without folders of this machine."""
    text = " ".join(str(error).split()) or type(error).__name__
    for folder in (str(Path.home()), str(Path.cwd())):
        text = text.replace(folder, "…")
    known = type(error).__name__ in ("Unsupported", "ExportError")
    return (text if known else f"{type(error).__name__}: {text}")[:600]
