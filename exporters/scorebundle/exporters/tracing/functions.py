"""numpy's functions that are not ufuncs, of traced arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from scorebundle.bundle.ops import Affine, Bin, Interpolate
from scorebundle.bundle.types import FLOATS

from ..columns import Columns
from .array import Traced, Untraceable
from .ufuncs import applied, choice, operand

FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    np.where: choice,
    np.clip: lambda x, a_min=None, a_max=None: x.clip(a_min, a_max),
    np.sum: lambda x, axis=None, keepdims=False: x.sum(axis, keepdims=keepdims),
    np.mean: lambda x, axis=None, keepdims=False: x.mean(axis, keepdims=keepdims),
    np.min: lambda x, axis=None, keepdims=False: x.min(axis, keepdims=keepdims),
    np.max: lambda x, axis=None, keepdims=False: x.max(axis, keepdims=keepdims),
    np.reshape: lambda x, shape: x.reshape(shape),
    np.ravel: lambda x: x.ravel(),
    np.squeeze: lambda x: x.ravel(),
    np.copy: lambda x: x.copy(),
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
}
"""By numpy's function, what does the same."""

Function = TypeVar("Function", bound=Callable[..., Any])


def same_as(*functions: Any) -> Callable[[Function], Function]:
    """Register what does the same as functions of numpy."""

    def register(function: Function) -> Function:
        FUNCTIONS.update(dict.fromkeys(functions, function))
        return function

    return register


@same_as(np.concatenate, np.hstack)
def _side_by_side(arrays: Sequence[Any], axis: int = 1) -> Traced:
    if not all(isinstance(x, Traced) and x.ndim == 2 for x in arrays) or axis not in (1, -1):
        raise Untraceable("arrays that are not put side by side (axis=1)")
    first, *others = arrays
    return Traced(_same_dtype(first, others))


@same_as(np.column_stack)
def _columns(arrays: Sequence[Any]) -> Traced:
    if not all(isinstance(x, Traced) for x in arrays):
        raise Untraceable("numpy.column_stack with an array as long as the rows")
    first, *others = arrays
    return Traced(_same_dtype(first, others))


@same_as(np.stack)
def _stacked(arrays: Sequence[Any], axis: int = 0) -> Traced:
    if not all(isinstance(x, Traced) and x.ndim == 1 for x in arrays) or axis not in (1, -1):
        raise Untraceable("numpy.stack that does not make columns (axis=1)")
    return _columns(arrays)


def _same_dtype(first: Traced, others: Sequence[Traced]) -> Columns:
    dtype = np.result_type(first.dtype, *(x.dtype for x in others)).name
    parts = [Columns.of(first.to, operand(x, dtype, first.to)) for x in (first, *others)]
    return parts[0].joined(parts[1:], False)


@same_as(np.nan_to_num)
def _nan_to_num(
    x: Traced, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """Replaced in numpy's order: NaN, then the infinities."""
    limits = np.finfo(x.dtype)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    result = choice(applied(np.isnan, x), x.dtype.type(nan), x)
    result = choice(applied(np.equal, x, np.inf), x.dtype.type(high), result)
    return choice(applied(np.equal, x, -np.inf), x.dtype.type(low), result)


@same_as(np.round, np.around)
def _round(x: Traced, decimals: int = 0) -> Any:
    if decimals == 0:
        return applied(np.rint, x)
    scale = 10.0 ** abs(decimals)
    if decimals > 0:
        return applied(np.true_divide, applied(np.rint, applied(np.multiply, x, scale)), scale)
    return applied(np.multiply, applied(np.rint, applied(np.true_divide, x, scale)), scale)


@same_as(np.dot, np.matmul)
def _product(x: Any, coef: Any) -> Traced:
    if not isinstance(x, Traced) or isinstance(coef, Traced) or x.ndim != 2:
        raise Untraceable("a product that is not rows times a constant matrix")
    weights = np.asarray(coef)
    dtype = np.result_type(x.dtype, weights.dtype).name
    if dtype not in FLOATS:
        raise Untraceable(f"a product of {dtype}")
    table = np.atleast_2d(weights.T.astype(dtype))
    op = Affine(np.ascontiguousarray(table), np.zeros(len(table), dtype))
    return x.made(x.to.add(op, operand(x, dtype, x.to)), weights.ndim)


def _each(x: Traced, make: Callable[[], Any]) -> Traced:
    """An operator of one number, on every column."""
    value = operand(x, "float64", x.to)
    parts = [x.to.add(make(), x.to.select(value, [i])) for i in range(value.type.width)]
    return x.made(x.to.concat(parts))


@same_as(np.searchsorted)
def _searchsorted(edges: Any, x: Traced, side: str = "left") -> Traced:
    if isinstance(edges, Traced):
        raise Untraceable("numpy.searchsorted in the rows")
    return _each(x, lambda: Bin(np.asarray(edges, np.float64), side))


@same_as(np.digitize)
def _digitize(x: Traced, bins: Any, right: bool = False) -> Traced:
    return _searchsorted(bins, x, "left" if right else "right")


@same_as(np.interp)
def _interp(x: Traced, xp: Any, fp: Any) -> Traced:
    return _each(x, lambda: Interpolate(np.asarray(xp, np.float64), np.asarray(fp, np.float64)))


@same_as(np.zeros_like)
def _zeros_like(x: Traced) -> Traced:
    return x.made(x.to.constant(np.zeros(len(x.held), x.dtype)))


@same_as(np.ones_like)
def _ones_like(x: Traced) -> Traced:
    return x.made(x.to.constant(np.ones(len(x.held), x.dtype)))


@same_as(np.full_like)
def _full_like(x: Traced, fill_value: Any) -> Traced:
    return x.made(x.to.constant(np.full(len(x.held), fill_value, x.dtype)))


@same_as(np.diff)
def _diff(x: Traced, n: int = 1, axis: int = -1) -> Any:
    if n != 1 or axis not in (1, -1) or x.ndim != 2:
        raise Untraceable("numpy.diff that is not between neighbouring columns")
    return applied(np.subtract, x[:, 1:], x[:, :-1])


@same_as(np.select)
def _select(conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0) -> Any:
    result = default
    for condition, chosen in zip(conditions[::-1], choices[::-1], strict=True):
        result = choice(condition, chosen, result)
    return result
