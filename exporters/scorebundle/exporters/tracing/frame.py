"""The stand-in for a pandas DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from scorebundle.bundle.types import FLOATS

from ..columns import Columns, Item, Part, Raw
from . import ufuncs
from .array import Traced, Untraceable
from .series import Cell, PandasLike, Series


class Frame(PandasLike):
    """Stands for a DataFrame of all rows; columns that nobody reads stay as they came in.

    Attributes:
        names: of the columns.
    """

    def __init__(self, held: Columns, names: Sequence[Any]) -> None:
        super().__init__(held, 2)
        self.names = list(names)

    @property
    def columns(self) -> Any:
        """As pandas."""
        import pandas

        return pandas.Index(self.names)

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("names", ()):
            return self[name]
        return super().__getattr__(name)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.names)

    def __contains__(self, name: Any) -> bool:
        return name in self.names

    def items(self) -> Iterator[tuple[Any, Series]]:
        """Names and columns."""
        return ((name, self[name]) for name in self.names)

    def made(self, value: Any, ndim: int | None = None) -> Any:
        """What a value of the same rows is in pandas."""
        columns = Columns.of(self.to, value)
        if ndim == 1:
            return Series(columns)
        alike = len(columns) == len(self.names)
        return type(self)(columns, self.names) if alike else Traced(columns)

    # numpy's protocol ---------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        frames = [x for x in inputs if isinstance(x, Frame)]
        if any(isinstance(x, Series) for x in inputs):
            raise Untraceable("a DataFrame with a Series: use .div, .sub … with axis=0")
        if any(frame.names != self.names for frame in frames):
            raise Untraceable("DataFrames with different columns")
        inputs = tuple(self._aligned(x) for x in inputs)
        if method != "__call__" or len({_dtype(item, self) for item in self._items(frames)}) == 1:
            return super().__array_ufunc__(ufunc, method, *inputs, **options)
        numbers = [isinstance(x, Frame) or np.ndim(x) == 0 for x in inputs]
        if not all(numbers):
            raise Untraceable("columns of different dtypes with an array")
        return self._joined(
            ufunc(*(x[name] if isinstance(x, Frame) else x for x in inputs), **options)
            for name in self.names
        )

    def _items(self, frames: list[Frame]) -> Iterator[Item]:
        return (item for frame in frames for item in frame.held)

    def _aligned(self, x: Any) -> Any:
        """A constant pandas Series goes by the names of the columns."""
        if not hasattr(type(x), "reindex") or np.ndim(x) != 1:
            return x
        if sorted(map(str, x.index)) != sorted(map(str, self.names)):
            raise Untraceable("a Series that is not indexed by the columns")
        return x.reindex(self.names).to_numpy()

    def _joined(self, parts: Any) -> Frame:
        columns = [part.held for part in parts]
        return type(self)(columns[0].joined(columns[1:], False), self.names)

    def _each(self, function: Callable[[Series], Any]) -> Any:
        parts = [function(series) for _, series in self.items()]
        if not all(isinstance(part, Series) for part in parts):
            raise Untraceable("a function that does not give a column for each column")
        return self._joined(parts)

    def _arithmetic(self, name: str, *others: Any, axis: Any = None, **options: Any) -> Any:
        if any(isinstance(other, Series) for other in others):
            if axis not in (0, "index") or options:
                raise Untraceable(f"pandas' .{name} with a Series and not axis=0")
            return self._each(lambda series: getattr(series, name)(*others))
        return super()._arithmetic(name, *others, **options)

    # columns ------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Traced):
            raise Untraceable("rows that are chosen by a condition")
        if isinstance(key, slice):
            raise Untraceable("rows that are chosen by their place")
        if isinstance(key, (list, np.ndarray)) or hasattr(key, "tolist"):
            return Frame(self.held.take([self._named(name) for name in key]), list(key))
        return Series(self.held.take([self._named(key)]), key)

    def _named(self, name: Any) -> int:
        if self.names.count(name) != 1:
            found = "two columns" if name in self.names else "a column"
            raise Untraceable(f"{found} {name!r}")
        return self.names.index(name)

    def get(self, name: Any, default: Any = None) -> Any:
        """A column, if there is one."""
        return self[name] if name in self.names else default

    def __setitem__(self, key: Any, new: Any) -> None:
        if isinstance(key, Traced):
            raise Untraceable("an assignment to rows that are chosen by a condition: use .where")
        wanted = list(key) if isinstance(key, (list, np.ndarray)) else [key]
        items = self._assigned(new, len(wanted))
        names, held = list(self.names), list(self.held.items)
        for name, item in zip(wanted, items, strict=True):
            if name in names:
                held[names.index(name)] = item
            else:
                names.append(name)
                held.append(item)
        self.held, self.names = Columns(self.to, held), names

    def _assigned(self, new: Any, count: int) -> list[Item]:
        if isinstance(new, Traced):
            items = list(new.held.items)
            if len(items) != count:
                raise Untraceable("an assignment of another shape")
            return items
        if np.ndim(new) or isinstance(new, str):
            raise Untraceable("an assignment of an array, or of text")
        return [Part(self.to.constant(np.asarray(new)[None]), 0)] * count

    def __delitem__(self, key: Any) -> None:
        kept = self.drop(columns=key)
        self.held, self.names = kept.held, kept.names

    def pop(self, name: Any) -> Series:
        """Take a column out."""
        series: Series = self[name]
        del self[name]
        return series

    def insert(self, loc: int, column: Any, value: Any) -> None:
        """Put a column in."""
        self[column] = value
        order = [name for name in self.names if name != column]
        order.insert(loc, column)
        changed = self[order]
        self.held, self.names = changed.held, changed.names

    @property
    def loc(self) -> _Places:
        """Columns by name, of all rows."""
        return _Places(self, by_name=True)

    @property
    def iloc(self) -> Any:
        """Columns by place, of all rows."""
        return _Places(self, by_name=False)

    def assign(self, **columns: Any) -> Frame:
        """With more columns, or others."""
        result = self.copy()
        for name, new in columns.items():
            result[name] = new(result) if callable(new) else new
        return result

    def drop(self, labels: Any = None, *, axis: Any = 0, columns: Any = None) -> Frame:
        """Without some columns."""
        gone = columns if columns is not None else labels
        if columns is None and axis not in (1, "columns"):
            raise Untraceable("pandas' .drop of rows")
        gone = [gone] if isinstance(gone, str) or np.ndim(gone) == 0 else list(gone)
        for name in gone:
            self._named(name)
        return Frame(*self._kept([name for name in self.names if name not in gone]))

    def _kept(self, names: list[Any]) -> tuple[Columns, list[Any]]:
        return self.held.take([self._named(name) for name in names]), names

    def rename(self, mapper: Any = None, *, columns: Any = None, axis: Any = 0) -> Frame:
        """Under other names."""
        change = columns if columns is not None else mapper if axis in (1, "columns") else None
        if change is None:
            raise Untraceable("pandas' .rename of rows")
        new = change if callable(change) else lambda name: change.get(name, name)
        return Frame(self.held, [new(name) for name in self.names])

    def add_prefix(self, prefix: str) -> Frame:
        """Under names with a prefix."""
        return self.rename(columns=lambda name: f"{prefix}{name}")

    def add_suffix(self, suffix: str) -> Frame:
        """Under names with a suffix."""
        return self.rename(columns=lambda name: f"{name}{suffix}")

    def copy(self, *_: Any, **__: Any) -> Frame:
        """Another that may be changed."""
        return Frame(self.held, self.names)

    # values -------------------------------------------------------------------------------

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Conversion of all columns, or of those in a dict."""
        kinds = dtype if isinstance(dtype, dict) else dict.fromkeys(self.names, dtype)
        return self._joined(s.astype(kinds[n]) if n in kinds else s for n, s in self.items())

    def fillna(self, value: Any = None, **options: Any) -> Any:
        """Another value where one is missing; by column if a dict."""
        given = value if isinstance(value, dict) else dict.fromkeys(self.names, value)
        parts = (s.fillna(given[n], **options) if n in given else s for n, s in self.items())
        return self._joined(parts)

    def isna(self) -> Any:
        """Where a value is missing."""
        return self._each(lambda series: series.isna())

    def round(self, decimals: Any = 0) -> Any:
        """To so many decimals; by column if a dict."""
        given = decimals if isinstance(decimals, dict) else dict.fromkeys(self.names, decimals)
        return self._joined(s.round(given[n]) if n in given else s for n, s in self.items())

    def isin(self, values: Any) -> Any:
        """Whether a value is one of some."""
        return self._each(lambda series: series.isin(values))

    def apply(self, function: Any, axis: Any = 0, **options: Any) -> Any:
        """A function of each column, or (axis=1) of each row."""
        if axis in (1, "columns"):
            result = function(_Row(self.held, self.names), **options)
            if isinstance(result, Series):
                return Series(result.held)
            raise Untraceable("a function of a row that does not give one number")
        return self._each(lambda series: function(series, **options))

    def map(self, function: Any) -> Any:
        """A function of each number."""
        return self._each(lambda series: series.map(function))

    applymap = map

    # rows ---------------------------------------------------------------------------------

    def _reduced(self, op: str, axis: Any, skipna: bool, fill: float, more: Any) -> Any:
        """Over the columns of each row; pandas leaves missing values out."""
        if axis not in (1, "columns") or any(more.values()):
            raise Untraceable("a reduction that is not over the columns of each row (axis=1)")
        plain = Traced(self.held)
        if plain.dtype.name not in FLOATS or not skipna:
            return Series(ufuncs.reduced(op, plain, 1).held)
        filled = ufuncs.choice(np.isnan(plain), plain.dtype.type(fill), plain)
        return Series(ufuncs.reduced(op, filled, 1).held)

    def count(self, axis: Any = 0) -> Any:
        """How many values each row has."""
        return self.notna().sum(axis=axis)

    def sum(self, axis: Any = 0, skipna: bool = True, **more: Any) -> Any:
        """Of each row."""
        return self._reduced("sum", axis, skipna, 0.0, more)

    def mean(self, axis: Any = 0, skipna: bool = True, **more: Any) -> Any:
        """Of each row."""
        total = self._reduced("sum", axis, skipna, 0.0, more)
        return total / (self.count(axis).astype(total.dtype) if skipna else len(self.names))

    def min(self, axis: Any = 0, skipna: bool = True, **more: Any) -> Any:
        """Of each row."""
        return self._reduced("minimum", axis, skipna, np.inf, more).where(self._any(), np.nan)

    def max(self, axis: Any = 0, skipna: bool = True, **more: Any) -> Any:
        """Of each row."""
        return self._reduced("maximum", axis, skipna, -np.inf, more).where(self._any(), np.nan)

    def _any(self) -> Any:
        return np.greater(self.count(axis=1), 0)


class _Row(Frame):
    """Stands for one row of a DataFrame, whose columns are single cells."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, Series):
            return Cell(found.held, found.name)
        return _Row(found.held, found.names)


class _Places:
    """`.loc` and `.iloc` of all rows."""

    def __init__(self, frame: Frame, by_name: bool) -> None:
        self.frame, self.by_name = frame, by_name

    def _names(self, key: Any) -> Any:
        if self.by_name:
            return key
        places = self.frame._chosen((slice(None), key))
        names = self.frame.names
        return names[places] if isinstance(places, int) else [names[place] for place in places]

    def __getitem__(self, key: Any) -> Any:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if not isinstance(rows, slice) or rows != slice(None) or isinstance(columns, Traced):
            raise Untraceable("rows that are chosen by a condition, or by their place")
        if columns == slice(None):
            return self.frame.copy()
        return self.frame[self._names(columns)]

    def __setitem__(self, key: Any, new: Any) -> None:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        name = self._names(columns)
        if isinstance(rows, Series) and isinstance(name, str):
            new = self.frame[name].mask(rows, new)
        elif not isinstance(rows, slice) or rows != slice(None):
            raise Untraceable("rows that are chosen by a condition, or by their place")
        self.frame[name] = new


def _dtype(item: Item, frame: Frame) -> str:
    if isinstance(item, Raw):
        return frame.to.declared.get(item.name, "float64")
    return item.value.type.dtype


__all__ = ["Frame"]
