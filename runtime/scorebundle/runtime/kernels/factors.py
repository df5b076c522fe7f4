"""Kernels that find non-negative factors of a row: see the operators for the formulas."""

from __future__ import annotations

import math
from typing import Any

from numba import types

from .native import (
    Kernel,
    inline,
    libm,
    load_f4,
    load_f8,
    load_i4,
    load_i8,
    store_f4,
    store_f8,
    value,
)
from .registry import kernel

SMALL = 2.0**-23
"""What stands for numbers too small to divide by."""
NOTHING = 2.0**-52


def _non_negative(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    zero = kind(0)

    def non_negative(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, count, addresses of gram and order, turns, tol, rounds, scratch."""
        target, source = value(args, work, n), value(args + 24, work, n)
        count, gram, order = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
        turns, tol, rounds = load_i8(args + 72), load_f8(args + 80), load_i8(args + 88)
        w = work + load_i8(args + 96)
        for row in range(n):
            for c in range(count):
                store(w + size * c, zero)
            first = 0.0
            for turn in range(rounds):
                at = order + 4 * count * min(turn, turns - 1)
                moved = zero
                for place in range(count):
                    t = load_i4(at + 4 * place)
                    slope = -load(source + size * (t * n + row))
                    for r in range(count):
                        slope += load(gram + size * (t * count + r)) * load(w + size * r)
                    before = load(w + size * t)
                    if before != zero or slope <= zero:
                        moved += abs(slope)
                    curve = load(gram + size * (t * count + t))
                    if curve != zero:
                        after = before - slope / curve
                        store(w + size * t, after if after >= zero else zero)
                if turn == 0:
                    first = float(moved)
                if first == 0.0 or float(moved) / first <= tol:
                    break
            for c in range(count):
                store(target + size * (c * n + row), load(w + size * c))
        return 0

    return non_negative


kernel("non_negative_float32")(_non_negative(load_f4, store_f4, types.float32, 4))
kernel("non_negative_float64")(_non_negative(load_f8, store_f8, types.float64, 8))


def _multiplicative(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    zero, one, two, small = kind(0), kind(1), kind(2), kind(SMALL)
    power, log = libm("pow", kind), libm("log", kind)

    @inline
    def product(w: int, components: int, count: int, width: int, j: int) -> float:
        total = zero
        for c in range(count):
            total += load(w + size * c) * load(components + size * (c * width + j))
        return total  # type: ignore[no-any-return]

    @inline
    def divergence(
        x: int, w: int, components: int, sums: int, count: int, width: int, beta: float
    ) -> float:
        """√(2 · β-divergence of x and w·H) (sklearn's _beta_divergence)."""
        total, whole, given = zero, zero, zero
        for j in range(width):
            v, wanted = product(w, components, count, width, j), load(x + size * j)
            if beta == two:
                total += (wanted - v) * (wanted - v)
                continue
            if beta != one and beta != zero:
                whole += power(v, beta)
            if wanted > small:
                v = v if v >= small else small
                if beta == one:
                    total += wanted * log(wanted / v)
                    given += wanted
                elif beta == zero:
                    total += wanted / v - log(wanted / v)
                else:
                    total += power(wanted, beta) - beta * wanted * power(v, beta - one)
        if beta == two:
            return math.sqrt(total / two * two)
        if beta == one:
            for c in range(count):
                whole += load(w + size * c) * load(sums + size * c)
            total += whole - given
        elif beta == zero:
            total -= kind(width)
        else:
            total = (total + whole * (beta - one)) / (beta * (beta - one))
        return math.sqrt(two * total) if total > zero else 0.0

    @inline
    def update(
        x: int, w: int, after: int, goal: int, raised: int, powered: int, components: int,
        gram: int, sums: int, count: int, width: int, beta: float, l1: float, l2: float,
        gamma: float,
    ) -> int:  # fmt: skip
        """One round: the new w in `after`."""
        if beta != two:
            for j in range(width):
                v, wanted = product(w, components, count, width, j), load(x + size * j)
                safe = small if beta < two and v < small else v
                low = small if beta < one and v < small else v
                if beta == one:
                    store(raised + size * j, wanted / safe)
                elif beta == zero:
                    store(raised + size * j, one / safe * (one / safe) * wanted)
                    store(powered + size * j, one / low)
                else:
                    store(raised + size * j, power(safe, beta - two) * wanted)
                    store(powered + size * j, power(low, beta - one))
        for c in range(count):
            above, below = zero, zero
            if beta == two:
                above = load(goal + size * c)
                for r in range(count):
                    below += load(w + size * r) * load(gram + size * (r * count + c))
            else:
                for j in range(width):
                    above += load(raised + size * j) * load(components + size * (c * width + j))
                if beta == one:
                    below = load(sums + size * c)
                else:
                    for j in range(width):
                        part = load(components + size * (c * width + j))
                        below += load(powered + size * j) * part
            before = load(w + size * c)
            below = below + l1
            below = below + l2 * before
            ratio = above / (below if below != zero else small)
            store(after + size * c, before * (ratio if gamma == one else power(ratio, gamma)))
        return 0

    @inline
    def still(w: int, after: int, count: int, tol: float) -> bool:
        """|after − w| ≤ tol · |after|."""
        moved, length = zero, zero
        for c in range(count):
            change = load(after + size * c) - load(w + size * c)
            moved += change * change
            length += load(after + size * c) * load(after + size * c)
        return math.sqrt(moved) / math.sqrt(length) <= tol

    def multiplicative(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, count, addresses of components, gram and sums, beta, l1,
        l2, tol, whether the divergence ends it, rounds, scratch."""
        target, source = value(args, work, n), value(args + 24, work, n)
        width, count = load_i8(args + 48), load_i8(args + 56)
        components, gram, sums = load_i8(args + 64), load_i8(args + 72), load_i8(args + 80)
        beta, l1 = kind(load_f8(args + 88)), kind(load_f8(args + 96))
        l2, tol = kind(load_f8(args + 104)), kind(load_f8(args + 112))
        diverging, rounds = load_i8(args + 120), load_i8(args + 128)
        x = work + load_i8(args + 136)
        raised = x + size * width
        powered = raised + size * width
        w = powered + size * width
        after, goal = w + size * count, w + 2 * size * count
        gamma = one
        if beta < one:
            gamma = one / (two - beta)
        elif beta > two:
            gamma = one / (beta - one)
        for row in range(n):
            total = zero
            for j in range(width):
                number = load(source + size * (j * n + row))
                store(x + size * j, number)
                total += number
            begin = kind(math.sqrt(total / kind(width) / kind(count)))
            for c in range(count):
                store(w + size * c, begin)
                total = zero
                for j in range(width):
                    total += load(x + size * j) * load(components + size * (c * width + j))
                store(goal + size * c, total)
            first = zero
            if diverging == 1:
                first = kind(divergence(x, w, components, sums, count, width, beta))
            previous, penalty = first, zero
            for turn in range(rounds):
                penalty = penalty + l1 if diverging == 1 and beta == one else l1
                update(
                    x, w, after, goal, raised, powered, components, gram, sums, count, width,
                    beta, penalty, l2, gamma,
                )  # fmt: skip
                done = diverging == 0 and tol > zero and still(w, after, count, tol)
                for c in range(count):
                    number = load(after + size * c)
                    if diverging == 1 and beta < one and number < kind(NOTHING):
                        number = zero
                    store(w + size * c, number)
                if diverging == 1 and tol > zero and turn % 10 == 9:
                    error = kind(divergence(x, w, components, sums, count, width, beta))
                    done = (previous - error) / first < tol
                    previous = error
                if done:
                    break
            for c in range(count):
                store(target + size * (c * n + row), load(w + size * c))
        return 0

    return multiplicative


kernel("multiplicative_float32")(_multiplicative(load_f4, store_f4, types.float32, 4))
kernel("multiplicative_float64")(_multiplicative(load_f8, store_f8, types.float64, 8))
