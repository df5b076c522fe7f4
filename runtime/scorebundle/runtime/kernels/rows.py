"""Kernels across the numbers of a row."""

from __future__ import annotations

import math
from typing import Any

from numba import types

from .codes import NORM
from .native import (
    Kernel,
    inline,
    libm,
    load_f4,
    load_f8,
    load_i8,
    store_f4,
    store_f8,
    store_i8,
    value,
)
from .registry import kernel


def _reduce(load: Any, store: Any, size: int) -> Kernel:
    def reduce(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, source = value(args, work, n), value(args + 24, work, n)
        width, op = load_i8(args + 48), load_i8(args + 56)
        for row in range(n):
            result = load(source + size * row)
            for column in range(1, width):
                x = load(source + size * (column * n + row))
                if op == 0:
                    result = result + x
                elif op == 1:
                    result = result if result <= x or result != result else x
                else:
                    result = result if result >= x or result != result else x
            store(target + size * row, result)
        return 0

    return reduce


kernel("reduce_float32")(_reduce(load_f4, store_f4, 4))
kernel("reduce_float64")(_reduce(load_f8, store_f8, 8))


def _logsumexp(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    exp, log, log1p = libm("exp", kind), libm("log", kind), libm("log1p", kind)
    infinite = kind(math.inf)

    def logsumexp(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, source = value(args, work, n), value(args + 24, work, n)
        width = load_i8(args + 48)
        for row in range(n):
            top = load(source + size * row)
            for column in range(1, width):
                x = load(source + size * (column * n + row))
                top = top if top >= x or top != top else x
            shift = top if abs(top) < infinite else kind(0)
            rest, tied = kind(0), 0
            for column in range(width):
                x = load(source + size * (column * n + row))
                if x == top:
                    tied += 1
                else:
                    rest += exp(x - shift)
            if rest != kind(0):
                rest = rest / kind(tied)
            store(target + size * row, log1p(rest) + log(kind(tied)) + top)
        return 0

    return logsumexp


kernel("logsumexp_float32")(_logsumexp(load_f4, store_f4, types.float32, 4))
kernel("logsumexp_float64")(_logsumexp(load_f8, store_f8, types.float64, 8))


def _argmax(load: Any, size: int) -> Kernel:
    def argmax(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, source = value(args, work, n), value(args + 24, work, n)
        width = load_i8(args + 48)
        for row in range(n):
            best, at = load(source + size * row), 0
            for column in range(1, width):
                x = load(source + size * (column * n + row))
                if best == best and (x > best or x != x):
                    best, at = x, column
            store_i8(target + 8 * row, at)
        return 0

    return argmax


kernel("argmax_float32")(_argmax(load_f4, 4))
kernel("argmax_float64")(_argmax(load_f8, 8))


def _softmax(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    exp = libm("exp", kind)

    def softmax(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, source = value(args, work, n), value(args + 24, work, n)
        width = load_i8(args + 48)
        for row in range(n):
            highest = load(source + size * row)
            for column in range(1, width):
                x = load(source + size * (column * n + row))
                highest = x if x > highest else highest
            total = 0.0
            for column in range(width):
                at = size * (column * n + row)
                weight = exp(load(source + at) - highest)
                total += weight
                store(target + at, weight)
            for column in range(width):
                at = size * (column * n + row)
                store(target + at, load(target + at) / kind(total))
        return 0

    return softmax


kernel("softmax_float32")(_softmax(load_f4, store_f4, types.float32, 4))
kernel("softmax_float64")(_softmax(load_f8, store_f8, types.float64, 8))


def _sorting(load: Any, size: int) -> Any:
    @inline
    def sorted_positions(row: int, n: int, width: int, order: int, spare: int) -> int:
        """Positions of a column-wise row's numbers in ascending order, NaN last: a merge sort
        from runs of 1 upwards. Returns which of the two buffers holds them."""
        for position in range(width):
            store_i8(order + 8 * position, position)
        run = 1
        while run < width:
            begin = 0
            while begin < width:
                middle, end = min(begin + run, width), min(begin + 2 * run, width)
                left, right = begin, middle
                for at in range(begin, end):
                    from_left = left < middle
                    if from_left and right < end:
                        x = load(row + size * n * load_i8(order + 8 * left))
                        y = load(row + size * n * load_i8(order + 8 * right))
                        from_left = x <= y or y != y
                    if from_left:
                        store_i8(spare + 8 * at, load_i8(order + 8 * left))
                        left += 1
                    else:
                        store_i8(spare + 8 * at, load_i8(order + 8 * right))
                        right += 1
                begin = end
            order, spare = spare, order
            run *= 2
        return order

    return sorted_positions


def _order(load: Any, size: int) -> Kernel:
    sorted_positions = _sorting(load, size)

    def order(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, count, offset of two buffers of positions."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, count = load_i8(args + 48), load_i8(args + 56)
        buffers = work + load_i8(args + 64)
        for row in range(n):
            found = sorted_positions(source + size * row, n, width, buffers, buffers + 8 * width)
            for place in range(count):
                store_i8(target + 8 * (place * n + row), load_i8(found + 8 * place))
        return 0

    return order


kernel("order_float32")(_order(load_f4, 4))
kernel("order_float64")(_order(load_f8, 8))


def _weighted_median(load: Any, store: Any, size: int) -> Kernel:
    sorted_positions = _sorting(load, size)

    def weighted_median(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, address of weights, offset of two buffers of positions."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, weights = load_i8(args + 48), load_i8(args + 56)
        buffers = work + load_i8(args + 64)
        for row in range(n):
            order = sorted_positions(source + size * row, n, width, buffers, buffers + 8 * width)
            total = 0.0
            for at in range(width):
                total += load_f8(weights + 8 * load_i8(order + 8 * at))
            reached, at = 0.0, -1
            while at < width - 1 and (at < 0 or not reached >= 0.5 * total):
                at += 1
                reached += load_f8(weights + 8 * load_i8(order + 8 * at))
            store(target + size * row, load(source + size * (load_i8(order + 8 * at) * n + row)))
        return 0

    return weighted_median


kernel("weighted_median_float32")(_weighted_median(load_f4, store_f4, 4))
kernel("weighted_median_float64")(_weighted_median(load_f8, store_f8, 8))


_, NORM_L1, NORM_L2, _ = NORM.values()


def _normalize(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    def normalize(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, norm."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, norm = load_i8(args + 48), load_i8(args + 56)
        for row in range(n):
            length = 0.0
            for column in range(width):
                x = load(source + size * (column * n + row))
                if norm == NORM_L1:
                    length += float(abs(x))
                elif norm == NORM_L2:
                    length += float(x * x)
                else:
                    length = max(length, float(abs(x)))
            length = math.sqrt(length) if norm == NORM_L2 else length
            for column in range(width):
                at = size * (column * n + row)
                x = load(source + at)
                store(target + at, kind(float(x) / length) if length != 0.0 else x)
        return 0

    return normalize


kernel("normalize_float32")(_normalize(load_f4, store_f4, types.float32, 4))
kernel("normalize_float64")(_normalize(load_f8, store_f8, types.float64, 8))
