"""The goals: what has to be reached, cell by cell, and whether it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .measure import ALONE
from .peers import OURS
from .processes import NUMPY
from .results import Cell, Results, duration

ONNX, SKLEARN = ("onnxruntime",), ("scikit-learn",)
XGBOOST = ("xgboost inplace", "xgboost DMatrix", "scikit-learn")
"""XGBoost's interfaces; scikit-learn's is its estimator. The fastest counts."""
BEST: tuple[str, ...] = ()
LARGE = (10_000, 100_000)


@dataclass(frozen=True)
class Verdict:
    """A row of the table, as texts; `reached` is None if it could not be judged."""

    ours: str = "–"
    peer: str = "–"
    ratio: str = "–"
    reached: bool | None = None
    outputs: str = ""


@dataclass(frozen=True)
class Goal:
    """A row of the table.

    Attributes:
        title: the cell.
        text: what has to be reached.
        judge: reads it from the results.
    """

    title: str
    text: str
    judge: Callable[[Results], Verdict]


def faster(
    title: str,
    model: str,
    rows: tuple[int, ...],
    against: tuple[str, ...],
    floor: float,
    *,
    view: str = "float32",
    apart: bool = False,
) -> Goal:
    """At least so many times as fast; of several batch sizes, the one with the least counts.

    Args:
        title: the cell.
        model: the task.
        rows: batch sizes.
        against: peers, the fastest of which counts; all if empty.
        floor: of the ratio.
        view: how rows are given.
        apart: the peers have a model of their own, of the same shape.
    """

    def judge(results: Results) -> Verdict:
        found = [_compared(results, model, view, count, against, apart) for count in rows]
        pairs = [pair for pair in found if pair is not None]
        if not pairs:
            return _not_judged(results, model, view, rows[0], against)
        ours, theirs = min(pairs, key=lambda pair: pair[1].median / pair[0].median)
        ratio = theirs.median / ours.median
        check = results.check(model, OURS, view, ours.rows)
        at = f" at {ours.rows:,} rows" if len(rows) > 1 else ""
        return Verdict(
            duration(ours.median) + at,
            f"{duration(theirs.median)} ({theirs.peer})",
            f"{ratio:.3g}",
            ratio >= floor if ours.counts else None,
            "identical" if check["identical"] else f"within {check['difference']:.1g}",
        )

    names = " or ".join(against[:1] if against == XGBOOST else against) or "best peer"
    names = "xgboost" if against == XGBOOST else names
    return Goal(title, f"≥ {floor:g} × {names}", judge)


def _compared(
    results: Results, model: str, view: str, rows: int, against: tuple[str, ...], apart: bool
) -> tuple[Cell, Cell] | None:
    cells = [cell for cell in results.cells(model) if (cell.view, cell.rows) == (view, rows)]
    ours = next((cell for cell in cells if cell.peer == OURS), None)
    able = [
        cell
        for cell in cells
        if cell.peer != OURS
        and (not against or cell.peer in against)
        and (cell.counts or (apart and not cell.same_model))
    ]
    if ours is None or not able:
        return None
    return ours, min(able, key=lambda cell: cell.median)


def _not_judged(
    results: Results, model: str, view: str, rows: int, against: tuple[str, ...]
) -> Verdict:
    ours = results.cell(model, view, rows)
    peers = results.peers(model)
    asked = [OURS, *against] if ours is None else against
    reasons = [f"{p}: {peers[p].get('reason', '')}" for p in asked if p in peers]
    why = "; ".join(reason for reason in reasons if not reason.endswith(": ")) or "not measured"
    return Verdict("–" if ours is None else duration(ours.median), outputs=why[:200])


def _start(results: Results) -> Verdict:
    seconds = results.task("process-start").get("seconds", {})
    if OURS not in seconds or NUMPY not in seconds:
        return Verdict()
    ratio = seconds[OURS] / seconds[NUMPY]
    peer = f"{duration(seconds[NUMPY])} ({NUMPY})"
    return Verdict(duration(seconds[OURS]), peer, f"{ratio:.3g}", ratio <= 1.2)


def _memory(results: Results) -> Verdict:
    resident = results.task("memory").get("resident_mb", {})
    if OURS not in resident:
        return Verdict()
    others = {n: v for n, v in resident.items() if n not in (OURS, NUMPY)}
    best = min(others, key=lambda name: float(others[name]), default="")
    peer = f"{others[best]:.1f} MB ({best})" if best else "–"
    ratio = f"{others[best] / resident[OURS]:.3g}" if best else "–"
    return Verdict(f"{resident[OURS]:.1f} MB", peer, ratio, resident[OURS] <= 40)


def _preparation(results: Results) -> Verdict:
    found = results.task("preparation")
    if "seconds" not in found:
        return Verdict()
    parts = (
        f"load {duration(found['load_seconds'])}, "
        f"first calls {duration(found['first_calls_seconds'])}"
    )
    return Verdict(f"{duration(found['seconds'])} ({parts})", reached=found["seconds"] <= 0.05)


def threads(title: str, model: str, floor: float, view: str = "float32") -> Goal:
    """Two threads against one of ours, at 100,000 rows."""

    def judge(results: Results) -> Verdict:
        task, rows = f"{model}-2-threads", 100_000
        two = results.cell(task, view, rows)
        one = results.cell(task, view, rows, ALONE)
        if two is None or one is None:
            return Verdict()
        ratio = one.median / two.median
        peer = f"{duration(one.median)} (1 thread)"
        return Verdict(duration(two.median), peer, f"{ratio:.3g}", ratio >= floor)

    return Goal(title, f"≥ {floor:g} × one thread", judge)


GOALS: Final = (
    faster("one row, XGBoost 100×6", "xgboost-100x6", (1,), ONNX, 5),
    faster("one row, XGBoost 500×8", "xgboost-500x8", (1,), ONNX, 5),
    faster("one row, XGBoost 10-class 100×6", "xgboost-10-class", (1,), ONNX, 5),
    faster("one row, RandomForest 100 deep", "forest", (1,), ONNX, 2),
    faster("one row, RandomForest 100 deep", "forest", (1,), SKLEARN, 1000),
    faster("one row, HistGradientBoosting 300×31", "hist", (1,), ("tl2cgen",), 10, view="float64"),
    faster("one dict row, mixed + logistic", "mixed-logistic", (1,), ONNX, 10, view="dict"),
    faster("100 rows, XGBoost 100×6", "xgboost-100x6", (100,), BEST, 5),
    faster("≥ 10k rows, XGBoost 100×6", "xgboost-100x6", LARGE, BEST, 8),
    faster("≥ 10k rows, XGBoost 100×6", "xgboost-100x6", LARGE, XGBOOST, 12),
    faster("≥ 10k rows, XGBoost 500×8", "xgboost-500x8", LARGE, BEST, 10),
    faster("≥ 10k rows, XGBoost 10-class", "xgboost-10-class", LARGE, XGBOOST, 20),
    faster("≥ 10k rows, HistGradientBoosting (float64)", "hist", LARGE, BEST, 25, view="float64"),
    faster("≥ 10k rows, RandomForest deep", "forest", LARGE, SKLEARN, 4),
    faster("≥ 10k rows, RandomForest deep; oneDAL's own forest of the same shape",
           "forest", LARGE, ("oneDAL", "oneDAL forest"), 1, apart=True),
    faster("≥ 10k rows, XGBoost, all thresholds distinct", "xgboost-distinct", LARGE, BEST, 3),
    faster("≥ 10k rows, mixed + logistic, object strings", "mixed-logistic", LARGE, BEST, 3,
           view="objects"),
    faster("≥ 10k rows, mixed + logistic, pandas categoricals", "mixed-logistic", LARGE, BEST,
           20, view="categoricals"),
    faster("≥ 10k rows, mixed + logistic, Arrow", "mixed-logistic", LARGE, BEST, 20,
           view="arrow"),
    Goal("process start → first score", "≤ 1.2 × import numpy", _start),
    Goal("memory (RSS) after the first score", "≤ 40 MB", _memory),
    threads("2 threads, 100k rows, XGBoost 100×6", "xgboost-100x6", 1.7),
    threads("2 threads, 100k rows, XGBoost 500×8", "xgboost-500x8", 1.7),
    threads("2 threads, 100k rows, XGBoost 10-class", "xgboost-10-class", 1.7),
    threads("2 threads, 100k rows, RandomForest deep", "forest", 1.7),
    threads("2 threads, 100k rows, HistGradientBoosting", "hist", 1.7, "float64"),
    Goal("preparing XGBoost 500×8 for every kernel", "≤ 50 ms", _preparation),
)  # fmt: skip
"""The table at the top of the page, in its order."""
