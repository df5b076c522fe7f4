"""Tracing: a Python function of numpy operations, run once on a stand-in for its argument.

The stand-in answers numpy's protocols (`__array_ufunc__`, `__array_function__`) and indexing by
adding operators to the graph. What dtype and shape an operation gives is asked of numpy itself, on
arrays of one row. Whatever else a function asks of its argument is refused by name; that the graph
does what the function does is then for the parity gate to prove.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce, missing
from scorebundle.bundle.ops.elementwise import EXACT_UNARY, LIBM_UNARY
from scorebundle.bundle.types import DTYPES, FLOATS

from .columns import Columns, Part, Raw
from .export import Export

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


class Untraceable(Exception):
    """Something that a graph cannot express; says what was met."""


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array of all rows, (rows, width) or (rows,).

    Attributes:
        columns: what it holds.
        ndim: 2 or 1.
    """

    def __init__(self, columns: Columns, ndim: int = 2) -> None:
        self.columns, self.ndim = columns, ndim

    @property
    def to(self) -> Export:
        """Where operators are added."""
        return self.columns.to

    @property
    def value(self) -> Value:
        """The columns as numbers."""
        return self.columns.numbers()

    @property
    def dtype(self) -> Any:
        """numpy's dtype."""
        return np.dtype(self.value.type.dtype)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The number of rows is not known."""
        return (_Rows(), len(self.columns))[: self.ndim]

    @property
    def values(self) -> Traced:
        """As pandas."""
        return self

    @property
    def iloc(self) -> Traced:
        """As pandas, for columns by position."""
        return self

    def to_numpy(self) -> Traced:
        """As pandas."""
        return self

    def sample(self) -> Any:
        """One row of the same shape and dtype."""
        return np.ones((1, len(self.columns))[: self.ndim], self.dtype)

    # numpy's protocols --------------------------------------------------------------------

    def __array__(self, *arguments: Any, **options: Any) -> NoReturn:
        raise Untraceable("it turns its argument into a plain array")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc is np.matmul:
            return self.__array_function__(ufunc, (), inputs, options)
        if method == "reduce":
            return _reduced(REDUCING.get(ufunc), inputs[0], **options)
        if method == "__call__" and options.keys() == {"out"}:
            (target,) = options["out"]
            changed = applied(ufunc, *inputs)
            target.columns = target._like(changed).columns
            return target
        if method != "__call__" or options:
            raise Untraceable(f"numpy.{ufunc.__name__} with {[*options] or method}")
        return applied(ufunc, *inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .tracing_functions import FUNCTIONS

        if function not in FUNCTIONS:
            raise Untraceable(f"numpy.{getattr(function, '__name__', function)}")
        try:
            return FUNCTIONS[function](*args, **kwargs)
        except TypeError as error:
            raise Untraceable(f"numpy.{function.__name__}: {error}") from None

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, (int, float)) and exponent in POWERS:
            return applied(POWERS[exponent], self)
        return applied(np.power, self, exponent)

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable(f"its argument's {name}")

    def __bool__(self) -> NoReturn:
        raise Untraceable("a decision by the rows' values")

    def __iter__(self) -> NoReturn:
        raise Untraceable("a loop over rows")

    def __len__(self) -> NoReturn:
        raise Untraceable("the number of rows")

    # indexing -----------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Traced:
        if isinstance(key, Traced):
            raise Untraceable("rows that are chosen by a condition")
        if self.ndim == 1:
            if isinstance(key, tuple) and key in ((slice(None), None), (..., None)):
                return Traced(self.columns)
            raise Untraceable(f"indexing of one column by {key!r:.60}")
        if isinstance(key, str):
            return Traced(self.columns.take([self._named(key)]), 1)
        if isinstance(key, list) and key and all(isinstance(name, str) for name in key):
            return Traced(self.columns.take([self._named(name) for name in key]))
        chosen = self._chosen(key)
        if isinstance(chosen, int):
            return Traced(self.columns.take([chosen]), 1)
        return Traced(self.columns.take(chosen))

    def __setitem__(self, key: Any, new: Any) -> None:
        if isinstance(key, Traced):
            changed = choice(key, new, self)
            self.columns = self._like(changed).columns
            return
        chosen = [self._named(key)] if isinstance(key, str) else self._chosen(key)
        positions = [chosen] if isinstance(chosen, int) else chosen
        old = Traced(self.columns.take(positions), 1 if isinstance(chosen, int) else 2)
        value = old._like(new).value
        items = list(self.columns.items)
        for at, position in enumerate(positions):
            items[position] = Part(value, at if value.type.width > 1 else 0)
        self.columns = Columns(self.to, items)

    def _like(self, new: Any) -> Traced:
        """What is assigned, in this shape and dtype."""
        if not isinstance(new, Traced):
            numbers = np.broadcast_to(np.asarray(new), (1, len(self.columns)))[0]
            return self.made(self.to.constant(numbers.astype(self.dtype)))
        if new.ndim != self.ndim or len(new.columns) not in (1, len(self.columns)):
            raise Untraceable("an assignment of another shape")
        return self.made(self.to.cast(new.value, self.dtype.name))

    def _named(self, name: str) -> int:
        names = [item.name if isinstance(item, Raw) else None for item in self.columns]
        if name not in names:
            raise Untraceable(f"a column {name!r}")
        return names.index(name)

    def _chosen(self, key: Any) -> int | list[int]:
        """The columns of `[:, key]`."""
        rows, *rest = key if isinstance(key, tuple) else (key,)
        if (rows is not ... and rows != slice(None)) or len(rest) != 1:
            raise Untraceable(f"indexing by {key!r:.60}")
        places = np.arange(len(self.columns))
        try:
            found = places[rest[0]]
        except (IndexError, TypeError) as error:
            raise Untraceable(f"indexing by {key!r:.60}: {error}") from None
        if np.ndim(found) == 0:
            return int(found)
        if np.ndim(found) != 1:
            raise Untraceable(f"indexing by {key!r:.60}")
        return [int(place) for place in found]

    # methods ------------------------------------------------------------------------------

    def astype(self, dtype: Any, copy: bool = True) -> Traced:
        """Conversion."""
        name = np.dtype(dtype).name
        if name not in DTYPES:
            raise Untraceable(f"dtype {name}")
        return self.made(self.to.cast(self.value, name))

    def dot(self, coef: Any) -> Any:
        """Times a constant matrix."""
        return np.dot(self, coef)  # type: ignore[call-overload]

    def copy(self, *_: Any, **__: Any) -> Traced:
        """A new array."""
        return Traced(self.columns, self.ndim)

    def reshape(self, *shape: Any) -> Traced:
        """(−1, 1), (−1, width) and (−1,)."""
        wanted = tuple(shape[0]) if len(shape) == 1 and np.ndim(shape[0]) else shape
        if wanted == (-1, len(self.columns)):
            return Traced(self.columns)
        if wanted == (-1,) and len(self.columns) == 1:
            return Traced(self.columns, 1)
        raise Untraceable(f"reshape to {wanted}")

    def ravel(self) -> Traced:
        """One column as (rows,)."""
        return self.reshape(-1)

    flatten = squeeze = ravel

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """Cut to an interval."""
        result: Any = self
        if low is not None:
            result = applied(np.maximum, result, low)
        return result if high is None else applied(np.minimum, result, high)

    def sum(self, axis: Any = None, **options: Any) -> Traced:
        """Of each row."""
        return _reduced("sum", self, axis, **options)

    def mean(self, axis: Any = None, **options: Any) -> Any:
        """Of each row."""
        return applied(np.true_divide, self.sum(axis, **options), len(self.columns))

    def min(self, axis: Any = None, **options: Any) -> Traced:
        """Of each row."""
        return _reduced("minimum", self, axis, **options)

    def max(self, axis: Any = None, **options: Any) -> Traced:
        """Of each row."""
        return _reduced("maximum", self, axis, **options)

    def made(self, value: Value, ndim: int | None = None) -> Traced:
        """An array of a value's columns."""
        return Traced(Columns.of(self.to, value), self.ndim if ndim is None else ndim)


class _Rows:
    """The number of rows, which nobody knows."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable("the number of rows")


REDUCING = {np.add: "sum", np.minimum: "minimum", np.maximum: "maximum"}


def _reduced(
    op: str | None, x: Traced, axis: Any = 0, keepdims: Any = False, **options: Any
) -> Traced:
    if op is None or options or x.ndim != 2 or axis not in (1, -1):
        raise Untraceable("a reduction that is not over the columns of each row (axis=1)")
    value = x.value
    if value.type.dtype not in FLOATS:
        if op != "sum":
            raise Untraceable(f"{op} of {value.type.dtype}")
        value = x.to.cast(x.to.add(Reduce("sum"), x.to.cast(value, "float64")), "int64")
        return x.made(value, 2 if keepdims is True else 1)
    return x.made(x.to.add(Reduce(op), value), 2 if keepdims is True else 1)


def applied(ufunc: Any, *inputs: Any) -> Any:
    """A ufunc of arrays, at least one of them traced."""
    traced = next(x for x in inputs if isinstance(x, Traced))
    to = traced.to
    with np.errstate(all="ignore"):
        try:
            expected = ufunc(*(x.sample() if isinstance(x, Traced) else x for x in inputs))
        except (TypeError, ValueError) as error:
            raise Untraceable(f"numpy.{ufunc.__name__}: {error}") from None
    ndim = _common_ndim(inputs, expected)
    dtype = expected.dtype.name
    if dtype not in DTYPES:
        raise Untraceable(f"numpy.{ufunc.__name__} gives {dtype}")
    if ufunc in UFUNCS and dtype in FLOATS:
        return traced.made(to.unary(UFUNCS[ufunc], to.cast(traced.value, dtype)))
    if ufunc in ARITHMETIC and dtype in FLOATS:
        return traced.made(_binary(ARITHMETIC[ufunc], inputs, dtype, to), ndim)
    if ufunc in COMPARISONS:
        kinds = [x.dtype if isinstance(x, Traced) else x for x in inputs]
        common = np.result_type(*kinds).name
        common = "int64" if common == "bool" else common
        return traced.made(_binary(COMPARISONS[ufunc], inputs, common, to), ndim)
    if ufunc in LOGIC and dtype == "bool":
        return traced.made(_binary(LOGIC[ufunc], inputs, "bool", to), ndim)
    if ufunc in SPECIAL:
        return SPECIAL[ufunc](traced)
    raise Untraceable(f"numpy.{ufunc.__name__} of {dtype}")


def _common_ndim(inputs: Any, expected: Any) -> int:
    """Of the result; arrays that numpy would lay across rows are refused."""
    shapes = {x.ndim for x in inputs if isinstance(x, Traced)}
    plain = [np.shape(x) for x in inputs if not isinstance(x, Traced)]
    if len(shapes) > 1:
        raise Untraceable("(rows,) with (rows, columns)")
    (ndim,) = shapes
    if any(
        len(shape) > ndim or (shape and shape[0] != 1 and len(shape) == ndim) for shape in plain
    ):
        raise Untraceable("an array as long as the rows")
    if ndim == 1 and any(shape not in ((), (1,)) for shape in plain):
        raise Untraceable("an array as long as the rows")
    assert np.ndim(expected) == ndim
    return ndim


def operand(x: Any, dtype: str, to: Export) -> Value:
    """A traced array or constant as a value of a dtype."""
    if isinstance(x, Traced):
        return to.cast(x.value, dtype)
    return to.constant(np.asarray(x).astype(dtype).reshape(-1))


def _binary(op: str, inputs: Any, dtype: str, to: Export) -> Value:
    a, b = (operand(x, dtype, to) for x in inputs)
    return to.binary(op, a, b)


def choice(condition: Any, a: Any, b: Any) -> Traced:
    """numpy.where."""
    parts = [condition, a, b]
    traced = next(x for x in parts if isinstance(x, Traced))
    samples = [x.sample() if isinstance(x, Traced) else x for x in parts]
    expected = np.where(*samples)
    ndim, dtype, to = _common_ndim(parts, expected), expected.dtype.name, traced.to
    if dtype not in DTYPES:
        raise Untraceable(f"numpy.where gives {dtype}")
    values = [operand(condition, "bool", to), operand(a, dtype, to), operand(b, dtype, to)]
    return traced.made(to.where(*values), ndim)


def _is_nan(x: Traced) -> Traced:
    return x.made(x.to.add(missing(float("nan")), _float(x)))


def _is_finite(x: Traced) -> Traced:
    value = _float(x)
    return x.made(x.to.binary("equal", x.to.binary("subtract", value, value), 0.0))


def _is_infinite(x: Traced) -> Traced:
    return x.made(x.to.binary("equal", x.to.unary("absolute", _float(x)), np.inf))


def _not(x: Traced) -> Traced:
    return x.made(x.to.unary("not", x.to.cast(x.value, "bool")))


def _float(x: Traced) -> Value:
    value = x.value
    return value if value.type.dtype in FLOATS else x.to.cast(value, "float64")


SPECIAL: dict[Any, Callable[[Traced], Traced]] = {
    np.isnan: _is_nan,
    np.isfinite: _is_finite,
    np.isinf: _is_infinite,
    np.logical_not: _not,
    np.invert: _not,
    np.positive: lambda x: x,
    np.conjugate: lambda x: x,
}


def traced(function: Any, options: Any, x: Columns, to: Export) -> Traced:
    """What a function makes of columns.

    Raises:
        Blocked: with what was met that cannot be traced.
    """
    shown = getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function))
    remedy = "use numpy operations on columns, with the rows independent of each other"
    if x.sparse:
        to.block(f"func={shown} works on a sparse matrix", "make the columns dense before it")
    try:
        with np.errstate(all="ignore"):
            result = function(Traced(x), **(options or {}))
    except Untraceable as met:
        to.block(f"func={shown} cannot be traced: {met}", remedy)
    except Exception as error:  # the function may do anything
        to.block(f"func={shown} cannot be traced: {error!r:.200}", remedy)
    if not isinstance(result, Traced):
        to.block(f"func={shown} gives {type(result).__name__}, not numbers of its rows", remedy)
    return result


__all__ = ["UFUNCS", "Traced", "Untraceable", "applied", "choice", "operand", "traced"]
