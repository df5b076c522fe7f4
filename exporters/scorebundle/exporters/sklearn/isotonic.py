"""sklearn.isotonic: a function that never falls."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Bin, Interpolate, Lookup

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports


@exports(IsotonicRegression)
def isotonic_regression(estimator: Any, x: Columns, to: Export) -> Outputs:
    """f_ at the one column; beyond the thresholds the ends, NaN, or a refusal."""
    value = to.finite(x.numbers(estimator.X_thresholds_.dtype.name))
    result = Result((isotonic(estimator, value, to),), "vector")
    return {"predict": result, "transform": result}


def isotonic(estimator: Any, x: Value, to: Export) -> Value:
    """What IsotonicRegression.predict makes of a column of the thresholds' dtype."""
    knots, levels = estimator.X_thresholds_, estimator.y_thresholds_
    low, high = estimator.X_min_, estimator.X_max_
    clip = estimator.out_of_bounds == "clip"
    if clip:
        x = to.binary("minimum", to.binary("maximum", x, low), high)
    if len(levels) == 1:  # the same for every row, wherever it lies
        return to.where(to.binary("equal", x, x), to.constant(levels, x.type.dtype), x)
    outside = to.binary("or", to.binary("less", x, knots[0]), to.binary("greater", x, knots[-1]))
    inside = x if clip else to.where(outside, float("nan"), x)
    if estimator.out_of_bounds == "raise":
        inside = to.require("not missing", inside)
    if knots.dtype == np.float32:
        return _narrow(inside, knots, levels, to)
    return to.add(Interpolate(knots, np.asarray(levels, np.float64)), inside)


def _narrow(x: Value, knots: Any, levels: Any, to: Export) -> Value:
    """scipy's interp1d of float32: slope · (x − knot on the left) + level there.

    A number that is a knot belongs to the interval that ends there.
    """
    slopes = (levels[1:] - levels[:-1]) / (knots[1:] - knots[:-1])
    table = np.stack([knots[:-1], slopes, levels[:-1]], axis=1).astype(x.type.dtype)
    inner = np.asarray(knots[1:-1], np.float64)
    code = to.add(Bin(inner, "left"), to.cast(x, "float64"))
    found = to.add(Lookup(table, table[-1]), code)
    knot, slope, level = (to.select(found, [i]) for i in range(3))
    return to.binary("add", to.binary("multiply", slope, to.binary("subtract", x, knot)), level)
