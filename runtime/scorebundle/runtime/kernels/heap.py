"""Trees of few levels for few rows: perfect heaps of eight-byte splits.

A split is the key of its cut (int32; see `cuts`) and which key of the row reaches it to go right
(int32). The children of node i are 2 i and 2 i + 1, so that a step is two loads, a comparison
and an addition. Where a tree ends early, splits that nothing reaches lead on to the left.

Eight trees are walked in lock-step. The program is int64 words:
    run         output column, groups
    group       levels, address of the heaps, address of the leaves' values, trees (1 to 8)
"""

from __future__ import annotations

from typing import Any

from .native import (
    Kernel,
    inline,
    load_f4,
    load_f8,
    load_i4,
    load_i8,
    store_f4,
    store_f8,
    value,
)
from .registry import kernel


@inline
def descend(heap: int, keys: int, at: int) -> int:
    """From node `at` to the child that the row goes to."""
    split = heap + 8 * at
    right: int = load_i4(keys + 4 * load_i4(split + 4)) >= load_i4(split)
    return 2 * at + right


def _heaps(load: Any, store: Any, size: int) -> Kernel:
    def heaps(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, base, outputs, k, offset of the keys, keys per row, runs, program;
        base is a constant or a value."""
        target, base = value(args, work, n), value(args + 24, work, n)
        constant, outputs, k = load_i8(args + 24), load_i8(args + 48), load_i8(args + 56)
        keys, width = work + load_i8(args + 64), load_i8(args + 72)
        runs, program = load_i8(args + 80), load_i8(args + 88)
        for row in range(n):
            for output in range(outputs):
                source = output if constant else output * n + row
                store(target + size * (output * n + row), load(base + size * source))
            at = program
            for _ in range(runs):
                first, groups = target + size * (load_i8(at) * n + row), load_i8(at + 8)
                at += 16
                total = load(first)
                for _ in range(groups):
                    levels, heap = load_i8(at), load_i8(at + 8)
                    leaves, trees = load_i8(at + 16), load_i8(at + 24)
                    at += 32
                    step = 8 << levels
                    a = b = c = d = e = f = g = h = 1
                    for _ in range(levels):
                        a = descend(heap, keys, a)
                        b = descend(heap + step, keys, b)
                        c = descend(heap + 2 * step, keys, c)
                        d = descend(heap + 3 * step, keys, d)
                        e = descend(heap + 4 * step, keys, e)
                        f = descend(heap + 5 * step, keys, f)
                        g = descend(heap + 6 * step, keys, g)
                        h = descend(heap + 7 * step, keys, h)
                    many = 1 << levels
                    if k == 1 and trees == 8:
                        place = leaves - size * many
                        step = size * many
                        total += load(place + size * a)
                        total += load(place + step + size * b)
                        total += load(place + 2 * step + size * c)
                        total += load(place + 3 * step + size * d)
                        total += load(place + 4 * step + size * e)
                        total += load(place + 5 * step + size * f)
                        total += load(place + 6 * step + size * g)
                        total += load(place + 7 * step + size * h)
                        continue
                    store(first, total)
                    for tree in range(trees):
                        leaf = leaves + size * k * (tree * many + a - many)
                        for j in range(k):
                            sums = first + size * j * n
                            store(sums, load(sums) + load(leaf + size * j))
                        a, b, c, d, e, f, g = b, c, d, e, f, g, h
                    total = load(first)
                store(first, total)
            keys += 4 * width
        return 0

    return heaps


kernel("heaps_float32")(_heaps(load_f4, store_f4, 4))
kernel("heaps_float64")(_heaps(load_f8, store_f8, 8))
