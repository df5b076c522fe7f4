"""Kernels of functions that are given by knots."""

from __future__ import annotations

from .native import inline, load_f8, load_i8, store_f8, store_i8, value
from .registry import kernel


@inline
def below(knots: int, size: int, x: float, right: bool) -> int:
    """How many of the ascending knots lie below x; with `right`, those equal to it as well."""
    low, high = 0, size
    while low < high:
        middle = (low + high) >> 1
        knot = load_f8(knots + 8 * middle)
        if knot < x or (right and knot == x):
            low = middle + 1
        else:
            high = middle
    return low


@kernel("bin")
def bin_(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, address of edges, size, right."""
    target, source = value(args, work, n), value(args + 24, work, n)
    edges, size, right = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64) != 0
    for row in range(n):
        x = load_f8(source + 8 * row)
        store_i8(target + 8 * row, below(edges, size, x, right) if x == x else size)
    return 0


@kernel("interpolate")
def interpolate(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, address of x, address of y, number of points."""
    target, source = value(args, work, n), value(args + 24, work, n)
    xs, ys, size = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    for row in range(n):
        x = load_f8(source + 8 * row)
        if x != x:
            store_f8(target + 8 * row, x)
            continue
        after = below(xs, size, x, True)
        left = after - 1 if after else 0
        result = load_f8(ys + 8 * left)
        x0 = load_f8(xs + 8 * left)
        if 0 < after < size and x0 != x:
            slope = (load_f8(ys + 8 * after) - result) / (load_f8(xs + 8 * after) - x0)
            result = slope * (x - x0) + result
        store_f8(target + 8 * row, result)
    return 0


@inline
def basis(x: float, knots: int, at: int, degree: int, result: int) -> int:
    """The degree + 1 B-splines that are not 0 in the interval `at`, by de Boor's recursion.

    `result` has room for twice as many numbers.
    """
    before = result + 8 * (degree + 1)
    store_f8(result, 1.0)
    for order in range(1, degree + 1):
        for i in range(order):
            store_f8(before + 8 * i, load_f8(result + 8 * i))
        store_f8(result, 0.0)
        for i in range(1, order + 1):
            high = load_f8(knots + 8 * (at + i))
            low = load_f8(knots + 8 * (at + i - order))
            if high == low:
                store_f8(result + 8 * i, 0.0)
                continue
            share = load_f8(before + 8 * (i - 1)) / (high - low)
            left = result + 8 * (i - 1)
            store_f8(left, load_f8(left) + share * (high - x))
            store_f8(result + 8 * i, share * (x - low))
    return 0


@kernel("spline")
def spline(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, address of knots, degree, address of coef, splines, outputs, offset
    of scratch memory."""
    target, source = value(args, work, n), value(args + 24, work, n)
    knots, degree = load_i8(args + 48), load_i8(args + 56)
    coef, splines, outputs = load_i8(args + 64), load_i8(args + 72), load_i8(args + 80)
    scratch = work + load_i8(args + 88)
    for row in range(n):
        x = load_f8(source + 8 * row)
        if x != x:
            for output in range(outputs):
                store_f8(target + 8 * (output * n + row), x)
            continue
        at = below(knots, splines, x, True) - 1
        at = degree if at < degree else at
        basis(x, knots, at, degree, scratch)
        first = coef + 8 * outputs * (at - degree)
        for output in range(outputs):
            total = 0.0
            for i in range(degree + 1):
                total += load_f8(first + 8 * (outputs * i + output)) * load_f8(scratch + 8 * i)
            store_f8(target + 8 * (output * n + row), total)
    return 0
