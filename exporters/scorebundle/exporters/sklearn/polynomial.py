"""sklearn.preprocessing: products of columns, and B-splines."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Spline

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports

Combination = tuple[int, ...]
BOUNDED = ("constant", "linear")
"""Extrapolations that do not look at the splines beyond the knots."""


@exports(PolynomialFeatures)
def polynomial_features(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Products of columns by rising degree: each is one column times a product of the degree
    below, multiplied from the last column on; in a sparse matrix, from the first."""
    value = to.finite(x.floats())
    lowest, highest = _degrees(estimator)
    parts = [to.constant(1, value.type.dtype)] if estimator.include_bias else []
    before = value
    known: dict[Combination, int] = {(i,): i for i in range(value.type.width)}
    for degree in range(1, highest + 1):
        if degree > 1:
            wanted = _combinations(estimator, len(x), degree)
            if not wanted:
                break
            before = _products(value, before, known, wanted, x.sparse, to)
            known = {combination: i for i, combination in enumerate(wanted)}
        if degree >= lowest:
            parts.append(before)
    if not parts:
        to.block("it makes no column", "choose a lower degree, or include_bias")
    if highest == 0:  # the columns are still checked
        ones = to.concat([value, *parts])
        parts = [to.select(ones, [ones.type.width - 1])]
    return {"transform": Columns.of(to, to.concat(parts), x.sparse)}


def _degrees(estimator: Any) -> tuple[int, int]:
    if isinstance(estimator.degree, (int, np.integer)):
        return 0, int(estimator.degree)
    lowest, highest = estimator.degree
    return int(lowest), int(highest)


def _combinations(estimator: Any, width: int, degree: int) -> list[Combination]:
    """The columns of each product of a degree, in the transformer's own order."""
    return list(
        estimator._combinations(
            n_features=width,
            min_degree=degree,
            max_degree=degree,
            interaction_only=estimator.interaction_only,
            include_bias=False,
        )
    )


def _products(
    x: Value,
    before: Value,
    known: dict[Combination, int],
    wanted: list[Combination],
    sparse: bool,
    to: Export,
) -> Value:
    if sparse:
        rest, single = [c[:-1] for c in wanted], [c[-1] for c in wanted]
    else:
        rest, single = [c[1:] for c in wanted], [c[0] for c in wanted]
    return to.binary("multiply", to.select(before, [known[c] for c in rest]), to.select(x, single))


@exports(SplineTransformer)
def spline_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The B-splines of each column at its number, and what they become beyond the knots."""
    zeros = getattr(estimator, "handle_missing", "error") == "zeros"
    value = x.floats() if zeros else to.finite(x.floats())
    if zeros and estimator.sparse_output and estimator.extrapolation not in BOUNDED:
        if len(x) > 1:
            to.block(
                "scikit-learn fills missing values of a sparse matrix's other columns with the "
                "spline of the smallest number in the same call",
                "set sparse_output=False",
            )
        value = to.finite(value, allow_nan=True)
    dtype = "float64" if estimator.sparse_output else value.type.dtype
    value = to.cast(value, "float64")
    parts, degree = [], int(estimator.degree)
    for position, spline in enumerate(estimator.bsplines_):
        column = to.select(value, [position])
        if estimator.extrapolation in BOUNDED:
            part, degree = _bounded(estimator, spline, column, degree, to)
        else:
            part = _unbounded(estimator, spline, column, to)
        kept = range(part.type.width - (not estimator.include_bias))
        parts.append(to.cast(to.select(part, kept), dtype))
    return {"transform": Columns.of(to, to.concat(parts), bool(estimator.sparse_output))}


def _operator(spline: Any) -> Spline:
    coef = np.ascontiguousarray(spline.c[: len(spline.t) - spline.k - 1])
    return Spline(int(spline.k), np.ascontiguousarray(spline.t), coef)


def _zero_if_missing(column: Value, result: Value, to: Export) -> Value:
    return to.where(to.binary("equal", column, column), result, 0.0)


def _unbounded(estimator: Any, spline: Any, column: Value, to: Export) -> Value:
    """Periodic, continued, or refused beyond the knots."""
    first, last = spline.t[spline.k], spline.t[len(spline.t) - spline.k - 1]
    moved = column
    if estimator.extrapolation == "periodic":
        moved = to.constant(0.0)
        if last > first:
            passed = to.binary("subtract", column, first)
            rest = to.binary("remainder", passed, last - first)
            moved = to.binary("add", rest, first)
    result = to.add(_operator(spline), moved)
    result = _zero_if_missing(column, result, to)
    if estimator.extrapolation == "error":
        below, above = to.binary("less", column, first), to.binary("greater", column, last)
        beyond = to.where(to.binary("or", below, above), float("nan"), result)
        result = to.require("not missing", beyond)
    return result


def _bounded(
    estimator: Any, spline: Any, column: Value, degree: int, to: Export
) -> tuple[Value, int]:
    """Constant or straight beyond the knots, and the degree that the next column is taken for.

    SplineTransformer raises the degree of a straight continuation to at least 2, column by
    column, and then takes the knots at the ends by it.
    """
    first, last = float(spline.t[degree]), float(spline.t[-degree - 1])
    low, high = spline(first), spline(last)
    below, above = to.binary("less", column, first), to.binary("greater", column, last)
    inside = to.where(to.binary("or", below, above), first, column)
    result = _zero_if_missing(column, to.add(_operator(spline), inside), to)
    width = result.type.width
    slope_low, slope_high = np.zeros(width), np.zeros(width)
    if estimator.extrapolation == "linear":
        slope_low, slope_high = spline(first, nu=1), spline(last, nu=1)
        degree += degree <= 1
    if degree == 0 and not estimator.sparse_output:  # what scikit-learn cannot assign
        nothing = to.where(above, float("nan"), column)
        checked = to.concat([to.require("not missing", nothing), result])
        result = to.select(checked, range(1, width + 1))
    at_low = np.arange(width) < degree
    at_high = np.arange(width) >= (width - degree if degree else 0)
    for outside, knot, start, slope, kept in (
        (below, first, low, slope_low, at_low),
        (above, last, high, slope_high, at_high),
    ):
        line = to.constant(np.where(kept, start, 0.0))
        if estimator.extrapolation == "linear":
            far = to.binary("subtract", column, knot)
            line = to.binary("add", to.binary("multiply", far, np.where(kept, slope, 0.0)), line)
        result = to.where(outside, line, result)
    return result, degree
