"""Kernel of the search for the nearest points."""

from __future__ import annotations

import math

from .codes import TILE, WAITING
from .distance import gather_row
from .measures import finished, restored, to_box
from .native import (
    call_kernel,
    inline,
    item_f8,
    item_i8,
    load_f8,
    load_i8,
    set_f8,
    set_i8,
    store_f8,
    store_i8,
    value,
)
from .registry import kernel
from .sorting import heap_push, introsort

ALL, ONE = 64, 104
"""Offsets of the arguments of `measure`: for points that lie column by column, and for one."""


@inline
def to_node(args: int, node: int, x: int, scratch: int) -> float:
    """The reduced distance that no point of a node is nearer than."""
    sides, how = load_i8(args + 184), args + ONE
    if sides == 0:
        return 0.0
    metric, order, width = load_i8(how), load_f8(how + 8), load_i8(how + 24)
    nodes, regions = load_i8(args + 160), load_i8(args + 192)
    region = regions + 8 * node * width
    if sides == 2:
        return to_box(metric, order, x, width, region, region + 8 * nodes * width)
    call_kernel(load_i8(args + 56), how, x, region, scratch, 1)
    radius = item_f8(load_i8(args + 200), node)
    gap = finished(metric, order, load_f8(scratch)) - radius
    return restored(metric, order, gap if gap > 0 else 0.0)


@inline
def search_leaf(args: int, node: int, x: int, scratch: int, best: int, found: int) -> None:
    """Offer all points of a node to the heap."""
    measure, how, points = load_i8(args + 56), args + ALL, load_i8(args + 144)
    k = load_i8(args + 208)
    first = item_i8(load_i8(args + 168), node)
    last = item_i8(load_i8(args + 176), node)
    while first < last:
        tile = last - first if last - first < TILE else TILE
        call_kernel(measure, how, x, points + 8 * first, scratch, tile)
        for p in range(tile):
            number = item_f8(scratch, p)
            if number < load_f8(best):
                heap_push(best, found, k, number, first + p)
        first += tile


@inline
def search(args: int, x: int, scratch: int, best: int, found: int, waiting: int) -> None:
    """Visit the nodes, nearer ones first."""
    nodes = load_i8(args + 160)
    store_i8(waiting, 0)
    store_f8(waiting + 8, to_node(args, 0, x, scratch))
    top = 1
    while top > 0:
        top -= 1
        node, at_least = load_i8(waiting + 16 * top), load_f8(waiting + 16 * top + 8)
        if at_least > load_f8(best):
            continue
        child = 2 * node + 1
        if child >= nodes:
            search_leaf(args, node, x, scratch, best, found)
            continue
        left, right = to_node(args, child, x, scratch), to_node(args, child + 1, x, scratch)
        first = 0 if left <= right else 1
        far, near = waiting + 16 * top, waiting + 16 * top + 16
        store_i8(far, child + 1 - first)
        store_f8(far + 8, right if first == 0 else left)
        store_i8(near, child + first)
        store_f8(near + 8, left if first == 0 else right)
        top += 2


@kernel("nearest")
def nearest(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, offset of scratch, address of `measure`, its five arguments for all
    points and for one, addresses of points and positions, nodes, addresses of starts and ends,
    sides, addresses of regions and radii, k."""
    target, source = value(args, work, n), value(args + 24, work, n)
    scratch, how, k = work + load_i8(args + 48), args + ALL, load_i8(args + 208)
    metric, order, width = load_i8(how), load_f8(how + 8), load_i8(how + 24)
    positions = load_i8(args + 152)
    waiting = scratch + 16 * TILE
    best = waiting + WAITING
    found, x = best + 8 * k, best + 16 * k
    for row in range(n):
        gather_row(x, source, row, width, n)
        for j in range(k):
            set_f8(best, j, math.inf)
            set_i8(found, j, 0)
        search(args, x, scratch, best, found, waiting)
        introsort(best, found, k, waiting)
        for j in range(k):
            distance = finished(metric, order, item_f8(best, j))
            position = item_i8(positions, item_i8(found, j))
            set_f8(target, j * n + row, distance)
            set_f8(target, (k + j) * n + row, float(position))
    return 0
