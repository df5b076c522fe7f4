"""sklearn.isotonic: a piecewise linear function that never turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..ensembles import Tree, grow
from ..export import Export
from ..registry import Outputs, Result, exports


@exports(IsotonicRegression)
def isotonic_regression(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Interpolation between X_thresholds_; outside as out_of_bounds says. `transform` is the
    same, of one dimension, so that no step can follow."""
    dtype = estimator.X_thresholds_.dtype.name
    value = isotonic(estimator, to.finite(x.numbers(dtype)), to)
    return {"predict": Result((value,), "vector"), "transform": Result((value,), "vector")}


def isotonic(estimator: Any, x: Value, to: Export) -> Value:
    """IsotonicRegression.predict of one finite column."""
    xs, ys = np.asarray(estimator.X_thresholds_), np.asarray(estimator.y_thresholds_)
    x = to.cast(x, xs.dtype.name)
    if estimator.out_of_bounds == "clip":
        x = to.binary("minimum", to.binary("maximum", x, xs[0]), xs[-1])
    if len(ys) == 1:  # f_ is constant then, within any bounds
        return to.select(to.concat([x, to.constant(ys, x.type.dtype)]), [1])
    value = interpolated(x, xs, ys, to)
    if estimator.out_of_bounds == "raise":
        return to.require("not missing", value)
    return value


def interpolated(x: Value, xs: Array, ys: Array, to: Export) -> Value:
    """The line between neighbours, slope · (x − x₀) + y₀; NaN outside [xs₀, xsₙ].

    For float64 as numpy.interp, with x₀ ≤ x < x₁; for float32 as scipy's interp1d, with
    x₀ < x ≤ x₁.
    """
    kind = xs.dtype.name
    pieces = np.stack([xs[:-1], ys[:-1], np.diff(ys) / np.diff(xs)], axis=1)
    nowhere = np.full((1, 3), np.nan)
    if kind == "float64":
        cuts = np.append(xs, np.nextafter(xs[-1], np.inf))
        rows = np.concatenate([nowhere, pieces, [[xs[-1], ys[-1], 0.0]], nowhere])
    else:
        cuts = np.append(np.nextafter(xs[:1], xs.dtype.type(-np.inf)), xs[1:])
        rows = np.concatenate([nowhere, pieces, nowhere])
    op = grow(
        [_search(cuts, rows)],
        compare="lt" if kind == "float64" else "le",
        base=np.zeros(3),
        values=np.float64,
        threshold=xs.dtype.type,
    )
    found = to.cast(to.add(op, x), kind)
    start, level, slope = (to.select(found, [column]) for column in range(3))
    rise = to.binary("multiply", slope, to.binary("subtract", x, start))
    return to.binary("add", rise, level)


def _search(cuts: Array, rows: Array) -> Tree:
    """A balanced tree that finds the row of the interval between cuts that x lies in."""
    left: list[int] = []
    right: list[int] = []
    threshold: list[Any] = []
    values: list[Any] = []
    pending = [(0, len(cuts), -1, False)]
    while pending:
        first, last, parent, is_right = pending.pop()
        node = len(left)
        if parent >= 0:
            (right if is_right else left)[parent] = node
        middle = (first + last) // 2
        is_leaf = first == last
        left.append(-1)
        right.append(-1)
        threshold.append(cuts[0] if is_leaf else cuts[middle])
        values.append(rows[first])
        if not is_leaf:
            pending += [(middle + 1, last, node, True), (first, middle, node, False)]
    count = len(left)
    return Tree(
        left=np.array(left),
        right=np.array(right),
        feature=np.zeros(count, np.int64),
        threshold=np.array(threshold),
        default_left=np.zeros(count, bool),
        values=np.array(values),
    )
