"""Kernels of sparse coding by active sets: orthogonal matching pursuit, least angle regression.

Both keep the Cholesky factor L of the Gram matrix of the atoms chosen so far. Where the library
swaps rows and columns of the Gram matrix, `order` says which atom stands at which place.
"""

from __future__ import annotations

import math

from numba import types

from .native import inline, libm, load_f8, load_i8, store_f8, store_i8, value
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
    at = gram + 8 * atoms * load_i8(order + 8 * place)
    row = factor + 8 * wide * count
    for i in range(count):
        number = load_f8(at + 8 * load_i8(order + 8 * i))
        for k in range(i):
            number -= load_f8(factor + 8 * (wide * i + k)) * load_f8(row + 8 * k)
        number = number / load_f8(factor + 8 * (wide * i + i))
        store_f8(row + 8 * i, number)
        total += number * number
    return total


@inline
def solve(factor: int, right: int, result: int, count: int, wide: int, more: float) -> int:
    """L·Lᵀ·result = right, with `more` added to the diagonal of L."""
    for i in range(count):
        number = load_f8(right + 8 * i)
        for k in range(i):
            number -= load_f8(factor + 8 * (wide * i + k)) * load_f8(result + 8 * k)
        store_f8(result + 8 * i, number / (load_f8(factor + 8 * (wide * i + i)) + more))
    for back in range(count):
        i = count - 1 - back
        number = load_f8(result + 8 * i)
        for k in range(i + 1, count):
            number -= load_f8(factor + 8 * (wide * k + i)) * load_f8(result + 8 * k)
        store_f8(result + 8 * i, number / (load_f8(factor + 8 * (wide * i + i)) + more))
    return 0


@inline
def remove_row(factor: int, gone: int, count: int, wide: int) -> int:
    """The factor without one row, by Givens rotations (sklearn's cholesky_delete)."""
    for i in range(gone, count - 1):
        for k in range(i + 2):
            below = load_f8(factor + 8 * (wide * (i + 1) + k))
            store_f8(factor + 8 * (wide * i + k), below)
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
    first = load_i8(order + 8 * a)
    store_i8(order + 8 * a, load_i8(order + 8 * b))
    store_i8(order + 8 * b, first)
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
            store_i8(order + 8 * i, i)
            store_f8(product + 8 * i, load_f8(source + 8 * (i * n + row)))
            store_f8(rest + 8 * i, load_f8(source + 8 * (i * n + row)))
            store_f8(target + 8 * (i * n + row), 0.0)
        count = 0
        for _ in range(rounds):
            best = 0
            for i in range(1, atoms):
                if abs(load_f8(rest + 8 * i)) > abs(load_f8(rest + 8 * best)):
                    best = i
            left = load_f8(rest + 8 * best)
            if best < count or left * left < least:
                break
            atom = load_i8(order + 8 * best)
            pivot = load_f8(gram + 8 * (atoms * atom + atom))
            if count > 0:
                pivot -= add_row(factor, gram, order, count, rounds, best)
                if pivot <= least:
                    break
            store_f8(factor + 8 * (rounds * count + count), math.sqrt(pivot))
            exchange(order, count, best)
            kept = load_f8(product + 8 * count)
            store_f8(product + 8 * count, load_f8(product + 8 * best))
            store_f8(product + 8 * best, kept)
            count += 1
            solve(factor, product, w, count, rounds, 0.0)
            for i in range(atoms):
                at = gram + 8 * atoms * load_i8(order + 8 * i)
                total = 0.0
                for k in range(count):
                    total += load_f8(at + 8 * load_i8(order + 8 * k)) * load_f8(w + 8 * k)
                store_f8(rest + 8 * i, load_f8(product + 8 * i) - total)
        for i in range(count):
            column = load_i8(order + 8 * i)
            store_f8(target + 8 * (column * n + row), load_f8(w + 8 * i))
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
        length += load_f8(step + 8 * i) * load_f8(sign + 8 * i)
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
            length += load_f8(step + 8 * i) * load_f8(sign + 8 * i)
        scaled = 1.0 / math.sqrt(length if length > EPSILON else EPSILON)
    for i in range(count):
        store_f8(step + 8 * i, load_f8(step + 8 * i) * scaled)
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
            store_i8(order + 8 * i, i)
            store_f8(cov + 8 * i, load_f8(source + 8 * (i * n + row)))
            store_f8(w + 8 * i, 0.0)
            store_f8(before + 8 * i, 0.0)
        steps, count, first = 0, 0, 0  # first: place of the first covariance
        drop, alpha, previous = False, 0.0, 0.0
        for _ in range(2 * rounds + 4 * atoms + 2):
            best, top = first, 0.0
            for i in range(first, atoms):
                c = load_f8(cov + 8 * i)
                c = c if positive else abs(c)
                if i == first or c > top:
                    best, top = i, c
            alpha = top / samples
            if alpha <= limit:
                if abs(alpha - lowest) > EQUAL:
                    if steps > 0:
                        share = (previous - lowest) / (previous - alpha)
                        for i in range(atoms):
                            old = load_f8(before + 8 * i)
                            new = old + share * (load_f8(w + 8 * i) - old)
                            store_f8(w + 8 * i, new)
                break
            if steps >= rounds or count >= atoms:
                break
            if not drop:
                c = load_f8(cov + 8 * best)
                store_f8(sign + 8 * count, 1.0 if positive or c > 0.0 else -1.0)
                there = best - first + count
                store_f8(cov + 8 * best, load_f8(cov + 8 * first))
                store_f8(cov + 8 * first, c)
                exchange(order, count, there)
                atom = load_i8(order + 8 * count)
                pivot = load_f8(gram + 8 * (atoms * atom + atom))
                pivot -= add_row(factor, gram, order, count, wide, count)
                pivot = math.sqrt(abs(pivot))
                pivot = pivot if pivot > EPSILON else EPSILON
                if pivot < PIVOT:
                    store_f8(cov + 8 * first, load_f8(cov + 8 * best))
                    store_f8(cov + 8 * best, 0.0)
                    continue
                store_f8(factor + 8 * (wide * count + count), pivot)
                first += 1
                store_i8(active + 8 * count, atom)
                count += 1
            if lasso and steps > 0 and previous < alpha:
                break
            scaled = normalised(factor, sign, step, count, wide)
            gamma = HUGE
            for i in range(first, atoms):
                at = gram + 8 * atoms * load_i8(order + 8 * (i - first + count))
                total = 0.0
                for k in range(count):
                    total += load_f8(at + 8 * load_i8(order + 8 * k)) * load_f8(step + 8 * k)
                total = rint(total * scale) / scale
                store_f8(turn + 8 * i, total)
                c = load_f8(cov + 8 * i)
                g = (top - c) / (scaled - total + TINY)
                gamma = g if 0.0 < g < gamma else gamma
                if not positive:
                    g = (top + c) / (scaled + total + TINY)
                    gamma = g if 0.0 < g < gamma else gamma
            g = top / scaled
            gamma = g if g < gamma else gamma
            drop, crossing, crossed = False, HUGE, 0
            for i in range(count):
                held = load_f8(w + 8 * load_i8(active + 8 * i))
                g = -held / (load_f8(step + 8 * i) + TINY)
                if 0.0 < g <= crossing:
                    crossing, crossed = g, i
            if crossing < gamma:
                store_f8(sign + 8 * crossed, -load_f8(sign + 8 * crossed))
                gamma = crossing if lasso else gamma
                drop = True
            steps += 1
            previous = alpha
            for i in range(atoms):
                store_f8(before + 8 * i, load_f8(w + 8 * i))
                store_f8(w + 8 * i, 0.0)
            for i in range(count):
                at = 8 * load_i8(active + 8 * i)
                store_f8(w + at, load_f8(before + at) + gamma * load_f8(step + 8 * i))
            for i in range(first, atoms):
                c = load_f8(cov + 8 * i) - gamma * load_f8(turn + 8 * i)
                store_f8(cov + 8 * i, c)
            if drop and lasso:
                remove_row(factor, crossed, count, wide)
                count -= 1
                gone = load_i8(active + 8 * crossed)
                for i in range(crossed, count):
                    exchange(order, i, i + 1)
                    store_i8(active + 8 * i, load_i8(active + 8 * (i + 1)))
                    store_f8(sign + 8 * i, load_f8(sign + 8 * (i + 1)))
                total = 0.0
                for i in range(atoms):
                    total += load_f8(gram + 8 * (atoms * gone + i)) * load_f8(w + 8 * i)
                first -= 1
                c = load_f8(source + 8 * (gone * n + row)) - total
                store_f8(cov + 8 * first, c)
        for i in range(atoms):
            store_f8(target + 8 * (i * n + row), load_f8(w + 8 * i))
    return 0
