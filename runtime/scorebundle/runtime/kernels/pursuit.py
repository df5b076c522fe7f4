"""Kernels of sparse coding by active sets: orthogonal matching pursuit, least angle regression.

Both keep the Cholesky factor L of the Gram matrix of the atoms chosen so far. Where the library
swaps rows and columns of the Gram matrix, `order` says which atom stands at which place.
"""

from __future__ import annotations

import math

from numba import types

from .native import (
    inline,
    item_f8,
    item_i8,
    libm,
    load_f8,
    load_i8,
    set_f8,
    set_i8,
    store_f8,
    store_i8,
    value,
)
from .registry import kernel

HUGE = 1.7976931348623157e308
TINY = 2.0**-126
EPSILON = 2.0**-52
EQUAL = 2.0**-23
"""Covariances that differ by less count as equal."""
PIVOT = 1e-7
"""Least angle regression drops an atom whose pivot is smaller."""


@inline
def add_row(factor: int, gram: int, order: int, count: int, wide: int, place: int) -> float:
    """Solve L·l = G[place, :count] into row `count`; returns |l|²."""
    atoms, total = load_i8(order - 8), 0.0
    at = gram + 8 * atoms * item_i8(order, place)
    row = factor + 8 * wide * count
    for i in range(count):
        number = item_f8(at, item_i8(order, i))
        for k in range(i):
            number -= item_f8(factor, wide * i + k) * item_f8(row, k)
        number = number / item_f8(factor, wide * i + i)
        set_f8(row, i, number)
        total += number * number
    return total


@inline
def solve(factor: int, right: int, result: int, count: int, wide: int, more: float) -> int:
    """L·Lᵀ·result = right, with `more` added to the diagonal of L."""
    for i in range(count):
        number = item_f8(right, i)
        for k in range(i):
            number -= item_f8(factor, wide * i + k) * item_f8(result, k)
        set_f8(result, i, number / (item_f8(factor, wide * i + i) + more))
    for back in range(count):
        i = count - 1 - back
        number = item_f8(result, i)
        for k in range(i + 1, count):
            number -= item_f8(factor, wide * k + i) * item_f8(result, k)
        set_f8(result, i, number / (item_f8(factor, wide * i + i) + more))
    return 0


@inline
def remove_row(factor: int, gone: int, count: int, wide: int) -> int:
    """The factor without one row, by Givens rotations (sklearn's cholesky_delete)."""
    for i in range(gone, count - 1):
        for k in range(i + 2):
            below = item_f8(factor, wide * (i + 1) + k)
            set_f8(factor, wide * i + k, below)
    for i in range(gone, count - 1):
        at = factor + 8 * (wide * i + i)
        a, b = load_f8(at), load_f8(at + 8)
        length = math.sqrt(a * a + b * b)
        c, s = (a / length, b / length) if length > 0.0 else (1.0, 0.0)
        store_f8(at, length)
        store_f8(at + 8, 0.0)
        for k in range(i + 1, count - 1):
            at = factor + 8 * (wide * k + i)
            a, b = load_f8(at), load_f8(at + 8)
            store_f8(at, c * a + s * b)
            store_f8(at + 8, c * b - s * a)
    return 0


@inline
def exchange(order: int, a: int, b: int) -> int:
    """Swap two places."""
    first = item_i8(order, a)
    set_i8(order, a, item_i8(order, b))
    set_i8(order, b, first)
    return 0


@kernel("pursuit")
def pursuit(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, atoms, address of gram, rounds, least, scratch."""
    target, source = value(args, work, n), value(args + 24, work, n)
    atoms, gram, rounds = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    least, order = load_f8(args + 72), work + load_i8(args + 80) + 8
    store_i8(order - 8, atoms)
    product = order + 8 * atoms
    rest, w = product + 8 * atoms, product + 16 * atoms
    factor = w + 8 * atoms
    for row in range(n):
        for i in range(atoms):
            set_i8(order, i, i)
            set_f8(product, i, item_f8(source, i * n + row))
            set_f8(rest, i, item_f8(source, i * n + row))
            set_f8(target, i * n + row, 0.0)
        count = 0
        for _ in range(rounds):
            best = 0
            for i in range(1, atoms):
                if abs(item_f8(rest, i)) > abs(item_f8(rest, best)):
                    best = i
            left = item_f8(rest, best)
            if best < count or left * left < least:
                break
            atom = item_i8(order, best)
            pivot = item_f8(gram, atoms * atom + atom)
            if count > 0:
                pivot -= add_row(factor, gram, order, count, rounds, best)
                if pivot <= least:
                    break
            set_f8(factor, rounds * count + count, math.sqrt(pivot))
            exchange(order, count, best)
            kept = item_f8(product, count)
            set_f8(product, count, item_f8(product, best))
            set_f8(product, best, kept)
            count += 1
            solve(factor, product, w, count, rounds, 0.0)
            for i in range(atoms):
                at = gram + 8 * atoms * item_i8(order, i)
                total = 0.0
                for k in range(count):
                    total += item_f8(at, item_i8(order, k)) * item_f8(w, k)
                set_f8(rest, i, item_f8(product, i) - total)
        for i in range(count):
            column = item_i8(order, i)
            set_f8(target, column * n + row, item_f8(w, i))
    return 0


rint = libm("rint", types.float64)


@inline
def normalised(factor: int, sign: int, step: int, count: int, wide: int) -> float:
    """The direction of equal angles into `step`; returns 1/√(its product with the signs)."""
    solve(factor, sign, step, count, wide, 0.0)
    if count == 1 and load_f8(step) == 0.0:
        store_f8(step, 1.0)
        return 1.0
    length, more = 0.0, 0.0
    for i in range(count):
        length += item_f8(step, i) * item_f8(sign, i)
    scaled = 1.0 / math.sqrt(length) if length > 0.0 else HUGE * 2.0
    growth = EPSILON
    for _ in range(64):
        if scaled <= HUGE:
            break
        more += growth
        growth += growth
        solve(factor, sign, step, count, wide, more)
        length = 0.0
        for i in range(count):
            length += item_f8(step, i) * item_f8(sign, i)
        scaled = 1.0 / math.sqrt(length if length > EPSILON else EPSILON)
    for i in range(count):
        set_f8(step, i, item_f8(step, i) * scaled)
    return scaled


@kernel("angle")
def angle(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, atoms, address of gram, rounds, width of the factor, alpha,
    limit, samples, decimals, lasso, positive, scratch."""
    target, source = value(args, work, n), value(args + 24, work, n)
    atoms, gram, rounds = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    wide, lowest = load_i8(args + 72), load_f8(args + 80)
    limit, samples, scale = load_f8(args + 88), load_i8(args + 96), load_f8(args + 104)
    lasso, positive = load_i8(args + 112) == 1, load_i8(args + 120) == 1
    order = work + load_i8(args + 128) + 8
    store_i8(order - 8, atoms)
    active = order + 8 * atoms
    cov = active + 8 * atoms
    sign, step = cov + 8 * atoms, cov + 16 * atoms
    w, before = cov + 24 * atoms, cov + 32 * atoms
    turn, factor = cov + 40 * atoms, cov + 48 * atoms
    for row in range(n):
        for i in range(atoms):
            set_i8(order, i, i)
            set_f8(cov, i, item_f8(source, i * n + row))
            set_f8(w, i, 0.0)
            set_f8(before, i, 0.0)
        steps, count, first = 0, 0, 0  # first: place of the first covariance
        drop, alpha, previous = False, 0.0, 0.0
        for _ in range(2 * rounds + 4 * atoms + 2):
            best, top = first, 0.0
            for i in range(first, atoms):
                c = item_f8(cov, i)
                c = c if positive else abs(c)
                if i == first or c > top:
                    best, top = i, c
            alpha = top / samples
            if alpha <= limit:
                if abs(alpha - lowest) > EQUAL:
                    if steps > 0:
                        share = (previous - lowest) / (previous - alpha)
                        for i in range(atoms):
                            old = item_f8(before, i)
                            new = old + share * (item_f8(w, i) - old)
                            set_f8(w, i, new)
                break
            if steps >= rounds or count >= atoms:
                break
            if not drop:
                c = item_f8(cov, best)
                set_f8(sign, count, 1.0 if positive or c > 0.0 else -1.0)
                there = best - first + count
                set_f8(cov, best, item_f8(cov, first))
                set_f8(cov, first, c)
                exchange(order, count, there)
                atom = item_i8(order, count)
                pivot = item_f8(gram, atoms * atom + atom)
                pivot -= add_row(factor, gram, order, count, wide, count)
                pivot = math.sqrt(abs(pivot))
                pivot = pivot if pivot > EPSILON else EPSILON
                if pivot < PIVOT:
                    set_f8(cov, first, item_f8(cov, best))
                    set_f8(cov, best, 0.0)
                    continue
                set_f8(factor, wide * count + count, pivot)
                first += 1
                set_i8(active, count, atom)
                count += 1
            if lasso and steps > 0 and previous < alpha:
                break
            scaled = normalised(factor, sign, step, count, wide)
            gamma = HUGE
            for i in range(first, atoms):
                at = gram + 8 * atoms * item_i8(order, i - first + count)
                total = 0.0
                for k in range(count):
                    total += item_f8(at, item_i8(order, k)) * item_f8(step, k)
                total = rint(total * scale) / scale
                set_f8(turn, i, total)
                c = item_f8(cov, i)
                g = (top - c) / (scaled - total + TINY)
                gamma = g if 0.0 < g < gamma else gamma
                if not positive:
                    g = (top + c) / (scaled + total + TINY)
                    gamma = g if 0.0 < g < gamma else gamma
            g = top / scaled
            gamma = g if g < gamma else gamma
            drop, crossing, crossed = False, HUGE, 0
            for i in range(count):
                held = item_f8(w, item_i8(active, i))
                g = -held / (item_f8(step, i) + TINY)
                if 0.0 < g <= crossing:
                    crossing, crossed = g, i
            if crossing < gamma:
                set_f8(sign, crossed, -item_f8(sign, crossed))
                gamma = crossing if lasso else gamma
                drop = True
            steps += 1
            previous = alpha
            for i in range(atoms):
                set_f8(before, i, item_f8(w, i))
                set_f8(w, i, 0.0)
            for i in range(count):
                at = 8 * item_i8(active, i)
                store_f8(w + at, load_f8(before + at) + gamma * item_f8(step, i))
            for i in range(first, atoms):
                c = item_f8(cov, i) - gamma * item_f8(turn, i)
                set_f8(cov, i, c)
            if drop and lasso:
                remove_row(factor, crossed, count, wide)
                count -= 1
                gone = item_i8(active, crossed)
                for i in range(crossed, count):
                    exchange(order, i, i + 1)
                    set_i8(active, i, item_i8(active, i + 1))
                    set_f8(sign, i, item_f8(sign, i + 1))
                total = 0.0
                for i in range(atoms):
                    total += item_f8(gram, atoms * gone + i) * item_f8(w, i)
                first -= 1
                c = item_f8(source, gone * n + row) - total
                set_f8(cov, first, c)
        for i in range(atoms):
            set_f8(target, i * n + row, item_f8(w, i))
    return 0
