"""Kernels of linear maps."""

from __future__ import annotations

from typing import Any

from .native import Kernel, inline, load_f4, load_f8, load_i8, store_f4, store_f8, value
from .registry import kernel


def _affine(load: Any, store: Any, size: int) -> Kernel:
    def affine(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, outputs, address of coef, address of intercept."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, outputs = load_i8(args + 48), load_i8(args + 56)
        coef, intercept = load_i8(args + 64), load_i8(args + 72)
        for output in range(outputs):
            weight = load(coef)
            for row in range(n):
                store(target + size * row, load(source + size * row) * weight)
            for column in range(1, width):
                weight = load(coef + size * column)
                x = source + size * column * n
                for row in range(n):
                    at = target + size * row
                    store(at, load(at) + load(x + size * row) * weight)
            last = load(intercept + size * output)
            for row in range(n):
                store(target + size * row, load(target + size * row) + last)
            coef += size * width
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
