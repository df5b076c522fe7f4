"""What shows with other dtypes only.

The gate asks the pipeline with floats in the columns of numbers, and numbers in the columns that
nobody reads. A function, and some of scikit-learn's estimators, do otherwise with what a table
really holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scorebundle.bundle.errors import Blocker, ExportError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.verification import Column

from .parity import ALONE, STORED, Gate, length, spread, take
from .probes import UNSEEN

WHOLE = "make floats of them first: .astype(float)"
UNREAD = "do not look at what a value is, but compare it, or use .isna() and .isin()"


def check_dtypes(gate: Gate, rows: Mapping[str, Column] | None, whole: Mapping[str, Any]) -> None:
    """Compare with tables of other dtypes.

    Args:
        gate: that the graph has passed.
        rows: real ones, if there are some.
        whole: their columns of whole numbers and truth values, as they were given: sums of truth
            values, int8 that overflows, and roots in float16 are not those of float64.

    Raises:
        ExportError: if graph and pipeline do not agree.
    """
    failures = [] if rows is None or not whole else _whole(gate, rows, whole)
    if gate.reference.form == "table" and gate.reference.named:
        failures += _unread(gate)
    if failures:
        raise ExportError(failures)


def _whole(gate: Gate, rows: Mapping[str, Column], whole: Mapping[str, Any]) -> list[Blocker]:
    refused = gate.runtime.score(dict(rows), errors="mark").status
    accepted = np.setdiff1d(np.arange(length(rows)), np.array([*refused], int))
    chosen = spread(accepted, ALONE if gate.reference.alone else gate.chunk)
    if not len(chosen):
        return []
    part = take(rows, chosen)
    table = gate.reference.table(part)
    if isinstance(table, np.ndarray):
        table = np.column_stack([whole[name][chosen] for name in gate.reference.columns])
    else:
        for name, column in whole.items():
            table[name] = column.take(chosen)
    gate.compare(part, table)
    shown = f"with the whole numbers and truth values of X in {[*whole]!r:.80}"
    return [Blocker(each.step, f"{shown}, {each.problem}", WHOLE) for each in gate.failures]


def _unread(gate: Gate) -> list[Blocker]:
    """Columns that the graph does not read must not matter: text, None and NaN in turn."""
    import pandas

    names = [name for name, kind in gate.graph.inputs if kind == "any"]
    rows = take(gate.stored, spread(np.arange(length(gate.stored)), STORED))
    if not names or not rows:
        return []
    method = gate.graph.outputs[0].name
    table = gate.reference.table(rows)
    words = np.resize(np.array([UNSEEN, None, np.nan], object), len(table))
    for name in names:
        table[name] = pandas.Series(words, dtype=object)  # else pandas makes NaN of None
    try:
        before, after = (gate.reference.ask(method, rows, each) for each in (None, table))
    except Exception:  # the pipeline may well ask for numbers
        return []
    if all(map(_alike, before, after)):
        return []
    problem = f"{method} changes with what columns {names!r:.80} hold, which cannot be traced"
    return [Blocker("", problem, UNREAD)]


def _alike(a: Array, b: Array) -> bool:
    """Whether two answers agree, roundings aside: beside text numpy computes with objects."""
    try:
        numbers = a.astype(np.float64), b.astype(np.float64)
    except (TypeError, ValueError):
        return np.array_equal(a, b)
    same = numbers[0].shape == numbers[1].shape
    return same and np.allclose(*numbers, rtol=1e-4, equal_nan=True)


__all__ = ["check_dtypes"]
