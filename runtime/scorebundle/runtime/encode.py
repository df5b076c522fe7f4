"""Encode: category values to codes, each distinct value once."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle import InputError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Encode

from .groups import FEW, groups
from .objects import are_texts, text_codes
from .values import as_array, categories


class Categories:
    """A checked category column.

    Attributes:
        values: its values, those of equal cells once; an array of objects if all of them are
            texts, None or NaN.
        of_row: which of the values each row has; None if there is one per row.
    """

    __slots__ = ("of_row", "values")

    def __init__(self, values: list[Any] | Array, of_row: Array | None = None) -> None:
        self.values, self.of_row = values, of_row

    def __getitem__(self, row: int) -> Any:
        return self.values[row if self.of_row is None else self.of_row[row]]


def checked(column: Any, kind: str) -> Categories:
    """Check a column against the rule in `categories`.

    Raises:
        InputError: if a value can never be of the declared kind.
    """
    found = groups(column)
    if found is not None:
        try:
            return Categories(categories(found.distinct, kind), found.of_row)
        except InputError:
            pass  # and say which row it is
    elif kind == "string" and len(column) >= FEW:
        cells = column if isinstance(column, list) else as_array(column)
        if isinstance(cells, np.ndarray) and are_texts(cells):
            return Categories(cells)
    return Categories(categories(column, kind))


class Encoder:
    """An Encode node's rule."""

    def __init__(self, op: Encode) -> None:
        self._codes = _Codes({value: code for code, value in enumerate(op.categories)})
        self._codes[None] = op.none
        self._codes.nan = op.nan
        self._texts = {v: float(code) for v, code in self._codes.items() if isinstance(v, str)}

    def codes(self, column: Categories) -> Array:
        """The code of every row, int64."""
        values = column.values
        if isinstance(values, np.ndarray):
            return text_codes(values, self._texts, self._codes[None], self._codes.nan)
        codes = np.fromiter(map(self._codes.__getitem__, values), np.int64, len(values))
        return codes if column.of_row is None else codes.take(column.of_row)


class _Codes(dict[Any, int]):
    """Codes by value, and the rule for a value that is not listed."""

    nan: int

    def __missing__(self, value: Any) -> int:
        return self.nan if value != value else -1
