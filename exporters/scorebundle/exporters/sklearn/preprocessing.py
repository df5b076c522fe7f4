"""sklearn.preprocessing: scalers and other transformers of numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Normalize, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import INVERSES, Outputs, exports
from ..tracing import UFUNCS, traced

UNDONE = {"multiply": "divide", "divide": "multiply", "add": "subtract", "subtract": "add"}


def _scaled(x: Columns, to: Export, *steps: tuple[str, Any], narrow: bool = False) -> Columns:
    """Apply arithmetic with constants, as the scalers do in place.

    Args:
        narrow: whether the constants are first converted to x's dtype; numpy's in-place
            operators compute float32 with float64 in float64, and round the result.
    """
    value = to.finite(x.floats(), allow_nan=True)
    dtype = value.type.dtype
    for op, operand in steps:
        if op == "divide" and x.sparse:  # inplace_column_scale(X, 1 / scale)
            op, operand = "multiply", 1 / operand
        wide = dtype if narrow else np.result_type(dtype, operand.dtype).name
        value = to.cast(to.binary(op, to.cast(value, wide), operand), dtype)
    return Columns.of(to, value, x.sparse)


def _standard(estimator: StandardScaler) -> list[tuple[str, Any]]:
    steps = [("subtract", estimator.mean_)] if estimator.with_mean else []
    return steps + ([("divide", estimator.scale_)] if estimator.with_std else [])


def _min_max(estimator: MinMaxScaler) -> list[tuple[str, Any]]:
    return [("multiply", estimator.scale_), ("add", estimator.min_)]


def _max_abs(estimator: MaxAbsScaler) -> list[tuple[str, Any]]:
    return [("divide", estimator.scale_)]


def _robust(estimator: RobustScaler) -> list[tuple[str, Any]]:
    steps = [("subtract", estimator.center_)] if estimator.with_centering else []
    return steps + ([("divide", estimator.scale_)] if estimator.with_scaling else [])


def _clipped(x: Columns, low: float, high: float, to: Export) -> Columns:
    """numpy.clip: minimum(maximum(x, low), high)."""
    value = to.binary("minimum", to.binary("maximum", x.numbers(), low), high)
    return Columns.of(to, value, x.sparse)


@exports(StandardScaler)
def standard_scaler(estimator: Any, x: Columns, to: Export) -> Outputs:
    """(x − mean_) / scale_."""
    return {"transform": _scaled(x, to, *_standard(estimator), narrow=_narrows())}


@cache
def _narrows() -> bool:
    """Whether this scikit-learn converts mean_ and scale_ to the rows' dtype first: ask it."""
    tenth = np.float32(0.1)
    scaler = StandardScaler(with_std=False).fit([[0.0], [0.2]])
    return bool(scaler.transform(np.array([[tenth]]))[0, 0] == 0)  # else 0.1f − 0.1


@exports(MinMaxScaler)
def min_max_scaler(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · scale_ + min_, clipped to feature_range if asked."""
    result = _scaled(x, to, *_min_max(estimator))
    if estimator.clip:
        low, high = estimator.feature_range
        result = _clipped(result, low, high, to)
    return {"transform": result}


@exports(MaxAbsScaler)
def max_abs_scaler(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x / scale_, clipped to [−1, 1] if asked."""
    result = _scaled(x, to, *_max_abs(estimator))
    if getattr(estimator, "clip", False):
        result = _clipped(result, -1.0, 1.0, to)
    return {"transform": result}


@exports(RobustScaler)
def robust_scaler(estimator: Any, x: Columns, to: Export) -> Outputs:
    """(x − center_) / scale_."""
    return {"transform": _scaled(x, to, *_robust(estimator))}


def _inverse(steps: Any, narrow: bool = False) -> Any:
    """inverse_transform: the steps undone from the last to the first; `narrow` as in `_scaled`."""

    def inverse(estimator: Any, value: Value, to: Export) -> Value:
        dtype = value.type.dtype
        for op, operand in reversed(steps(estimator)):
            wide = dtype if narrow else np.result_type(dtype, operand.dtype).name
            undone = to.binary(UNDONE[op], to.cast(value, wide), operand)
            value = to.cast(undone, dtype)
        return value

    return inverse


INVERSES[StandardScaler] = _inverse(_standard, narrow=True)
INVERSES[MinMaxScaler] = _inverse(_min_max)
INVERSES[MaxAbsScaler] = _inverse(_max_abs)
INVERSES[RobustScaler] = _inverse(_robust)


@exports(Normalizer)
def normalizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x / ‖x‖ row by row; a row of zeros stays (sklearn.preprocessing.normalize)."""
    value = to.finite(x.floats())
    if x.sparse:
        return {"transform": Columns.of(to, to.add(Normalize(estimator.norm), value), True)}
    absolute = to.unary("absolute", value)
    if estimator.norm == "l1":
        norms = to.add(Reduce("sum"), absolute)
    elif estimator.norm == "l2":
        norms = to.unary("sqrt", to.add(Reduce("sum"), to.unary("square", value)))
    else:
        norms = to.add(Reduce("maximum"), absolute)
    norms = to.where(to.binary("equal", norms, 0), 1, norms)
    return {"transform": Columns.of(to, to.binary("divide", value, norms), x.sparse)}


@exports(Binarizer)
def binarizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """1 where x > threshold, else 0, in x's own dtype."""
    value = to.finite(x.numbers())
    above = to.cast(exceeds(value, estimator.threshold, to), value.type.dtype)
    return {"transform": Columns.of(to, above, x.sparse)}


def exceeds(value: Value, threshold: float, to: Export) -> Value:
    """x > threshold, in x's own precision if it has one (sklearn.preprocessing.binarize)."""
    floats = value if value.type.dtype == "float32" else to.cast(value, "float64")
    return to.binary("greater", floats, float(threshold))


@exports(FunctionTransformer)
def function_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """A function of numpy and pandas operations, traced; or nothing (func=None)."""
    if estimator.func is None:
        if not estimator.validate:
            return {"transform": x}
        return {"transform": Columns.of(to, to.finite(x.numbers()), x.sparse)}
    if estimator.validate:
        x = Columns.of(to, to.finite(x.numbers()), x.sparse)
    names = None if estimator.validate else getattr(estimator, "feature_names_in_", None)
    return {"transform": _function(estimator.func, estimator.kw_args, x, to, names)}


def _function(func: Any, kw_args: Any, x: Columns, to: Export, names: Any = None) -> Columns:
    if not kw_args and isinstance(func, np.ufunc) and func in UFUNCS:  # of sparse rows as well
        return Columns.of(to, to.unary(UFUNCS[func], x.floats()))
    found = traced(func, kw_args, x, to, names)
    return Columns(to, found.held.items, x.sparse, flat=found.ndim == 1)


def _function_inverse(estimator: FunctionTransformer, value: Value, to: Export) -> Value:
    if estimator.inverse_func is None:
        return value
    columns = Columns.of(to, value)
    return _function(estimator.inverse_func, estimator.inv_kw_args, columns, to).numbers()


INVERSES[FunctionTransformer] = _function_inverse
