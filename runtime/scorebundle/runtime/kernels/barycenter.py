"""Kernel of the weights by which points make up a row."""

from __future__ import annotations

import math

from .distance import gather_row
from .native import inline, item_f8, item_i8, load_f8, load_i8, set_f8, set_i8, store_f8, value
from .registry import kernel


@inline
def gram(x: int, width: int, points: int, rows: int, k: int, matrix: int) -> float:
    """(p − x) · (p' − x) of all pairs of points whose addresses lie at `rows`; the trace."""
    trace = 0.0
    for i in range(k):
        a = item_i8(rows, i)
        for j in range(i + 1):
            b = item_i8(rows, j)
            total = 0.0
            for column in range(width):
                number = item_f8(x, column)
                left, right = item_f8(a, column), item_f8(b, column)
                total += (left - number) * (right - number)
            set_f8(matrix, i * k + j, total)
        trace += total
    return trace


@inline
def cholesky(matrix: int, k: int) -> None:
    """The lower factor, in place."""
    for i in range(k):
        for j in range(i + 1):
            total = item_f8(matrix, i * k + j)
            for m in range(j):
                total -= item_f8(matrix, i * k + m) * item_f8(matrix, j * k + m)
            if i == j:
                set_f8(matrix, i * k + i, math.sqrt(total))
            else:
                set_f8(matrix, i * k + j, total / item_f8(matrix, j * k + j))


@inline
def solve_ones(matrix: int, k: int, w: int) -> None:
    """L Lᵀ w = 1."""
    for i in range(k):
        total = 1.0
        for j in range(i):
            total -= item_f8(matrix, i * k + j) * item_f8(w, j)
        set_f8(w, i, total / item_f8(matrix, i * k + i))
    i = k - 1
    while i >= 0:
        total = item_f8(w, i)
        for j in range(i + 1, k):
            total -= item_f8(matrix, j * k + i) * item_f8(w, j)
        set_f8(w, i, total / item_f8(matrix, i * k + i))
        i -= 1


@kernel("barycenter")
def barycenter(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, codes, source, offset of scratch, width, points, k, regularisation, address
    of the points."""
    target, codes = value(args, work, n), value(args + 24, work, n)
    source, scratch = value(args + 48, work, n), work + load_i8(args + 72)
    width, count, k = load_i8(args + 80), load_i8(args + 88), load_i8(args + 96)
    reg, points = load_f8(args + 104), load_i8(args + 112)
    x, rows, w = scratch, scratch + 8 * width, scratch + 8 * (width + k)
    matrix = scratch + 8 * (width + 2 * k)
    for row in range(n):
        gather_row(x, source, row, width, n)
        for j in range(k):
            code = item_i8(codes, j * n + row)
            code = 0 if code < 0 else count - 1 if code >= count else code
            set_i8(rows, j, points + 8 * code * width)
        trace = gram(x, width, points, rows, k, matrix)
        r = reg * trace if trace > 0 else reg
        for j in range(k):
            at = matrix + 8 * (j * k + j)
            store_f8(at, load_f8(at) + r)
        cholesky(matrix, k)
        solve_ones(matrix, k, w)
        total = 0.0
        for j in range(k):
            total += item_f8(w, j)
        for j in range(k):
            set_f8(target, j * n + row, item_f8(w, j) / total)
    return 0
