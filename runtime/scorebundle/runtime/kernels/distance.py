"""Kernels of the operators on distances."""

from __future__ import annotations

from .codes import TILE
from .measures import finished, reduced
from .native import inline, load_f8, load_i8, store_f8, value
from .registry import kernel


@inline
def gather_row(x: int, source: int, row: int, width: int, n: int) -> None:
    """Copy one row of float64 columns to x."""
    for column in range(width):
        store_f8(x + 8 * column, load_f8(source + 8 * (column * n + row)))


@kernel("distance")
def distance(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, offset of scratch, width, count, metric, order, addresses of
    weights and points."""
    target, source = value(args, work, n), value(args + 24, work, n)
    scratch, width, count = work + load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    metric, order = load_i8(args + 72), load_f8(args + 80)
    weights, points = load_i8(args + 88), load_i8(args + 96)
    x = scratch + 16 * TILE
    for row in range(n):
        gather_row(x, source, row, width, n)
        first = 0
        while first < count:
            tile = count - first if count - first < TILE else TILE
            reduced(metric, order, weights, x, width, points + 8 * first, count, tile, scratch)
            for p in range(tile):
                distance = finished(metric, order, load_f8(scratch + 8 * p))
                store_f8(target + 8 * ((first + p) * n + row), distance)
            first += tile
    return 0
