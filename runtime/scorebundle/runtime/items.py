"""Collections of items in a cell: which there are, and what an Items node makes of them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import Any, Final

import numpy as np

from scorebundle.bundle import InputError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Items

from .introsort import order_by_column
from .murmur import murmur3
from .terms import ABSENT, MAX_WORK
from .values import as_array, is_null

Cell = list[Any] | dict[str, Any] | None
"""Items and pairs (item, value), a map, or missing."""
Pairs = Iterable[tuple[Any, Any]]

SCALARS: Final = {str, int, float, bool, type(None)}
WHOLE: Final = {"float64": 2.0**53, "float32": 2.0**24}
"""Whole numbers up to which sums are exact in any order."""
LARGEST: Final = 2**53
"""Sums of whole numbers reach the kernels as float64."""


def is_cell(value: Any) -> bool:
    """Whether a value is a collection, and not a text."""
    return hasattr(type(value), "__len__") and not isinstance(value, (str, bytes, bytearray))


def is_one_row(values: Mapping[str, Any], items: Collection[str]) -> bool:
    """Whether values by column are one row's, where some columns hold collections.

    The other columns tell; without any, a map, a set, and a list of items without pairs are a
    cell, and a list of collections or of missing ones is a column.

    Args:
        values: by column.
        items: the columns that hold collections.
    """
    others = [value for name, value in values.items() if name not in items]
    if others:
        return not any(map(is_cell, others))
    return any(map(_is_alone, values.values()))


def _is_alone(value: Any) -> bool:
    if isinstance(value, (Mapping, Set)) or not is_cell(value):
        return True
    if not isinstance(value, (list, tuple, np.ndarray)) or not len(value):
        return False
    return not any(map(is_cell, value)) and not all(map(is_null, value))


def spelled(text: str) -> Cell:
    """The collection that a text says in JSON; an empty text, and null, is a missing one.

    Raises:
        ValueError: if it says none.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique) if text.strip() else None
    except (RecursionError, InputError) as error:
        raise ValueError(str(error)) from None
    if value is not None and not is_cell(value):
        raise ValueError("is no collection")
    return value  # type: ignore[no-any-return]


def cells(column: Any) -> list[Cell]:
    """A checked column of collections: their scalars are Python's own.

    Raises:
        InputError: naming the row whose cell is no collection of items.
    """
    if isinstance(column, (Mapping, Set)):
        raise InputError([f"is one row's, not a column: {column!r:.40}"])
    checked: list[Cell] = []
    for row, value in enumerate(listed(column)):
        try:
            checked.append(_cell(value))
        except TypeError as error:
            raise InputError([f"{error} (row {row})"]) from None
    return checked


def listed(column: Any) -> list[Any]:
    """A column of any kind as Python values; Arrow's maps become dicts."""
    if isinstance(column, list):
        return column
    if hasattr(column, "to_pylist"):
        found: list[Any] = column.to_pylist()
        if str(column.type).startswith("map<"):
            return [None if pairs is None else _unique(pairs) for pairs in found]
        return found
    if hasattr(column, "to_list"):
        return list(column.to_list())
    return list(as_array(column))


def _unique(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InputError([f"must name each item once, not {pairs!r:.40}"])
    return result


def _cell(value: Any) -> Cell:
    kind = type(value)
    if kind is dict:
        if {str}.issuperset(map(type, value)) and SCALARS.issuperset(map(type, value.values())):
            return value
    elif kind is list and SCALARS.issuperset(map(type, value)):
        return value
    if isinstance(value, Mapping):
        return {_text(key): _scalar(item) for key, item in value.items()}
    if is_cell(value):
        return [_entry(entry) for entry in value]
    if is_null(value):
        return None
    raise TypeError(f"must be a list or a map of items, not {value!r:.40}")


def _entry(entry: Any) -> Any:
    if not is_cell(entry):
        return _scalar(entry)
    if not isinstance(entry, Sequence | np.ndarray) or len(entry) != 2:
        raise TypeError(f"must hold items, or pairs of an item and a value, not {entry!r:.40}")
    return [_scalar(entry[0]), _scalar(entry[1])]


def _text(key: Any) -> str:
    key = _scalar(key)
    if type(key) is not str:
        raise TypeError(f"must have texts as keys, not {key!r:.40}")
    return key


def _scalar(value: Any) -> Any:
    """A Python scalar; whatever else is missing becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in SCALARS:
        return value
    if not is_cell(value) and not isinstance(value, (str, bytes)) and is_null(value):
        return None
    raise TypeError(f"must hold text, numbers or booleans, not {value!r:.40}")


class Refused(Exception):
    """A cell that the model does not take."""


class Tally:
    """An Items node's rule."""

    def __init__(self, op: Items) -> None:
        self._op = op
        self._pairs = READ[op.cells]
        self._places = {item: place for place, item in enumerate(op.vocabulary)}
        self._weight = WEIGHTS[op.dtype]

    def counts(self, column: Sequence[Cell]) -> tuple[Array, Array, Array]:
        """Per row, first and behind last of its entries (rows, 2); the entries' columns; sums."""
        spans = np.empty((len(column), 2), np.int64)
        columns: list[int] = []
        sums: list[float] = []
        with np.errstate(over="ignore"):
            for row, cell in enumerate(column):
                try:
                    found = self._summed(*self._weights(self._pairs(cell)))
                except Refused:
                    spans[row] = ABSENT
                    continue
                first = len(columns)
                places = sorted(found)
                columns += places
                sums += map(found.__getitem__, places)
                spans[row] = first, len(columns)
        return spans, np.array(columns, np.int32), np.array(sums, np.float64)

    def _weights(self, pairs: Pairs) -> tuple[list[int], list[float]]:
        """The entries' columns and weights; those that are not counted are left out."""
        columns: list[int] = []
        weights: list[float] = []
        place_of = self._hashed if self._op.hashed else self._known
        length = 0
        for item, value in pairs:
            if type(value) is str:
                if type(item) is float or item is None:
                    raise Refused
                item, weight = f"{item}={value}", 1.0
            elif value is None:
                raise Refused
            else:
                weight = _float(value)
            if weight == 0:
                continue
            place, sign = place_of(item)
            if self._op.hashed:
                length += len(item)
                if length > MAX_WORK:
                    raise Refused
            if place >= 0:
                columns.append(place)
                weights.append(self._weight(sign * weight))
        return columns, weights

    def _known(self, item: Any) -> tuple[int, int]:
        return self._places.get(item, -1), 1

    def _hashed(self, item: Any) -> tuple[int, int]:
        if type(item) is not str:
            raise Refused
        try:
            number = murmur3(item.encode())
        except UnicodeEncodeError:  # half surrogate pairs have no bytes
            raise Refused from None
        return abs(number) % self._op.hashed, -1 if self._op.signed and number < 0 else 1

    def _summed(self, columns: list[int], weights: list[float]) -> dict[int, float]:
        """Sums by column."""
        if self._op.binary:
            return dict.fromkeys(columns, 1.0)
        found = dict(zip(columns, weights, strict=True))
        if len(found) == len(columns):
            return found
        found = {}
        if self._is_exact(columns, weights):
            for column, weight in zip(columns, weights, strict=True):
                found[column] = found.get(column, 0) + weight
            return found
        for entry in order_by_column(columns):
            column = columns[entry]
            before = found.get(column)
            weight = weights[entry]
            found[column] = weight if before is None else self._weight(before + weight)
        return found

    def _is_exact(self, columns: list[int], weights: list[float]) -> bool:
        """Whether sums are the same in any order; refuses whole ones beyond what kernels hold."""
        total = sum(map(abs, weights))
        if self._op.dtype == "int64":
            if total > LARGEST:
                raise Refused
            return True
        whole = total <= WHOLE[self._op.dtype] and all(map(float.is_integer, weights))
        pairs = self._op.dtype == "float64" and max(Counter(columns).values()) == 2
        return whole or pairs


def _items(cell: Cell) -> Pairs:
    if cell is None:
        raise Refused
    if list in map(type, cell):
        raise Refused
    return ((item, 1) for item in cell)


def _listed_pairs(cell: Cell) -> Pairs:
    if cell is None or (cell and type(cell) is dict) or not {list}.issuperset(map(type, cell)):
        raise Refused
    return cell  # type: ignore[return-value]


def _mapped(cell: Cell) -> Pairs:
    if type(cell) is not dict:
        raise Refused
    return cell.items()


READ: Final[dict[str, Callable[[Cell], Pairs]]] = {
    "items": _items,
    "pairs": _listed_pairs,
    "mapping": _mapped,
}


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Refused from None


def _single(weight: float) -> float:
    return float(np.float32(weight))


def _whole(weight: float) -> float:
    """Toward zero; refused if the kernels' float64 cannot hold it."""
    if not abs(weight) <= LARGEST:
        raise Refused
    return float(math.trunc(weight))


WEIGHTS: Final[dict[str, Callable[[float], float]]] = {
    "float64": float,
    "float32": _single,
    "int64": _whole,
}
"""A weight as each dtype has it."""
