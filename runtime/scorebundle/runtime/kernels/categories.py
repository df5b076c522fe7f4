"""Kernels on codes."""

from __future__ import annotations

from typing import Any

from numba import types

from .columns import copy_column
from .native import Kernel, load_f4, load_f8, load_i8, store_f4, store_f8, store_i8, value
from .registry import kernel


@kernel("match")
def match(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Binary search. args: target, source, categories address, size, code of NaN."""
    target, source = value(args, work, n), value(args + 24, work, n)
    categories, size, nan = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    for row in range(n):
        x = load_f8(source + 8 * row)
        code = nan if x != x else -1
        low, high = 0, size
        while low < high:
            middle = (low + high) >> 1
            if load_f8(categories + 8 * middle) < x:
                low = middle + 1
            else:
                high = middle
        if low < size and load_f8(categories + 8 * low) == x:
            code = low
        store_i8(target + 8 * row, code)
    return 0


@kernel("lookup")
def lookup(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Rows of a table. args: target, codes, table address, size, width, itemsize, codes of a
    row; the table's row after the last is the default."""
    target, codes = value(args, work, n), value(args + 24, work, n)
    table, size = load_i8(args + 48), load_i8(args + 56)
    width, itemsize, count = load_i8(args + 64), load_i8(args + 72), load_i8(args + 80)
    for place in range(count):
        for row in range(n):
            code = load_i8(codes + 8 * (place * n + row))
            if code < 0 or code >= size:
                code = size
            source = table + code * width * itemsize
            for column in range(width):
                at = target + ((place * width + column) * n + row) * itemsize
                copy_column(at, source + column * itemsize, itemsize, 1, 1)
    return 0


def _lookup_sum(load: Any, store: Any, zero: Any, size: int) -> Kernel:
    def lookup_sum(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, codes, weights, table address, rows of the table, width, codes of a
        row."""
        target, codes = value(args, work, n), value(args + 24, work, n)
        weights, table = value(args + 48, work, n), load_i8(args + 72)
        rows, width, count = load_i8(args + 80), load_i8(args + 88), load_i8(args + 96)
        for i in range(width * n):
            store(target + size * i, zero)
        for place in range(count):
            for row in range(n):
                code = load_i8(codes + 8 * (place * n + row))
                if code < 0 or code >= rows:
                    continue
                weight = load(weights + size * (place * n + row))
                source = table + size * code * width
                for column in range(width):
                    at = target + size * (column * n + row)
                    store(at, load(at) + weight * load(source + size * column))
        return 0

    return lookup_sum


kernel("lookup_sum_float32")(_lookup_sum(load_f4, store_f4, types.float32(0), 4))
kernel("lookup_sum_float64")(_lookup_sum(load_f8, store_f8, 0.0, 8))


@kernel("one_hot")
def one_hot(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Zeros and a one. args: target, codes, size, itemsize, address of the number one."""
    target, codes = value(args, work, n), value(args + 24, work, n)
    size, itemsize, one = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    zero = one + 8
    for column in range(size):
        copy_column(target + column * n * itemsize, zero, itemsize, 0, n)
    for row in range(n):
        code = load_i8(codes + 8 * row)
        if 0 <= code < size:
            copy_column(target + (code * n + row) * itemsize, one, itemsize, 1, 1)
    return 0
