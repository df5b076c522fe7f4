"""The kernel that couples probabilities of pairs of classes (see the operator)."""

from __future__ import annotations

from .native import inline, load_f8, load_i8, store_f8, value
from .registry import kernel


@inline
def pair(source: int, i: int, j: int, k: int, row: int, n: int) -> float:
    """r[i, j] of a row."""
    if i < j:
        before = (i * (2 * k - i - 1) >> 1) + j - i - 1
        return load_f8(source + 8 * (before * n + row))  # type: ignore[no-any-return]
    before = (j * (2 * k - j - 1) >> 1) + i - j - 1
    return 1.0 - load_f8(source + 8 * (before * n + row))  # type: ignore[no-any-return]


@inline
def fill(q: int, source: int, k: int, row: int, n: int) -> None:
    """Q[t, t] = Σ r[j, t]², Q[t, j] = −r[j, t] r[t, j]."""
    for t in range(k):
        total = 0.0
        for j in range(k):
            if j != t:
                back = pair(source, j, t, k, row, n)
                total += back * back
                store_f8(q + 8 * (t * k + j), -back * pair(source, t, j, k, row, n))
        store_f8(q + 8 * (t * k + t), total)


@inline
def gradient(q: int, qp: int, p: int, k: int) -> float:
    """Q p into qp; returns pᵀ Q p."""
    total = 0.0
    for t in range(k):
        product = 0.0
        for j in range(k):
            product += load_f8(q + 8 * (t * k + j)) * load_f8(p + 8 * j)
        store_f8(qp + 8 * t, product)
        total += load_f8(p + 8 * t) * product
    return total


@inline
def largest_gap(qp: int, total: float, k: int) -> float:
    """max |Q p − pᵀ Q p|."""
    result = 0.0
    for t in range(k):
        gap = abs(load_f8(qp + 8 * t) - total)
        result = gap if gap > result else result
    return result


@inline
def improve(q: int, qp: int, p: int, total: float, k: int) -> None:
    """One round over all coordinates; p keeps the sum 1."""
    for t in range(k):
        diagonal = load_f8(q + 8 * (t * k + t))
        step = (-load_f8(qp + 8 * t) + total) / diagonal
        store_f8(p + 8 * t, load_f8(p + 8 * t) + step)
        moved = total + step * (step * diagonal + 2.0 * load_f8(qp + 8 * t))
        total = moved / (1.0 + step) / (1.0 + step)
        for j in range(k):
            product = load_f8(qp + 8 * j) + step * load_f8(q + 8 * (t * k + j))
            store_f8(qp + 8 * j, product / (1.0 + step))
            store_f8(p + 8 * j, load_f8(p + 8 * j) / (1.0 + step))


@kernel("coupling")
def coupling(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, offset of scratch, classes."""
    target, source = value(args, work, n), value(args + 24, work, n)
    q, k = work + load_i8(args + 48), load_i8(args + 56)
    qp, p = q + 8 * k * k, q + 8 * (k * k + k)
    rounds = k if k > 100 else 100
    for row in range(n):
        fill(q, source, k, row, n)
        for t in range(k):
            store_f8(p + 8 * t, 1.0 / k)
        for _ in range(rounds):
            total = gradient(q, qp, p, k)
            if largest_gap(qp, total, k) < 0.005 / k:
                break
            improve(q, qp, p, total, k)
        for t in range(k):
            store_f8(target + 8 * (t * n + row), load_f8(p + 8 * t))
    return 0
