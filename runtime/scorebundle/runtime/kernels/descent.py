"""Kernel of the lasso by coordinate descent on a Gram matrix, with gap-safe screening.

The order of what is done is that of sklearn.linear_model._cd_fast.enet_coordinate_descent_gram
without an l2 penalty; Fercoq, Gramfort, Salmon 2015 explain the duality gap and the screening.
"""

from __future__ import annotations

import math
from typing import Any

from numba import types

from .native import (
    Kernel,
    inline,
    load_f4,
    load_f8,
    load_i8,
    load_u1,
    store_f4,
    store_f8,
    store_u1,
    value,
)
from .registry import kernel

TOLERANCE = 1e-8


def _descent(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    zero, half, one, two = kind(0), kind(0.5), kind(1), kind(2)

    @inline
    def residuals(w: int, made: int, b: int, rest: int, atoms: int, positive: bool) -> float:
        """b − G·w into `rest`; returns the largest of it."""
        highest = zero
        for i in range(atoms):
            number = load(b + size * i) - load(made + size * i)
            store(rest + size * i, number)
            number = number if positive else abs(number)
            highest = number if i == 0 or number > highest else highest
        return highest  # type: ignore[no-any-return]

    @inline
    def gap(
        w: int, made: int, b: int, atoms: int, alpha: float, norm: float, highest: float, rest: int
    ) -> float:
        """The duality gap; without a penalty the squared length of what is left."""
        if alpha == zero:
            total = zero
            for i in range(atoms):
                total += load(rest + size * i) * load(rest + size * i)
            return total  # type: ignore[no-any-return]
        size_of_w, product, square = zero, zero, zero
        for i in range(atoms):
            size_of_w += abs(load(w + size * i))
            product += load(w + size * i) * load(b + size * i)
            square += load(w + size * i) * load(made + size * i)
        left = norm + square - two * product
        share = alpha / highest if highest > alpha else one
        primal = half * left + alpha * size_of_w
        dual = -half * (share * share) * left + share * (norm - product)
        return primal - dual  # type: ignore[no-any-return]

    @inline
    def moved(made: int, gram: int, atoms: int, j: int, change: float) -> int:
        """made += change · G[j]."""
        for i in range(atoms):
            number = load(made + size * i) + change * load(gram + size * (atoms * j + i))
            store(made + size * i, number)
        return 0

    @inline
    def screen(
        w: int, made: int, rest: int, out: int, gram: int, atoms: int, alpha: float, highest: float,
        distance: float, begin: bool,
    ) -> int:  # fmt: skip
        """Leave out the atoms that no solution within the gap can use."""
        radius = kind(math.sqrt(two * abs(distance))) / alpha
        for j in range(atoms):
            if load_u1(out + j) != 0:
                continue
            norm = load(gram + size * (atoms * j + j))
            if begin and norm == zero:
                store_u1(out + j, 1)
                continue
            angle = load(rest + size * j) / (alpha if alpha > highest else highest)
            if (one - abs(angle)) / kind(math.sqrt(norm)) > radius:
                if load(w + size * j) != zero:
                    moved(made, gram, atoms, j, -load(w + size * j))
                    store(w + size * j, zero)
                store_u1(out + j, 1)
        return 0

    def descent(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, squared norms, atoms, address of gram, rounds, alpha, positive,
        scratch."""
        target, source = value(args, work, n), value(args + 24, work, n)
        norms, atoms = value(args + 48, work, n), load_i8(args + 72)
        gram, rounds = load_i8(args + 80), load_i8(args + 88)
        alpha, positive = kind(load_f8(args + 96)), load_i8(args + 104) == 1
        b = work + load_i8(args + 112)
        w, made, rest = b + size * atoms, b + 2 * size * atoms, b + 3 * size * atoms
        out = b + 4 * size * atoms
        for row in range(n):
            for i in range(atoms):
                store(b + size * i, load(source + size * (i * n + row)))
                store(w + size * i, zero)
                store(made + size * i, zero)
                store_u1(out + i, 0)
            norm = load(norms + size * row)
            still = kind(TOLERANCE)
            enough = still * norm
            highest = residuals(w, made, b, rest, atoms, positive)
            distance = gap(w, made, b, atoms, alpha, norm, highest, rest)
            solved = zero <= distance <= enough
            if alpha > zero and not solved:
                screen(w, made, rest, out, gram, atoms, alpha, highest, distance, True)
            for turn in range(rounds):
                if solved:
                    break
                largest, change = zero, zero
                for j in range(atoms):
                    curve = load(gram + size * (atoms * j + j))
                    if load_u1(out + j) != 0 or curve == zero:
                        continue
                    before = load(w + size * j)
                    goal = load(b + size * j) - load(made + size * j) + before * curve
                    after = abs(goal) - alpha
                    after = after / curve if after > zero else zero
                    if goal < zero:
                        after = zero if positive else -after
                    store(w + size * j, after)
                    if after != before:
                        moved(made, gram, atoms, j, after - before)
                    step = abs(after - before)
                    change = step if step > change else change
                    largest = abs(after) if abs(after) > largest else largest
                if largest == zero or change / largest <= still or turn == rounds - 1:
                    highest = residuals(w, made, b, rest, atoms, positive)
                    distance = gap(w, made, b, atoms, alpha, norm, highest, rest)
                    solved = distance <= enough
                    if alpha > zero and not solved:
                        screen(w, made, rest, out, gram, atoms, alpha, highest, distance, False)
            for i in range(atoms):
                store(target + size * (i * n + row), load(w + size * i))
        return 0

    return descent


kernel("descent_float32")(_descent(load_f4, store_f4, types.float32, 4))
kernel("descent_float64")(_descent(load_f8, store_f8, types.float64, 8))
