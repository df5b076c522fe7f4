"""The stand-in for an array of all rows."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.types import DTYPES

from ..columns import Columns, Part, Raw
from ..export import Export
from . import ufuncs


class Untraceable(Exception):
    """Something that a graph cannot express; says what was met."""


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array of all rows, (rows, width) or (rows,).

    Attributes:
        held: the columns of it.
        ndim: 2 or 1.
    """

    def __init__(self, columns: Columns, ndim: int = 2) -> None:
        self.held, self.ndim = columns, ndim

    @property
    def to(self) -> Export:
        """Where operators are added."""
        return self.held.to

    @property
    def value(self) -> Value:
        """The columns as numbers."""
        return self.held.numbers()

    @property
    def dtype(self) -> Any:
        """numpy's dtype."""
        return np.dtype(self.value.type.dtype)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The number of rows is not known."""
        return (_Rows(), len(self.held))[: self.ndim]

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
        return np.ones((1, len(self.held))[: self.ndim], self.dtype)

    # numpy's protocols --------------------------------------------------------------------

    def __array__(self, *arguments: Any, **options: Any) -> NoReturn:
        raise Untraceable("it turns its argument into a plain array")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc is np.matmul:
            return self.__array_function__(ufunc, (), inputs, options)
        if method == "reduce":
            return ufuncs.reduced(ufuncs.REDUCING.get(ufunc), inputs[0], **options)
        if method == "__call__" and options.keys() == {"out"}:
            (target,) = options["out"]
            changed = ufuncs.applied(ufunc, *inputs)
            target.held = target._like(changed).held
            return target
        if method != "__call__" or options:
            raise Untraceable(f"numpy.{ufunc.__name__} with {[*options] or method}")
        return ufuncs.applied(ufunc, *inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .functions import FUNCTIONS

        if function not in FUNCTIONS:
            raise Untraceable(f"numpy.{getattr(function, '__name__', function)}")
        try:
            return FUNCTIONS[function](*args, **kwargs)
        except TypeError as error:
            raise Untraceable(f"numpy.{function.__name__}: {error}") from None

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, (int, float)) and exponent in ufuncs.POWERS:
            return ufuncs.applied(ufuncs.POWERS[exponent], self)
        return ufuncs.applied(np.power, self, exponent)

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
                return Traced(self.held)
            raise Untraceable(f"indexing of one column by {key!r:.60}")
        if isinstance(key, str):
            return Traced(self.held.take([self._named(key)]), 1)
        if isinstance(key, list) and key and all(isinstance(name, str) for name in key):
            return Traced(self.held.take([self._named(name) for name in key]))
        chosen = self._chosen(key)
        if isinstance(chosen, int):
            return Traced(self.held.take([chosen]), 1)
        return Traced(self.held.take(chosen))

    def __setitem__(self, key: Any, new: Any) -> None:
        if isinstance(key, Traced):
            changed = ufuncs.choice(key, new, self)
            self.held = self._like(changed).held
            return
        chosen = [self._named(key)] if isinstance(key, str) else self._chosen(key)
        positions = [chosen] if isinstance(chosen, int) else chosen
        old = Traced(self.held.take(positions), 1 if isinstance(chosen, int) else 2)
        value = old._like(new).value
        items = list(self.held.items)
        for at, position in enumerate(positions):
            items[position] = Part(value, at if value.type.width > 1 else 0)
        self.held = Columns(self.to, items)

    def _like(self, new: Any) -> Traced:
        """What is assigned, in this shape and dtype."""
        if not isinstance(new, Traced):
            numbers = np.broadcast_to(np.asarray(new), (1, len(self.held)))[0]
            return self.made(self.to.constant(numbers.astype(self.dtype)))
        if new.ndim != self.ndim or len(new.held) not in (1, len(self.held)):
            raise Untraceable("an assignment of another shape")
        return self.made(self.to.cast(new.value, self.dtype.name))

    def _named(self, name: str) -> int:
        names = [item.name if isinstance(item, Raw) else None for item in self.held]
        if name not in names:
            raise Untraceable(f"a column {name!r}")
        return names.index(name)

    def _chosen(self, key: Any) -> int | list[int]:
        """The columns of `[:, key]`."""
        rows, *rest = key if isinstance(key, tuple) else (key,)
        if (rows is not ... and rows != slice(None)) or len(rest) != 1:
            raise Untraceable(f"indexing by {key!r:.60}")
        places = np.arange(len(self.held))
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
        return np.dot(self, coef)

    def copy(self, *_: Any, **__: Any) -> Traced:
        """A new array."""
        return Traced(self.held, self.ndim)

    def reshape(self, *shape: Any) -> Traced:
        """(−1, 1), (−1, width) and (−1,)."""
        wanted = tuple(shape[0]) if len(shape) == 1 and np.ndim(shape[0]) else shape
        if wanted == (-1, len(self.held)):
            return Traced(self.held)
        if wanted == (-1,) and len(self.held) == 1:
            return Traced(self.held, 1)
        raise Untraceable(f"reshape to {wanted}")

    def ravel(self) -> Traced:
        """One column as (rows,)."""
        return self.reshape(-1)

    flatten = squeeze = ravel

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """Cut to an interval."""
        result: Any = self
        if low is not None:
            result = ufuncs.applied(np.maximum, result, low)
        return result if high is None else ufuncs.applied(np.minimum, result, high)

    def sum(self, axis: Any = None, **options: Any) -> Traced:
        """Of each row."""
        return ufuncs.reduced("sum", self, axis, **options)

    def mean(self, axis: Any = None, **options: Any) -> Any:
        """Of each row."""
        return ufuncs.applied(np.true_divide, self.sum(axis, **options), len(self.held))

    def min(self, axis: Any = None, **options: Any) -> Traced:
        """Of each row."""
        return ufuncs.reduced("minimum", self, axis, **options)

    def max(self, axis: Any = None, **options: Any) -> Traced:
        """Of each row."""
        return ufuncs.reduced("maximum", self, axis, **options)

    def made(self, value: Value, ndim: int | None = None) -> Traced:
        """An array of a value's columns."""
        return Traced(Columns.of(self.to, value), self.ndim if ndim is None else ndim)


class _Rows:
    """The number of rows, which nobody knows."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable("the number of rows")
