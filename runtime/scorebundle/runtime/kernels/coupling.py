"""The kernel that couples probabilities of pairs of classes (see the operator)."""

from __future__ import annotations

from .native import inline, item_f8, load_i8, set_f8, value
from .registry import kernel


@inline
def pair(source: int, i: int, j: int, k: int, row: int, n: int) -> float:
    """r[i, j] of a row."""
    if i < j:
        before = (i * (2 * k - i - 1) >> 1) + j - i - 1
        return item_f8(source, before * n + row)  # type: ignore[no-any-return]
    before = (j * (2 * k - j - 1) >> 1) + i - j - 1
    return 1.0 - item_f8(source, before * n + row)  # type: ignore[no-any-return]


@inline
def fill(q: int, source: int, k: int, row: int, n: int) -> None:
    """Q[t, t] = Σ r[j, t]², Q[t, j] = −r[j, t] r[t, j]."""
    for t in range(k):
        total = 0.0
        for j in range(k):
            if j != t:
                back = pair(source, j, t, k, row, n)
                total += back * back
                set_f8(q, t * k + j, -back * pair(source, t, j, k, row, n))
        set_f8(q, t * k + t, total)


@inline
def gradient(q: int, qp: int, p: int, k: int) -> float:
    """Q p into qp; returns pᵀ Q p."""
    total = 0.0
    for t in range(k):
        product = 0.0
        for j in range(k):
            product += item_f8(q, t * k + j) * item_f8(p, j)
        set_f8(qp, t, product)
        total += item_f8(p, t) * product
    return total


@inline
def largest_gap(qp: int, total: float, k: int) -> float:
    """max |Q p − pᵀ Q p|."""
    result = 0.0
    for t in range(k):
        gap = abs(item_f8(qp, t) - total)
        result = gap if gap > result else result
    return result


@inline
def improve(q: int, qp: int, p: int, total: float, k: int) -> None:
    """One round over all coordinates; p keeps the sum 1."""
    for t in range(k):
        diagonal = item_f8(q, t * k + t)
        step = (-item_f8(qp, t) + total) / diagonal
        set_f8(p, t, item_f8(p, t) + step)
        moved = total + step * (step * diagonal + 2.0 * item_f8(qp, t))
        total = moved / (1.0 + step) / (1.0 + step)
        for j in range(k):
            product = item_f8(qp, j) + step * item_f8(q, t * k + j)
            set_f8(qp, j, product / (1.0 + step))
            set_f8(p, j, item_f8(p, j) / (1.0 + step))


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
            set_f8(p, t, 1.0 / k)
        for _ in range(rounds):
            total = gradient(q, qp, p, k)
            if largest_gap(qp, total, k) < 0.005 / k:
                break
            improve(q, qp, p, total, k)
        for t in range(k):
            set_f8(target, t * n + row, item_f8(p, t))
    return 0
