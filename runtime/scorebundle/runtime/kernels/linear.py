"""Kernels of linear maps."""

from __future__ import annotations

from typing import Any

from numba import types

from .native import Kernel, load_f4, load_f8, load_i8, store_f4, store_f8, value
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
