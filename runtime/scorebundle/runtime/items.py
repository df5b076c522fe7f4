"""Items: collections to sums of the weights of their items."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Items

from .cells import Cell
from .introsort import order_by_column
from .murmur import murmur3
from .terms import ABSENT, MAX_WORK

Pairs = Iterable[Sequence[Any]]

WHOLE: Final = {"float64": 2.0**53, "float32": 2.0**24}
"""Whole numbers up to which sums are exact in any order."""
LARGEST: Final = 2**53
"""Sums of whole numbers reach the kernels as float64."""


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
            length += len(item) if type(item) is str else 0
            if length > MAX_WORK and self._op.hashed:
                raise Refused
            place, sign = place_of(item)
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
    if cell is None or list in map(type, cell):
        raise Refused
    return ((item, 1) for item in cell)


def _listed_pairs(cell: Cell) -> Pairs:
    if cell is None or (cell and isinstance(cell, dict)):
        raise Refused
    pairs = list(cell)
    if not all(isinstance(pair, list) for pair in pairs):
        raise Refused
    return pairs


def _mapped(cell: Cell) -> Pairs:
    if not isinstance(cell, dict):
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
