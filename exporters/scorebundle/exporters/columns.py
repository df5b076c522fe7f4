"""Columns: what flows between the steps of a pipeline while it is exported.

A step's output is a row of columns. Each is either still a raw input column, of which nobody
has said yet whether it holds numbers or categories, or a column of a graph value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Select
from scorebundle.bundle.types import FLOATS

if TYPE_CHECKING:
    from .export import Export


class Raw(NamedTuple):
    """An input column that no step has read yet.

    Attributes:
        name: the column's name.
        replace: (key, value) pairs from imputers that work on any kind of column: a cell
            equal to key (None and NaN included) counts as value.
        whole: whether a step refuses None and NaN in it, having another missing value.
    """

    name: str
    replace: tuple[tuple[Any, Any], ...] = ()
    whole: bool = False


class Part(NamedTuple):
    """One column of a graph value."""

    value: Value
    position: int


Item = Raw | Part


class Columns:
    """An ordered row of columns.

    Attributes:
        items: the columns.
        sparse: whether scikit-learn would hold them as a sparse matrix: some transformers
            then multiply by a reciprocal where they divide otherwise.
        flat: whether it would hold the one column as a vector.
    """

    def __init__(
        self, to: Export, items: Iterable[Item], sparse: bool = False, flat: bool = False
    ) -> None:
        self.to = to
        self.items = tuple(items)
        self.sparse = sparse
        self.flat = flat

    @classmethod
    def of(cls, to: Export, value: Value, sparse: bool = False) -> Columns:
        """All columns of a value."""
        return cls(to, [Part(value, i) for i in range(value.type.width)], sparse)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def take(self, indices: Iterable[int]) -> Columns:
        """Columns by position."""
        return Columns(self.to, [self.items[i] for i in indices], self.sparse)

    def joined(self, others: Iterable[Columns], sparse: bool) -> Columns:
        """These columns and then those of others, side by side."""
        items = [*self.items, *(item for other in others for item in other)]
        return Columns(self.to, items, sparse)

    def numbers(self, dtype: str | None = None) -> Value:
        """The columns as one value of numbers, converted to dtype.

        By default the dtype is the one that numpy gives such columns side by side.
        """
        if not self.items:
            self.to.block("a step has no columns to work on", "remove the step")
        values = [self._run(kind, list(run)) for kind, run in groupby(self.items, _origin)]
        target = dtype or _promoted(value.type.dtype for value in values)
        return self.to.concat([self.to.cast(value, target) for value in values])

    def floats(self) -> Value:
        """The columns as check_array(dtype=FLOAT_DTYPES) has them: float32 if all of them
        are, else float64."""
        value = self.numbers()
        return value if value.type.dtype in FLOATS else self.to.cast(value, "float64")

    def _run(self, origin: Any, run: list[Item]) -> Value:
        """Neighbouring columns of one origin as one value."""
        first = run[0]
        if isinstance(first, Raw):
            return self.to.raw_numbers([item for item in run if isinstance(item, Raw)])
        indices = [item.position for item in run if isinstance(item, Part)]
        if indices == list(range(first.value.type.width)):
            return first.value
        return self.to.add(Select(tuple(indices)), first.value)


def _origin(item: Item) -> Any:
    if isinstance(item, Part):
        return item.value
    return ("raw", item.replace, "")


def _promoted(dtypes: Iterable[str]) -> str:
    found = set(dtypes)
    if len(found) == 1:
        return found.pop()
    return str(np.result_type(*found)) if found else "float64"


__all__ = ["Columns", "Item", "Part", "Raw"]
