"""Kernels of the operators on distances."""

from __future__ import annotations

from .codes import TILE
from .measures import finished
from .native import call_kernel, inline, item_f8, load_f8, load_i8, set_f8, value
from .registry import kernel


@inline
def gather_row(x: int, source: int, row: int, width: int, n: int) -> None:
    """Copy one row of float64 columns to x."""
    for column in range(width):
        set_f8(x, column, item_f8(source, column * n + row))


@kernel("distance")
def distance(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, offset of scratch, address of `measure` and its five arguments,
    address of the points."""
    target, source = value(args, work, n), value(args + 24, work, n)
    scratch, measure, how = work + load_i8(args + 48), load_i8(args + 56), args + 64
    metric, order = load_i8(how), load_f8(how + 8)
    width, count, points = load_i8(how + 24), load_i8(how + 32), load_i8(args + 104)
    x = scratch + 16 * TILE
    for row in range(n):
        gather_row(x, source, row, width, n)
        first = 0
        while first < count:
            tile = count - first if count - first < TILE else TILE
            call_kernel(measure, how, x, points + 8 * first, scratch, tile)
            for p in range(tile):
                distance = finished(metric, order, item_f8(scratch, p))
                set_f8(target, (first + p) * n + row, distance)
            first += tile
    return 0
