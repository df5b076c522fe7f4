"""Kernels of functions that are given by knots."""

from __future__ import annotations

from .native import inline, item_f8, load_f8, load_i8, set_f8, set_i8, store_f8, value
from .registry import kernel


@inline
def below(knots: int, size: int, x: float, right: bool) -> int:
    """How many of the ascending knots lie below x; with `right`, those equal to it as well."""
    low, high = 0, size
    while low < high:
        middle = (low + high) >> 1
        knot = item_f8(knots, middle)
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
        x = item_f8(source, row)
        set_i8(target, row, below(edges, size, x, right) if x == x else size)
    return 0


@kernel("interpolate")
def interpolate(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, address of x, address of y, number of points."""
    target, source = value(args, work, n), value(args + 24, work, n)
    xs, ys, size = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    for row in range(n):
        x = item_f8(source, row)
        if x != x:
            set_f8(target, row, x)
            continue
        after = below(xs, size, x, True)
        left = after - 1 if after else 0
        result = item_f8(ys, left)
        x0 = item_f8(xs, left)
        if 0 < after < size and x0 != x:
            slope = (item_f8(ys, after) - result) / (item_f8(xs, after) - x0)
            result = slope * (x - x0) + result
        set_f8(target, row, result)
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
            set_f8(before, i, item_f8(result, i))
        store_f8(result, 0.0)
        for i in range(1, order + 1):
            high = item_f8(knots, at + i)
            low = item_f8(knots, at + i - order)
            if high == low:
                set_f8(result, i, 0.0)
                continue
            share = item_f8(before, i - 1) / (high - low)
            left = result + 8 * (i - 1)
            store_f8(left, load_f8(left) + share * (high - x))
            set_f8(result, i, share * (x - low))
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
        x = item_f8(source, row)
        if x != x:
            for output in range(outputs):
                set_f8(target, output * n + row, x)
            continue
        at = below(knots, splines, x, True) - 1
        at = degree if at < degree else at
        basis(x, knots, at, degree, scratch)
        first = coef + 8 * outputs * (at - degree)
        for output in range(outputs):
            total = 0.0
            for i in range(degree + 1):
                total += item_f8(first, outputs * i + output) * item_f8(scratch, i)
            set_f8(target, output * n + row, total)
    return 0
