"""The stand-in for a column of a pandas DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import numpy as np

from scorebundle.bundle.ops import Lookup, Match
from scorebundle.bundle.types import DTYPES, FLOATS

from ..columns import Columns, Item, Raw
from ..export import is_missing
from . import ufuncs
from .array import Traced, Untraceable

ARITHMETIC: Final = {
    "add": np.add,
    **dict.fromkeys(("sub", "subtract"), np.subtract),
    **dict.fromkeys(("mul", "multiply"), np.multiply),
    **dict.fromkeys(("div", "divide", "truediv"), np.true_divide),
    "mod": np.remainder,
    "pow": np.power,
    "abs": np.absolute,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
"""pandas' methods that are numpy's functions."""


class PandasLike(Traced):
    """What Series and DataFrames have in common.

    numpy's functions of arrays apply, but for what pandas does otherwise with missing values.
    """

    def __getattr__(self, name: str) -> Any:
        if name in ARITHMETIC:
            return lambda *others, **options: self._arithmetic(name, *others, **options)
        if name.startswith("__array"):
            raise Untraceable("it turns its argument into a plain array")
        if name.startswith("_"):
            raise Untraceable("a function of pandas that makes something else of it")
        raise Untraceable(f"pandas' .{name}")

    def _arithmetic(self, name: str, *others: Any, axis: Any = None, **options: Any) -> Any:
        if options:
            raise Untraceable(f"pandas' .{name} with {[*options]}")
        return ARITHMETIC[name](self, *others)

    def to_numpy(self, dtype: Any = None, copy: bool = False) -> Traced:
        """As a plain array."""
        array = Traced(self.held, self.ndim)
        return array if dtype is None else array.astype(dtype)

    @property
    def values(self) -> Traced:
        """As a plain array."""
        return self.to_numpy()

    def where(self, condition: Any, other: Any = np.nan) -> Any:
        """Kept where a condition holds."""
        return ufuncs.choice(condition, self, other)

    def mask(self, condition: Any, other: Any = np.nan) -> Any:
        """Replaced where a condition holds."""
        return ufuncs.choice(condition, other, self)

    def clip(  # type: ignore[override]
        self, lower: Any = None, upper: Any = None, **options: Any
    ) -> Any:
        """Cut to an interval; what lies on a limit, and what is missing, stays as it is."""
        if options.get("inplace") or any(np.ndim(limit) for limit in (lower, upper)):
            raise Untraceable("pandas' .clip with limits that are no numbers, or inplace")
        result: Any = self
        if lower is not None:
            result = ufuncs.choice(np.less(result, lower), lower, result)
        return result if upper is None else ufuncs.choice(np.greater(result, upper), upper, result)

    def round(self, decimals: int = 0) -> Any:
        """To so many decimals."""
        return np.round(self, decimals)

    def pipe(self, function: Callable[..., Any], *more: Any, **options: Any) -> Any:
        """The function of it."""
        return function(self, *more, **options)

    def reset_index(self, drop: bool = False) -> Any:
        """Rows have no index here."""
        if not drop:
            raise Untraceable("pandas' .reset_index that keeps the index")
        return self

    def notna(self) -> Any:
        """Where a value is there."""
        return np.logical_not(self.isna())

    def isna(self) -> Any:
        """Where a value is missing."""
        return np.isnan(self)

    def isnull(self) -> Any:
        """pandas' other name of isna."""
        return self.isna()

    def notnull(self) -> Any:
        """pandas' other name of notna."""
        return self.notna()


class Series(PandasLike):
    """Stands for a column: numbers, or an input column that nobody has read yet.

    Attributes:
        name: the column's.
    """

    def __init__(self, held: Columns, name: Any = None) -> None:
        super().__init__(held, 1)
        self.name = name

    def made(self, value: Any, ndim: int | None = None) -> Any:
        """A Series of a value of one column."""
        columns = Columns.of(self.to, value)
        return type(self)(columns, self.name) if ndim in (None, 1) else Traced(columns, ndim)

    def _of(self, item: Item) -> Series:
        return type(self)(Columns(self.to, [item]), self.name)

    def _raw(self) -> Raw | None:
        (item,) = self.held.items
        return item if isinstance(item, Raw) else None

    def _text(self) -> Raw:
        raw = self._raw()
        if raw is None:
            raise Untraceable("text compared with computed numbers")
        return raw

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        texts = [x for x in inputs if isinstance(x, str)]
        if texts and ufunc in (np.equal, np.not_equal) and len(inputs) == 2:
            known = self.isin(texts)
            return known if ufunc is np.equal else np.logical_not(known)
        return super().__array_ufunc__(ufunc, method, *inputs, **options)

    @property
    def str(self) -> NoReturn:
        """Text comes out as it came in."""
        raise Untraceable("pandas' .str: text is not changed, only looked up")

    def copy(self, *_: Any, **__: Any) -> Series:
        """Another that may be changed."""
        return Series(self.held, self.name)

    def rename(self, name: Any = None) -> Series:
        """Under another name."""
        return Series(self.held, name)

    def to_frame(self, name: Any = None) -> Any:
        """A frame of this column."""
        from .frame import Frame

        return Frame(self.held, [self.name if name is None else name])

    def astype(self, dtype: Any, copy: bool = True) -> Series:
        """Conversion; missing and infinite values are no whole numbers."""
        if isinstance(dtype, str) and dtype == "category" and self._raw() is not None:
            return self
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = str(dtype)
        if name not in DTYPES:
            raise Untraceable(f"dtype {name}")
        value = self.value
        if name == "int64":
            value = self.to.finite(value)
        made: Series = self.made(self.to.cast(value, name))
        return made

    def isin(self, values: Any) -> Any:
        """Whether it is one of some texts, or numbers."""
        listed = list(values)
        if any(is_missing(value) for value in listed):
            raise Untraceable("pandas' .isin of missing values")
        if any(isinstance(value, str) for value in listed):
            code = self.to.codes(self._text(), listed)
        else:
            numbers = self.to.cast(self.value, "float64")
            code = self.to.add(Match(np.unique(np.asarray(listed, np.float64))), numbers)
        return self.made(self.to.binary("greater_equal", code, 0))

    def map(self, how: Any, na_action: Any = None) -> Any:
        """By a dict: the number of each text or number, NaN for others; or a function of it."""
        if callable(how):
            result = how(Cell(self.held, self.name))
            if not isinstance(result, Series):
                raise Untraceable("a function of a cell that computes nothing of it")
            return Series(result.held, self.name)
        if not isinstance(how, Mapping) or type(how) is not dict:
            raise Untraceable("pandas' .map by what is neither a dict nor a function")
        if not all(isinstance(value, (int, float)) for value in how.values()):
            raise Untraceable("pandas' .map to what are no numbers")
        if any(isinstance(value, bool) for value in how.values()):
            # A column of bool if all rows are known, else of objects: True + True is True, or 2.
            raise Untraceable("pandas' .map to True and False: use 1 and 0")
        if any(is_missing(key) for key in how):
            raise Untraceable("pandas' .map of missing values: use .fillna")
        keys = list(how)
        if any(isinstance(key, str) for key in keys):
            code = self.to.codes(self._text(), keys)
        else:
            keys.sort()
            numbers = self.to.cast(self.value, "float64")
            code = self.to.add(Match(np.asarray(keys, np.float64)), numbers)
        table = np.array([[float(how[key])] for key in keys])
        return self.made(self.to.add(Lookup(table, np.array([np.nan])), code))

    apply = transform = map

    def fillna(self, value: Any = None, inplace: bool = False, **options: Any) -> Any:
        """Another value where it is missing."""
        if inplace or options or value is None:
            raise Untraceable(f"pandas' .fillna with {['inplace', *options]}")
        raw = self._raw()
        if raw is not None and not isinstance(value, Traced):
            if np.ndim(value) or is_missing(value):
                raise Untraceable("pandas' .fillna with what is neither text nor a number")
            return self._of(raw._replace(replace=(*raw.replace, (np.nan, _plain(value)))))
        if isinstance(value, str):
            raise Untraceable("text in a column of numbers")
        if self.dtype.name not in FLOATS:
            return self
        return ufuncs.choice(self.isna(), value, self).astype(self.dtype)

    def replace(self, old: Any, new: Any = None) -> Any:
        """Other values for some, all at once."""
        pairs = old if type(old) is dict else {old: new}
        if any(np.ndim(each) for pair in pairs.items() for each in pair):
            raise Untraceable("pandas' .replace of lists, or by patterns")
        if any(isinstance(key, str) for key in pairs):
            raw = self._text()
            if raw.replace:
                raise Untraceable("pandas' .replace of text that was replaced before")
            return self._of(raw._replace(replace=tuple(pairs.items())))
        result: Any = self
        for key, value in pairs.items():
            met = self.isna() if is_missing(key) else np.equal(self, key)
            result = ufuncs.choice(met, value, result)
        return result

    def between(self, left: Any, right: Any, inclusive: Any = "both") -> Any:
        """Within limits."""
        low = np.greater_equal if inclusive in ("both", "left") else np.greater
        high = np.less_equal if inclusive in ("both", "right") else np.less
        return np.logical_and(low(self, left), high(self, right))


class Cell(Series):
    """Stands for one number of a column, where a function is called cell by cell, or row by row.

    Python's and numpy's scalars have no short cut for squares and roots: they ask libm's pow.
    """

    def __pow__(self, exponent: Any) -> Any:
        return np.power(self, exponent)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
