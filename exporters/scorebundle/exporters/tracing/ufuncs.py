"""ufuncs of traced arrays. What dtype and shape one gives is asked of numpy, on one row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce, missing
from scorebundle.bundle.ops.elementwise import EXACT_UNARY, LIBM_UNARY
from scorebundle.bundle.types import DTYPES, FLOATS

from ..export import Export
from . import array

UFUNCS = {getattr(np, name): name for name in [*EXACT_UNARY, *LIBM_UNARY] if hasattr(np, name)} | {
    np.fabs: "absolute",
    np.abs: "absolute",
}
"""numpy's functions of one argument that are operators."""

ARITHMETIC = {
    np.add: "add",
    np.subtract: "subtract",
    np.multiply: "multiply",
    np.true_divide: "divide",
    np.minimum: "minimum",
    np.maximum: "maximum",
    np.power: "power",
    np.remainder: "remainder",
}
COMPARISONS = {
    np.less: "less",
    np.less_equal: "less_equal",
    np.greater: "greater",
    np.greater_equal: "greater_equal",
    np.equal: "equal",
    np.not_equal: "not_equal",
}
LOGIC = {
    np.logical_and: "and",
    np.bitwise_and: "and",
    np.logical_or: "or",
    np.bitwise_or: "or",
}
POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal, 1: np.positive}
"""What numpy computes in place of a power with such an exponent."""


REDUCING = {np.add: "sum", np.minimum: "minimum", np.maximum: "maximum"}


def reduced(
    op: str | None, x: array.Traced, axis: Any = 0, keepdims: Any = False, **options: Any
) -> array.Traced:
    if op is None or options or x.ndim != 2 or axis not in (1, -1):
        raise array.Untraceable("a reduction that is not over the columns of each row (axis=1)")
    value = x.value
    if value.type.dtype not in FLOATS:
        if op != "sum":
            raise array.Untraceable(f"{op} of {value.type.dtype}")
        value = x.to.cast(x.to.add(Reduce("sum"), x.to.cast(value, "float64")), "int64")
        return x.made(value, 2 if keepdims is True else 1)
    return x.made(x.to.add(Reduce(op), value), 2 if keepdims is True else 1)


def applied(ufunc: Any, *inputs: Any) -> Any:
    """A ufunc of arrays, at least one of them traced."""
    traced = next(x for x in inputs if isinstance(x, array.Traced))
    to = traced.to
    with np.errstate(all="ignore"):
        try:
            expected = ufunc(*(x.sample() if isinstance(x, array.Traced) else x for x in inputs))
        except (TypeError, ValueError) as error:
            raise array.Untraceable(f"numpy.{ufunc.__name__}: {error}") from None
    ndim = _common_ndim(inputs, expected)
    dtype = expected.dtype.name
    if dtype not in DTYPES:
        raise array.Untraceable(f"numpy.{ufunc.__name__} gives {dtype}")
    if ufunc in UFUNCS and dtype in FLOATS:
        return traced.made(to.unary(UFUNCS[ufunc], to.cast(traced.value, dtype)))
    if ufunc in ARITHMETIC and dtype in FLOATS:
        return traced.made(_binary(ARITHMETIC[ufunc], inputs, dtype, to), ndim)
    if ufunc in COMPARISONS:
        kinds = [x.dtype if isinstance(x, array.Traced) else x for x in inputs]
        common = np.result_type(*kinds).name
        common = "int64" if common == "bool" else common
        return traced.made(_binary(COMPARISONS[ufunc], inputs, common, to), ndim)
    if ufunc in LOGIC and dtype == "bool":
        return traced.made(_binary(LOGIC[ufunc], inputs, "bool", to), ndim)
    if ufunc in SPECIAL:
        return SPECIAL[ufunc](traced)
    raise array.Untraceable(f"numpy.{ufunc.__name__} of {dtype}")


def _common_ndim(inputs: Any, expected: Any) -> int:
    """Of the result; arrays that numpy would lay across rows are refused."""
    shapes = {x.ndim for x in inputs if isinstance(x, array.Traced)}
    plain = [np.shape(x) for x in inputs if not isinstance(x, array.Traced)]
    if len(shapes) > 1:
        raise array.Untraceable("(rows,) with (rows, columns)")
    (ndim,) = shapes
    if any(
        len(shape) > ndim or (shape and shape[0] != 1 and len(shape) == ndim) for shape in plain
    ):
        raise array.Untraceable("an array as long as the rows")
    if ndim == 1 and any(shape not in ((), (1,)) for shape in plain):
        raise array.Untraceable("an array as long as the rows")
    assert np.ndim(expected) == ndim
    return ndim


def operand(x: Any, dtype: str, to: Export) -> Value:
    """A traced array or constant as a value of a dtype."""
    if isinstance(x, array.Traced):
        return to.cast(x.value, dtype)
    return to.constant(np.asarray(x).astype(dtype).reshape(-1))


def _binary(op: str, inputs: Any, dtype: str, to: Export) -> Value:
    a, b = (operand(x, dtype, to) for x in inputs)
    return to.binary(op, a, b)


def choice(condition: Any, a: Any, b: Any) -> array.Traced:
    """numpy.where."""
    parts = [condition, a, b]
    traced = next(x for x in parts if isinstance(x, array.Traced))
    samples = [x.sample() if isinstance(x, array.Traced) else x for x in parts]
    expected = np.where(*samples)
    ndim, dtype, to = _common_ndim(parts, expected), expected.dtype.name, traced.to
    if dtype not in DTYPES:
        raise array.Untraceable(f"numpy.where gives {dtype}")
    values = [operand(condition, "bool", to), operand(a, dtype, to), operand(b, dtype, to)]
    return traced.made(to.where(*values), ndim)


def _is_nan(x: array.Traced) -> array.Traced:
    return x.made(x.to.add(missing(float("nan")), _float(x)))


def _is_finite(x: array.Traced) -> array.Traced:
    value = _float(x)
    return x.made(x.to.binary("equal", x.to.binary("subtract", value, value), 0.0))


def _is_infinite(x: array.Traced) -> array.Traced:
    return x.made(x.to.binary("equal", x.to.unary("absolute", _float(x)), np.inf))


def _not(x: array.Traced) -> array.Traced:
    return x.made(x.to.unary("not", x.to.cast(x.value, "bool")))


def _float(x: array.Traced) -> Value:
    value = x.value
    return value if value.type.dtype in FLOATS else x.to.cast(value, "float64")


SPECIAL: dict[Any, Callable[[array.Traced], array.Traced]] = {
    np.isnan: _is_nan,
    np.isfinite: _is_finite,
    np.isinf: _is_infinite,
    np.logical_not: _not,
    np.invert: _not,
    np.positive: lambda x: x,
    np.conjugate: lambda x: x,
}
