"""Kernels that find non-negative factors of a row: see the operators for the formulas."""

from __future__ import annotations

import math

from numba import types

from .native import inline, item_f8, libm, load_f8, load_i4, load_i8, set_f8, value
from .registry import kernel

SMALL = 2.0**-23
"""What stands for numbers too small to divide by."""
NOTHING = 2.0**-52


@kernel("non_negative")
def non_negative(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, count, addresses of gram and order, turns, tol, rounds, scratch."""
    target, source = value(args, work, n), value(args + 24, work, n)
    count, gram, order = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    turns, tol, rounds = load_i8(args + 72), load_f8(args + 80), load_i8(args + 88)
    w = work + load_i8(args + 96)
    for row in range(n):
        for c in range(count):
            set_f8(w, c, 0.0)
        first = 0.0
        for turn in range(rounds):
            at = order + 4 * count * min(turn, turns - 1)
            moved = 0.0
            for place in range(count):
                t = load_i4(at + 4 * place)
                slope = -item_f8(source, t * n + row)
                for r in range(count):
                    slope += item_f8(gram, t * count + r) * item_f8(w, r)
                before = item_f8(w, t)
                if before != 0.0 or slope <= 0.0:
                    moved += abs(slope)
                curve = item_f8(gram, t * count + t)
                if curve != 0.0:
                    after = before - slope / curve
                    set_f8(w, t, after if after >= 0.0 else 0.0)
            if turn == 0:
                first = moved
            if first == 0.0 or moved / first <= tol:
                break
        for c in range(count):
            set_f8(target, c * n + row, item_f8(w, c))
    return 0


power, log = libm("pow", types.float64), libm("log", types.float64)


@inline
def product(w: int, components: int, count: int, width: int, j: int) -> float:
    total = 0.0
    for c in range(count):
        total += item_f8(w, c) * item_f8(components, c * width + j)
    return total


@inline
def divergence(
    x: int, w: int, components: int, sums: int, count: int, width: int, beta: float
) -> float:
    """√(2 · β-divergence of x and w·H) (sklearn's _beta_divergence)."""
    total, whole, given = 0.0, 0.0, 0.0
    for j in range(width):
        v, wanted = product(w, components, count, width, j), item_f8(x, j)
        if beta == 2.0:
            total += (wanted - v) * (wanted - v)
            continue
        if beta != 1.0 and beta != 0.0:
            whole += power(v, beta)
        if wanted > SMALL:
            v = v if v >= SMALL else SMALL
            if beta == 1.0:
                total += wanted * log(wanted / v)
                given += wanted
            elif beta == 0.0:
                total += wanted / v - log(wanted / v)
            else:
                total += power(wanted, beta) - beta * wanted * power(v, beta - 1.0)
    if beta == 2.0:
        return math.sqrt(total)
    if beta == 1.0:
        for c in range(count):
            whole += item_f8(w, c) * item_f8(sums, c)
        total += whole - given
    elif beta == 0.0:
        total -= width
    else:
        total = (total + whole * (beta - 1.0)) / (beta * (beta - 1.0))
    return math.sqrt(2.0 * total) if total > 0.0 else 0.0


@inline
def update(
    x: int, w: int, after: int, goal: int, raised: int, powered: int, components: int,
    gram: int, sums: int, count: int, width: int, beta: float, l1: float, l2: float,
    gamma: float,
) -> int:  # fmt: skip
    """One round: the new w in `after`."""
    if beta != 2.0:
        for j in range(width):
            v, wanted = product(w, components, count, width, j), item_f8(x, j)
            safe = SMALL if beta < 2.0 and v < SMALL else v
            low = SMALL if beta < 1.0 and v < SMALL else v
            if beta == 1.0:
                set_f8(raised, j, wanted / safe)
            elif beta == 0.0:
                set_f8(raised, j, 1.0 / safe * (1.0 / safe) * wanted)
                set_f8(powered, j, 1.0 / low)
            else:
                set_f8(raised, j, power(safe, beta - 2.0) * wanted)
                set_f8(powered, j, power(low, beta - 1.0))
    for c in range(count):
        above, below = 0.0, 0.0
        if beta == 2.0:
            above = item_f8(goal, c)
            for r in range(count):
                below += item_f8(w, r) * item_f8(gram, r * count + c)
        else:
            for j in range(width):
                above += item_f8(raised, j) * item_f8(components, c * width + j)
            if beta == 1.0:
                below = item_f8(sums, c)
            else:
                for j in range(width):
                    part = item_f8(components, c * width + j)
                    below += item_f8(powered, j) * part
        before = item_f8(w, c)
        below = below + l1
        below = below + l2 * before
        ratio = above / (below if below != 0.0 else SMALL)
        set_f8(after, c, before * (ratio if gamma == 1.0 else power(ratio, gamma)))
    return 0


@inline
def still(w: int, after: int, count: int, tol: float) -> bool:
    """|after − w| ≤ tol · |after|."""
    moved, length = 0.0, 0.0
    for c in range(count):
        change = item_f8(after, c) - item_f8(w, c)
        moved += change * change
        length += item_f8(after, c) * item_f8(after, c)
    return math.sqrt(moved) / math.sqrt(length) <= tol


@kernel("multiplicative")
def multiplicative(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, width, count, addresses of components, gram and sums, beta, l1,
    l2, tol, whether the divergence ends it, rounds, scratch."""
    target, source = value(args, work, n), value(args + 24, work, n)
    width, count = load_i8(args + 48), load_i8(args + 56)
    components, gram, sums = load_i8(args + 64), load_i8(args + 72), load_i8(args + 80)
    beta, l1 = load_f8(args + 88), load_f8(args + 96)
    l2, tol = load_f8(args + 104), load_f8(args + 112)
    diverging, rounds = load_i8(args + 120), load_i8(args + 128)
    x = work + load_i8(args + 136)
    raised = x + 8 * width
    powered = raised + 8 * width
    w = powered + 8 * width
    after, goal = w + 8 * count, w + 16 * count
    gamma = 1.0
    if beta < 1.0:
        gamma = 1.0 / (2.0 - beta)
    elif beta > 2.0:
        gamma = 1.0 / (beta - 1.0)
    for row in range(n):
        total = 0.0
        for j in range(width):
            number = item_f8(source, j * n + row)
            set_f8(x, j, number)
            total += number
        begin = math.sqrt(total / width / count)
        for c in range(count):
            set_f8(w, c, begin)
            total = 0.0
            for j in range(width):
                total += item_f8(x, j) * item_f8(components, c * width + j)
            set_f8(goal, c, total)
        first = 0.0
        if diverging == 1:
            first = divergence(x, w, components, sums, count, width, beta)
        previous, penalty = first, 0.0
        for turn in range(rounds):
            penalty = penalty + l1 if diverging == 1 and beta == 1.0 else l1
            update(
                x, w, after, goal, raised, powered, components, gram, sums, count, width,
                beta, penalty, l2, gamma,
            )  # fmt: skip
            done = diverging == 0 and tol > 0.0 and still(w, after, count, tol)
            for c in range(count):
                number = item_f8(after, c)
                if diverging == 1 and beta < 1.0 and number < NOTHING:
                    number = 0.0
                set_f8(w, c, number)
            if diverging == 1 and tol > 0.0 and turn % 10 == 9:
                error = divergence(x, w, components, sums, count, width, beta)
                done = (previous - error) / first < tol
                previous = error
            if done:
                break
        for c in range(count):
            set_f8(target, c * n + row, item_f8(w, c))
    return 0
