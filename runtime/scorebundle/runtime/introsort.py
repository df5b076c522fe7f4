"""The order in which an introsort leaves entries of equal columns, which decides float sums.

scipy adds the duplicates of a compressed row behind `std::sort` of the row by column, which is not
stable. This is libstdc++'s (D. Musser, Introspective Sorting and Selection Algorithms, 1997): until
16 are left, ranges are split at the median of three; after 2 log₂ n splits they are sorted by a
heap; insertion does the rest, and keeps the order of equals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

SMALL: Final = 16


def order_by_column(columns: Sequence[int]) -> Iterable[int]:
    """Positions of a row's entries in the order in which their columns are added up."""
    count = len(columns)
    if count <= SMALL or all(a <= b for a, b in pairwise(columns)):
        return range(count)
    order = list(range(count))
    pending = [(0, count, 2 * (count.bit_length() - 1))]
    while pending:
        first, last, depth = pending.pop()
        while last - first > SMALL:
            if depth == 0:
                _sort_by_heap(order, columns, first, last)
                break
            depth -= 1
            cut = _split(order, columns, first, last)
            pending.append((cut, last, depth))
            last = cut
    return sorted(order, key=columns.__getitem__)


def _split(order: list[int], keys: Sequence[int], first: int, last: int) -> int:
    """Move what is below the median of three before the rest; returns where that begins."""
    _median_to(order, keys, first, first + 1, first + (last - first) // 2, last - 1)
    pivot = keys[order[first]]
    low, high = first + 1, last
    while True:
        while keys[order[low]] < pivot:
            low += 1
        high -= 1
        while pivot < keys[order[high]]:
            high -= 1
        if low >= high:
            return low
        order[low], order[high] = order[high], order[low]
        low += 1


def _median_to(order: list[int], keys: Sequence[int], target: int, a: int, b: int, c: int) -> None:
    x, y, z = keys[order[a]], keys[order[b]], keys[order[c]]
    if x < y:
        median = b if y < z else c if x < z else a
    else:
        median = a if x < z else c if y < z else b
    order[target], order[median] = order[median], order[target]


def _sort_by_heap(order: list[int], keys: Sequence[int], first: int, last: int) -> None:
    part = order[first:last]
    for top in range((len(part) - 2) // 2, -1, -1):
        _sift(part, keys, top, len(part), part[top])
    for end in range(len(part) - 1, 0, -1):
        value = part[end]
        part[end] = part[0]
        _sift(part, keys, 0, end, value)
    order[first:last] = part


def _sift(part: list[int], keys: Sequence[int], top: int, size: int, value: int) -> None:
    """Let the hole at the top sink to the bottom along larger children, and the value rise."""
    hole = top
    child = 2 * hole + 2
    while child < size:
        if keys[part[child]] < keys[part[child - 1]]:
            child -= 1
        part[hole] = part[child]
        hole, child = child, 2 * child + 2
    if child == size:
        part[hole] = part[child - 1]
        hole = child - 1
    above = (hole - 1) // 2
    while hole > top and keys[part[above]] < keys[value]:
        part[hole] = part[above]
        hole, above = above, (above - 1) // 2
    part[hole] = value
