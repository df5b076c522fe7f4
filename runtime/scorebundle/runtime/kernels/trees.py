"""Kernels of tree ensembles.

A packed node is 16 bytes: threshold (8), feature and flags (4), left child (4). The right child
is the node after the left one. A leaf is its own left child and has a threshold of NaN, to the
right of which nothing is, so that eight walks can go on in lock-step until the last of them
arrives and none moves: eight rows of one tree, or, for few rows, eight trees of one row. A leaf's
row of values lies in the bits of the threshold that leave it a NaN.

Each kernel compares in one way; lowering moves thresholds by one unit for the other, which
parts the same numbers.

Ensembles without category splits are walked on keys (see `cuts`) instead. A node is 8 bytes
then: the cut's key (4), and left child (22 bits) and which key of the row (10 bits). A leaf
compares the row's lowest key; its row of values lies in an array beside the nodes.

A packed tree is 12 bytes: root, first output column, depth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .codes import CATEGORY, DEFAULT_RIGHT, FEATURE, SLOT, SLOT_BITS
from .native import (
    Kernel,
    inline,
    load_f4,
    load_f8,
    load_i4,
    load_i8,
    load_u4,
    store_f4,
    store_f8,
    value,
)
from .registry import kernel


@inline
def in_set(sets: int, index: int, number: float) -> bool:
    """Whether trunc(number) is in a category set: starts at `sets`, words at sets[-1]."""
    if not 0.0 <= number < 2147483648.0:
        return False
    category = int(number)
    starts = load_i8(sets)
    first, last = load_i4(starts + 4 * index), load_i4(starts + 4 * index + 4)
    word = first + (category >> 5)
    if word >= last:
        return False
    bits: int = load_u4(load_i8(sets + 8) + 4 * word)
    return (bits >> (category & 31)) & 1 == 1


def _numbers(
    load: Any, x_size: int, strict: bool, category: bool
) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Walking on numbers: where rows lie, one step, a leaf's row."""
    leaf_row = 4 if x_size == 4 else 0  # the half of the threshold that may be any number

    @inline
    def rows(args: int, work: int, n: int) -> tuple[int, int, int]:
        return value(args + 24, work, n), x_size, x_size * n

    @inline
    def step(nodes: int, x: int, stride: int, sets: int, left_set: int, at: int) -> int:
        node = nodes + 16 * at
        word = load_i4(node + 8)
        number = load(x + (word & FEATURE) * stride)
        threshold = load(node)
        right = number >= threshold if strict else number > threshold
        if category:
            if word & CATEGORY:
                right = in_set(sets, load_i4(node), float(number)) != (left_set == 1)
        if number != number:
            right = word & DEFAULT_RIGHT != 0
        left: int = load_i4(node + 12)
        return left + (1 if right else 0)

    @inline
    def leaf(nodes: int, sets: int, at: int) -> int:
        row: int = load_i4(nodes + 16 * at + leaf_row)
        return row

    return rows, step, leaf


def _keys() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Walking on keys: the same three."""

    @inline
    def rows(args: int, work: int, n: int) -> tuple[int, int, int]:
        return work + load_i8(args + 32), 4 * load_i8(args + 40), 0

    @inline
    def step(nodes: int, x: int, stride: int, leaves: int, left_set: int, at: int) -> int:
        node = nodes + 8 * at
        word = load_u4(node + 4)
        right: int = load_i4(x + 4 * (word & SLOT)) >= load_i4(node)
        child: int = (word >> SLOT_BITS) + right
        return child

    @inline
    def leaf(nodes: int, leaves: int, at: int) -> int:
        row: int = load_i4(leaves + 4 * at)
        return row

    return rows, step, leaf


def _trees(walk: Any, load_value: Any, store_value: Any, value_size: int) -> Kernel:
    rows_of, step, leaf = walk

    @inline
    def add(nodes: int, sets: int, values: int, k: int, target: int, n: int, at: int) -> int:
        """Add a leaf's values to a row's sums; target is the first of them."""
        source = values + leaf(nodes, sets, at) * k * value_size
        for j in range(k):
            place = target + j * n * value_size
            store_value(place, load_value(place) + load_value(source + j * value_size))
        return 0

    def trees(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, base, trees, packed trees, nodes, values, k, outputs, sets
        (0: none), left_set; base is a constant or a value. On keys, the source is 0, their
        offset, keys per row; and sets is the address of the leaves' rows."""
        target = value(args, work, n)
        base, constant = value(args + 48, work, n), load_i8(args + 48)
        count, table, nodes = load_i8(args + 72), load_i8(args + 80), load_i8(args + 88)
        values, k, outputs = load_i8(args + 96), load_i8(args + 104), load_i8(args + 112)
        sets, left = load_i8(args + 120), load_i8(args + 128)
        source, x_size, stride = rows_of(args, work, n)
        for output in range(outputs):
            for row in range(n):
                at = output if constant else output * n + row
                first = load_value(base + value_size * at)
                store_value(target + value_size * (output * n + row), first)
        full = n - n % 8
        for tree in range(count if full else 0):
            root = load_i4(table + 12 * tree)
            sums = target + load_i4(table + 12 * tree + 4) * n * value_size
            depth = load_i4(table + 12 * tree + 8)
            for row in range(0, full, 8):
                x = source + x_size * row
                a = b = c = d = e = f = g = h = root
                for _ in range(0, depth, 2):
                    for _ in range(2):
                        p, q, r, s, t, u, v, w = a, b, c, d, e, f, g, h
                        a = step(nodes, x, stride, sets, left, a)
                        b = step(nodes, x + x_size, stride, sets, left, b)
                        c = step(nodes, x + 2 * x_size, stride, sets, left, c)
                        d = step(nodes, x + 3 * x_size, stride, sets, left, d)
                        e = step(nodes, x + 4 * x_size, stride, sets, left, e)
                        f = step(nodes, x + 5 * x_size, stride, sets, left, f)
                        g = step(nodes, x + 6 * x_size, stride, sets, left, g)
                        h = step(nodes, x + 7 * x_size, stride, sets, left, h)
                    moved = (a ^ p) | (b ^ q) | (c ^ r) | (d ^ s) | (e ^ t) | (f ^ u)
                    if moved | (g ^ v) | (h ^ w) == 0:  # deep trees: most walks end early
                        break
                place = sums + value_size * row
                add(nodes, sets, values, k, place, n, a)
                add(nodes, sets, values, k, place + value_size, n, b)
                add(nodes, sets, values, k, place + 2 * value_size, n, c)
                add(nodes, sets, values, k, place + 3 * value_size, n, d)
                add(nodes, sets, values, k, place + 4 * value_size, n, e)
                add(nodes, sets, values, k, place + 5 * value_size, n, f)
                add(nodes, sets, values, k, place + 6 * value_size, n, g)
                add(nodes, sets, values, k, place + 7 * value_size, n, h)
        for row in range(full, n):
            x = source + x_size * row
            tree = 0
            while tree < count:
                # The packed table is padded with copies of the last tree to a multiple of 8.
                entry = table + 12 * tree
                a, b = load_i4(entry), load_i4(entry + 12)
                c, d = load_i4(entry + 24), load_i4(entry + 36)
                e, f = load_i4(entry + 48), load_i4(entry + 60)
                g, h = load_i4(entry + 72), load_i4(entry + 84)
                depth = 0
                for lane in range(8):
                    depth = max(depth, load_i4(entry + 12 * lane + 8))
                for _ in range(0, depth, 2):
                    for _ in range(2):
                        p, q, r, s, t, u, v, w = a, b, c, d, e, f, g, h
                        a = step(nodes, x, stride, sets, left, a)
                        b = step(nodes, x, stride, sets, left, b)
                        c = step(nodes, x, stride, sets, left, c)
                        d = step(nodes, x, stride, sets, left, d)
                        e = step(nodes, x, stride, sets, left, e)
                        f = step(nodes, x, stride, sets, left, f)
                        g = step(nodes, x, stride, sets, left, g)
                        h = step(nodes, x, stride, sets, left, h)
                    moved = (a ^ p) | (b ^ q) | (c ^ r) | (d ^ s) | (e ^ t) | (f ^ u)
                    if moved | (g ^ v) | (h ^ w) == 0:  # deep trees: most walks end early
                        break
                for lane in range(min(8, count - tree)):
                    column = load_i4(entry + 12 * lane + 4)
                    place = target + value_size * (column * n + row)
                    add(nodes, sets, values, k, place, n, a)
                    a, b, c, d, e, f, g = b, c, d, e, f, g, h
                tree += 8
        return 0

    return trees


kernel("trees_float32_float32")(
    _trees(_numbers(load_f4, 4, strict=True, category=False), load_f4, store_f4, 4)
)
kernel("trees_float32_float32_sets")(
    _trees(_numbers(load_f4, 4, strict=True, category=True), load_f4, store_f4, 4)
)
kernel("trees_float32_float64")(
    _trees(_numbers(load_f4, 4, strict=False, category=False), load_f8, store_f8, 8)
)
kernel("trees_float64_float64")(
    _trees(_numbers(load_f8, 8, strict=False, category=False), load_f8, store_f8, 8)
)
kernel("trees_float64_float64_sets")(
    _trees(_numbers(load_f8, 8, strict=False, category=True), load_f8, store_f8, 8)
)
kernel("trees_keys_float32")(_trees(_keys(), load_f4, store_f4, 4))
kernel("trees_keys_float64")(_trees(_keys(), load_f8, store_f8, 8))
