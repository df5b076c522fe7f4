"""Kernels of sparse coding by active sets: orthogonal matching pursuit, least angle regression.

Both keep the Cholesky factor L of the Gram matrix of the atoms chosen so far. Where the library
swaps rows and columns of the Gram matrix, `order` says which atom stands at which place.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from .native import (
    Kernel,
    inline,
    libm,
    load_f4,
    load_f8,
    load_i8,
    store_f4,
    store_f8,
    store_i8,
    value,
)
from .registry import kernel

HUGE_F4, HUGE_F8 = float(np.finfo(np.float32).max), float(np.finfo(np.float64).max)
TINY = float(np.finfo(np.float32).tiny)
EQUAL = 2.0**-23
"""Covariances that differ by less count as equal."""
PIVOT = 1e-7
"""Least angle regression drops an atom whose pivot is smaller."""


def _factor(load: Any, store: Any, kind: Any, size: int) -> Any:
    """Functions on a Cholesky factor of rows that are `wide` numbers apart."""
    zero = kind(0)

    @inline
    def add_row(factor: int, gram: int, order: int, count: int, wide: int, place: int) -> float:
        """Solve L·l = G[place, :count] into row `count`; returns |l|²."""
        atoms, total = load_i8(order - 8), zero
        at = gram + size * atoms * load_i8(order + 8 * place)
        row = factor + size * wide * count
        for i in range(count):
            number = load(at + size * load_i8(order + 8 * i))
            for k in range(i):
                number -= load(factor + size * (wide * i + k)) * load(row + size * k)
            number = number / load(factor + size * (wide * i + i))
            store(row + size * i, number)
            total += number * number
        return total  # type: ignore[no-any-return]

    @inline
    def solve(factor: int, right: int, result: int, count: int, wide: int, more: float) -> int:
        """L·Lᵀ·result = right, with `more` added to the diagonal of L."""
        for i in range(count):
            number = load(right + size * i)
            for k in range(i):
                number -= load(factor + size * (wide * i + k)) * load(result + size * k)
            store(result + size * i, number / (load(factor + size * (wide * i + i)) + more))
        for back in range(count):
            i = count - 1 - back
            number = load(result + size * i)
            for k in range(i + 1, count):
                number -= load(factor + size * (wide * k + i)) * load(result + size * k)
            store(result + size * i, number / (load(factor + size * (wide * i + i)) + more))
        return 0

    @inline
    def remove_row(factor: int, gone: int, count: int, wide: int) -> int:
        """The factor without one row, by Givens rotations (sklearn's cholesky_delete)."""
        for i in range(gone, count - 1):
            for k in range(i + 2):
                below = load(factor + size * (wide * (i + 1) + k))
                store(factor + size * (wide * i + k), below)
        for i in range(gone, count - 1):
            at = factor + size * (wide * i + i)
            a, b = load(at), load(at + size)
            length = kind(math.sqrt(a * a + b * b))
            c, s = (a / length, b / length) if length > zero else (kind(1), zero)
            store(at, length)
            store(at + size, zero)
            for k in range(i + 1, count - 1):
                at = factor + size * (wide * k + i)
                a, b = load(at), load(at + size)
                store(at, c * a + s * b)
                store(at + size, c * b - s * a)
        return 0

    return add_row, solve, remove_row


@inline
def exchange(order: int, a: int, b: int) -> int:
    """Swap two places."""
    first = load_i8(order + 8 * a)
    store_i8(order + 8 * a, load_i8(order + 8 * b))
    store_i8(order + 8 * b, first)
    return 0


def _pursuit(load: Any, store: Any, kind: Any, size: int, epsilon: float) -> Kernel:
    zero, least = kind(0), kind(epsilon)
    add_row, solve, _ = _factor(load, store, kind, size)

    def pursuit(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, atoms, address of gram, rounds, scratch."""
        target, source = value(args, work, n), value(args + 24, work, n)
        atoms, gram, rounds = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
        store_i8(work + load_i8(args + 72), atoms)
        order = work + load_i8(args + 72) + 8
        product = order + 8 * atoms
        rest, w = product + size * atoms, product + 2 * size * atoms
        factor = w + size * atoms
        for row in range(n):
            for i in range(atoms):
                store_i8(order + 8 * i, i)
                store(product + size * i, load(source + size * (i * n + row)))
                store(rest + size * i, load(source + size * (i * n + row)))
                store(target + size * (i * n + row), zero)
            count = 0
            for _ in range(rounds):
                best = 0
                for i in range(1, atoms):
                    if abs(load(rest + size * i)) > abs(load(rest + size * best)):
                        best = i
                left = load(rest + size * best)
                if best < count or left * left < least:
                    break
                atom = load_i8(order + 8 * best)
                pivot = load(gram + size * (atoms * atom + atom))
                if count > 0:
                    pivot -= add_row(factor, gram, order, count, rounds, best)
                    if pivot <= least:
                        break
                store(factor + size * (rounds * count + count), kind(math.sqrt(pivot)))
                exchange(order, count, best)
                kept = load(product + size * count)
                store(product + size * count, load(product + size * best))
                store(product + size * best, kept)
                count += 1
                solve(factor, product, w, count, rounds, zero)
                for i in range(atoms):
                    at = gram + size * atoms * load_i8(order + 8 * i)
                    total = zero
                    for k in range(count):
                        total += load(at + size * load_i8(order + 8 * k)) * load(w + size * k)
                    store(rest + size * i, load(product + size * i) - total)
            for i in range(count):
                column = load_i8(order + 8 * i)
                store(target + size * (column * n + row), load(w + size * i))
        return 0

    return pursuit


def _angle(load: Any, store: Any, kind: Any, size: int, huge: float, scale: float) -> Kernel:
    zero, one, tiny, scale = kind(0), kind(1), kind(TINY), kind(scale)
    epsilon = kind(2.0**-52)
    rint = libm("rint", kind)
    add_row, solve, remove_row = _factor(load, store, kind, size)

    @inline
    def normalised(factor: int, sign: int, step: int, count: int, wide: int) -> float:
        """The direction of equal angles into `step`; returns 1/√(its product with the signs)."""
        solve(factor, sign, step, count, wide, zero)
        if count == 1 and load(step) == zero:
            store(step, one)
            return one  # type: ignore[no-any-return]
        length, more = zero, zero
        for i in range(count):
            length += load(step + size * i) * load(sign + size * i)
        scaled = one / kind(math.sqrt(length)) if length > zero else kind(huge) * kind(2)
        growth = epsilon
        for _ in range(64):
            if scaled <= kind(huge):
                break
            more += growth
            growth += growth
            solve(factor, sign, step, count, wide, more)
            length = zero
            for i in range(count):
                length += load(step + size * i) * load(sign + size * i)
            scaled = one / kind(math.sqrt(length if length > epsilon else epsilon))
        for i in range(count):
            store(step + size * i, load(step + size * i) * scaled)
        return scaled  # type: ignore[no-any-return]

    def angle(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, atoms, address of gram, rounds, width of the factor, alpha,
        limit, samples, lasso, positive, scratch."""
        target, source = value(args, work, n), value(args + 24, work, n)
        atoms, gram, rounds = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
        wide, lowest = load_i8(args + 72), kind(load_f8(args + 80))
        limit, samples = load_f8(args + 88), kind(load_i8(args + 96))
        lasso, positive = load_i8(args + 104) == 1, load_i8(args + 112) == 1
        store_i8(work + load_i8(args + 120), atoms)
        order = work + load_i8(args + 120) + 8
        active = order + 8 * atoms
        cov = active + 8 * atoms
        sign, step = cov + size * atoms, cov + 2 * size * atoms
        w, before = cov + 3 * size * atoms, cov + 4 * size * atoms
        turn, factor = cov + 5 * size * atoms, cov + 6 * size * atoms
        for row in range(n):
            for i in range(atoms):
                store_i8(order + 8 * i, i)
                store(cov + size * i, load(source + size * (i * n + row)))
                store(w + size * i, zero)
                store(before + size * i, zero)
            steps, count, first = 0, 0, 0  # first: place of the first covariance
            drop, alpha, previous = False, zero, zero
            for _ in range(2 * rounds + 4 * atoms + 2):
                best, top = first, zero
                for i in range(first, atoms):
                    c = load(cov + size * i)
                    c = c if positive else abs(c)
                    if i == first or c > top:
                        best, top = i, c
                alpha = top / samples
                if float(alpha) <= limit:
                    if abs(float(alpha - lowest)) > EQUAL:
                        if steps > 0:
                            share = (previous - lowest) / (previous - alpha)
                            for i in range(atoms):
                                old = load(before + size * i)
                                new = old + share * (load(w + size * i) - old)
                                store(w + size * i, new)
                    break
                if steps >= rounds or count >= atoms:
                    break
                if not drop:
                    c = load(cov + size * best)
                    store(sign + size * count, one if positive or c > zero else -one)
                    there = best - first + count
                    store(cov + size * best, load(cov + size * first))
                    store(cov + size * first, c)
                    exchange(order, count, there)
                    atom = load_i8(order + 8 * count)
                    pivot = load(gram + size * (atoms * atom + atom))
                    pivot -= add_row(factor, gram, order, count, wide, count)
                    pivot = kind(math.sqrt(abs(pivot)))
                    pivot = pivot if pivot > epsilon else epsilon
                    if float(pivot) < PIVOT:
                        store(cov + size * first, load(cov + size * best))
                        store(cov + size * best, zero)
                        continue
                    store(factor + size * (wide * count + count), pivot)
                    first += 1
                    store_i8(active + 8 * count, atom)
                    count += 1
                if lasso and steps > 0 and previous < alpha:
                    break
                scaled = normalised(factor, sign, step, count, wide)
                gamma = kind(huge)
                for i in range(first, atoms):
                    at = gram + size * atoms * load_i8(order + 8 * (i - first + count))
                    total = zero
                    for k in range(count):
                        total += load(at + size * load_i8(order + 8 * k)) * load(step + size * k)
                    total = rint(total * scale) / scale
                    store(turn + size * i, total)
                    c = load(cov + size * i)
                    g = (top - c) / (scaled - total + tiny)
                    gamma = g if zero < g < gamma else gamma
                    if not positive:
                        g = (top + c) / (scaled + total + tiny)
                        gamma = g if zero < g < gamma else gamma
                g = top / scaled
                gamma = g if g < gamma else gamma
                drop, crossing, crossed = False, kind(huge), 0
                for i in range(count):
                    held = load(w + size * load_i8(active + 8 * i))
                    g = -held / (load(step + size * i) + tiny)
                    if zero < g <= crossing:
                        crossing, crossed = g, i
                if crossing < gamma:
                    store(sign + size * crossed, -load(sign + size * crossed))
                    gamma = crossing if lasso else gamma
                    drop = True
                steps += 1
                previous = alpha
                for i in range(atoms):
                    store(before + size * i, load(w + size * i))
                    store(w + size * i, zero)
                for i in range(count):
                    at = size * load_i8(active + 8 * i)
                    store(w + at, load(before + at) + gamma * load(step + size * i))
                for i in range(first, atoms):
                    c = load(cov + size * i) - gamma * load(turn + size * i)
                    store(cov + size * i, c)
                if drop and lasso:
                    remove_row(factor, crossed, count, wide)
                    count -= 1
                    gone = load_i8(active + 8 * crossed)
                    for i in range(crossed, count):
                        exchange(order, i, i + 1)
                        store_i8(active + 8 * i, load_i8(active + 8 * (i + 1)))
                        store(sign + size * i, load(sign + size * (i + 1)))
                    total = zero
                    for i in range(atoms):
                        total += load(gram + size * (atoms * gone + i)) * load(w + size * i)
                    first -= 1
                    c = load(source + size * (gone * n + row)) - total
                    store(cov + size * first, c)
            for i in range(atoms):
                store(target + size * (i * n + row), load(w + size * i))
        return 0

    return angle


_EPSILON_F4, _EPSILON_F8 = float(np.finfo(np.float32).eps), float(np.finfo(np.float64).eps)
kernel("pursuit_float32")(_pursuit(load_f4, store_f4, types.float32, 4, _EPSILON_F4))
kernel("pursuit_float64")(_pursuit(load_f8, store_f8, types.float64, 8, _EPSILON_F8))
kernel("angle_float32")(_angle(load_f4, store_f4, types.float32, 4, HUGE_F4, 1e6))
kernel("angle_float64")(_angle(load_f8, store_f8, types.float64, 8, HUGE_F8, 1e15))
