"""Kernels of linear maps."""

from __future__ import annotations

from typing import Any

from numba import types

from .native import Kernel, inline, load_f4, load_f8, load_i8, store_f4, store_f8, value
from .registry import kernel

PART = 56


def _affine(load: Any, store: Any, size: int) -> Kernel:
    @inline
    def add_columns(target: int, source: int, n: int, width: int, coef: int) -> int:
        """Add numbers times coefficients, column by column; four at a time keep the sum in a
        register."""
        column = size * n
        full = width - width % 4
        for first in range(0, full, 4):
            x, w = source + column * first, coef + size * first
            w0, w1, w2, w3 = load(w), load(w + size), load(w + 2 * size), load(w + 3 * size)
            x1, x2, x3 = x + column, x + 2 * column, x + 3 * column
            for row in range(n):
                at = size * row
                total = load(target + at) + load(x + at) * w0
                total = total + load(x1 + at) * w1
                total = total + load(x2 + at) * w2
                store(target + at, total + load(x3 + at) * w3)
        for last in range(full, width):
            x, weight = source + column * last, load(coef + size * last)
            for row in range(n):
                at = size * row
                store(target + at, load(target + at) + load(x + at) * weight)
        return 0

    @inline
    def add_coded(target: int, codes: int, n: int, count: int, table: int) -> int:
        """Add the coefficient of each row's code, then what the zeros beside it add."""
        for row in range(n):
            code = load_i8(codes + 8 * row)
            code = code if 0 <= code < count else count
            at, entry = target + size * row, table + 2 * size * code
            store(at, (load(at) + load(entry)) + load(entry + size))
        return 0

    def affine(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, outputs, address of intercept, parts; of each part: whether it is codes,
        source, width, address of its coefficients, bytes from one output's to the next's."""
        target = value(args, work, n)
        outputs, intercept, parts = load_i8(args + 24), load_i8(args + 32), load_i8(args + 40)
        for output in range(outputs):
            for row in range(n):
                store(target + size * row, -0.0)  # to which adding x gives x, whatever x is
            part = args + 48
            for _ in range(parts):
                source, width = value(part + 8, work, n), load_i8(part + 32)
                coef = load_i8(part + 40) + output * load_i8(part + 48)
                if load_i8(part):
                    add_coded(target, source, n, width, coef)
                else:
                    add_columns(target, source, n, width, coef)
                part += PART
            last = load(intercept + size * output)
            for row in range(n):
                store(target + size * row, load(target + size * row) + last)
            target += size * n
        return 0

    return affine


kernel("affine_float32")(_affine(load_f4, store_f4, 4))
kernel("affine_float64")(_affine(load_f8, store_f8, 8))


@inline
def subtract_four(at: int, known: int, weights: int, n: int) -> None:
    """Take four columns times their weights from the column at `at`."""
    a, b = load_f8(weights), load_f8(weights + 8)
    c, d = load_f8(weights + 16), load_f8(weights + 24)
    for row in range(n):
        z = known + 8 * row
        rest = load_f8(at + 8 * row) - a * load_f8(z)
        rest = rest - b * load_f8(z + 8 * n)
        rest = rest - c * load_f8(z + 16 * n)
        store_f8(at + 8 * row, rest - d * load_f8(z + 24 * n))


@kernel("solve")
def solve(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Forward substitution. args: target, source, width, address of the triangle."""
    target, source = value(args, work, n), value(args + 24, work, n)
    width, weights = load_i8(args + 48), load_i8(args + 56)
    for i in range(width):
        at = target + 8 * i * n
        for row in range(n):
            store_f8(at + 8 * row, load_f8(source + 8 * (i * n + row)))
        j = 0
        while j + 4 <= i:  # four at a time, still one after another: fewer loads and stores
            subtract_four(at, target + 8 * j * n, weights + 8 * j, n)
            j += 4
        while j < i:
            weight, known = load_f8(weights + 8 * j), target + 8 * j * n
            for row in range(n):
                rest = load_f8(at + 8 * row) - weight * load_f8(known + 8 * row)
                store_f8(at + 8 * row, rest)
            j += 1
        pivot = load_f8(weights + 8 * i)
        for row in range(n):
            store_f8(at + 8 * row, load_f8(at + 8 * row) / pivot)
        weights += 8 * width
    return 0


def _affine_part(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    def affine_part(args: int, work: int, frame: int, start: int, n: int) -> int:
        """Some of the terms of a linear map. args: target, source, width, outputs, address of the
        first coefficient, numbers from one output's to the next, whether the sum begins here,
        address of the intercept if it ends here, else 0."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, outputs = load_i8(args + 48), load_i8(args + 56)
        coef, step = load_i8(args + 64), load_i8(args + 72)
        begins, intercept = load_i8(args + 80), load_i8(args + 88)
        for output in range(outputs):
            if begins:
                for row in range(n):
                    store(target + size * row, kind(0))
            for column in range(width):
                weight = load(coef + size * column)
                x = source + size * column * n
                for row in range(n):
                    at = target + size * row
                    store(at, load(at) + load(x + size * row) * weight)
            if intercept:
                last = load(intercept + size * output)
                for row in range(n):
                    store(target + size * row, load(target + size * row) + last)
            coef += size * step
            target += size * n
        return 0

    return affine_part


kernel("affine_part_float32")(_affine_part(load_f4, store_f4, types.float32, 4))
kernel("affine_part_float64")(_affine_part(load_f8, store_f8, types.float64, 8))
