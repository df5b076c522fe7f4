"""Kernel of the lasso by coordinate descent on a Gram matrix, with gap-safe screening.

The order of what is done is that of sklearn.linear_model._cd_fast.enet_coordinate_descent_gram
without an l2 penalty; Fercoq, Gramfort, Salmon 2015 explain the duality gap and the screening.
"""

from __future__ import annotations

import math

from .native import inline, item_f8, load_f8, load_i8, load_u1, set_f8, store_u1, value
from .registry import kernel

TOLERANCE = 1e-8


@inline
def residuals(w: int, made: int, b: int, rest: int, atoms: int, positive: bool) -> float:
    """b − G·w into `rest`; returns the largest of it."""
    highest = 0.0
    for i in range(atoms):
        number = item_f8(b, i) - item_f8(made, i)
        set_f8(rest, i, number)
        number = number if positive else abs(number)
        highest = number if i == 0 or number > highest else highest
    return highest


@inline
def gap(
    w: int, made: int, b: int, atoms: int, alpha: float, norm: float, highest: float, rest: int
) -> float:
    """The duality gap; without a penalty the squared length of what is left."""
    if alpha == 0.0:
        total = 0.0
        for i in range(atoms):
            total += item_f8(rest, i) * item_f8(rest, i)
        return total
    size_of_w, product, square = 0.0, 0.0, 0.0
    for i in range(atoms):
        size_of_w += abs(item_f8(w, i))
        product += item_f8(w, i) * item_f8(b, i)
        square += item_f8(w, i) * item_f8(made, i)
    left = norm + square - 2.0 * product
    share = alpha / highest if highest > alpha else 1.0
    primal = 0.5 * left + alpha * size_of_w
    dual = -0.5 * (share * share) * left + share * (norm - product)
    return primal - dual


@inline
def moved(made: int, gram: int, atoms: int, j: int, change: float) -> int:
    """made += change · G[j]."""
    for i in range(atoms):
        number = item_f8(made, i) + change * item_f8(gram, atoms * j + i)
        set_f8(made, i, number)
    return 0


@inline
def screen(
    w: int, made: int, rest: int, out: int, gram: int, atoms: int, alpha: float, highest: float,
    distance: float, begin: bool,
) -> int:  # fmt: skip
    """Leave out the atoms that no solution within the gap can use."""
    radius = math.sqrt(2.0 * abs(distance)) / alpha
    for j in range(atoms):
        if load_u1(out + j) != 0:
            continue
        norm = item_f8(gram, atoms * j + j)
        if begin and norm == 0.0:
            store_u1(out + j, 1)
            continue
        angle = item_f8(rest, j) / (alpha if alpha > highest else highest)
        if (1.0 - abs(angle)) / math.sqrt(norm) > radius:
            if item_f8(w, j) != 0.0:
                moved(made, gram, atoms, j, -item_f8(w, j))
                set_f8(w, j, 0.0)
            store_u1(out + j, 1)
    return 0


@kernel("descent")
def descent(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, squared norms, atoms, address of gram, rounds, alpha, positive,
    scratch."""
    target, source = value(args, work, n), value(args + 24, work, n)
    norms, atoms = value(args + 48, work, n), load_i8(args + 72)
    gram, rounds = load_i8(args + 80), load_i8(args + 88)
    alpha, positive = load_f8(args + 96), load_i8(args + 104) == 1
    b = work + load_i8(args + 112)
    w, made, rest = b + 8 * atoms, b + 16 * atoms, b + 24 * atoms
    out = b + 32 * atoms
    for row in range(n):
        for i in range(atoms):
            set_f8(b, i, item_f8(source, i * n + row))
            set_f8(w, i, 0.0)
            set_f8(made, i, 0.0)
            store_u1(out + i, 0)
        norm = item_f8(norms, row)
        enough = TOLERANCE * norm
        highest = residuals(w, made, b, rest, atoms, positive)
        distance = gap(w, made, b, atoms, alpha, norm, highest, rest)
        solved = 0.0 <= distance <= enough
        if alpha > 0.0 and not solved:
            screen(w, made, rest, out, gram, atoms, alpha, highest, distance, True)
        for turn in range(rounds):
            if solved:
                break
            largest, change = 0.0, 0.0
            for j in range(atoms):
                curve = item_f8(gram, atoms * j + j)
                if load_u1(out + j) != 0 or curve == 0.0:
                    continue
                before = item_f8(w, j)
                goal = item_f8(b, j) - item_f8(made, j) + before * curve
                after = abs(goal) - alpha
                after = after / curve if after > 0.0 else 0.0
                if goal < 0.0:
                    after = 0.0 if positive else -after
                set_f8(w, j, after)
                if after != before:
                    moved(made, gram, atoms, j, after - before)
                step = abs(after - before)
                change = step if step > change else change
                largest = abs(after) if abs(after) > largest else largest
            if largest == 0.0 or change / largest <= TOLERANCE or turn == rounds - 1:
                highest = residuals(w, made, b, rest, atoms, positive)
                distance = gap(w, made, b, atoms, alpha, norm, highest, rest)
                solved = distance <= enough
                if alpha > 0.0 and not solved:
                    screen(w, made, rest, out, gram, atoms, alpha, highest, distance, False)
        for i in range(atoms):
            set_f8(target, i * n + row, item_f8(w, i))
    return 0
