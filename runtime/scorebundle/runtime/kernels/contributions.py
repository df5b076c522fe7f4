"""Kernels of what columns contribute to trees: Shapley values along all ways, or one way alone.

A node is 32 bytes: threshold or category set, feature and flags, left child (the right one is
next; −1 at a leaf), the level above that splits the same feature, or −1 (at a leaf: its number),
share of the parent's split, at that level the share so far, how many features the way has, and
the slot of the parent's feature among them.

A leaf's Shapley values depend on a row by the splits at which it stayed with all of the way's
splits of that feature so far: one bit per level. So the ways are walked for every row, as the
order of the sum demands, but a leaf's values are computed once for the same bits, and kept while
the rows of a block go through the tree. (Without rounding, the last bit of each feature would
do.) The weights of subsets of a way are worked out (EXTEND) for those nodes only that lead to a
leaf whose values are not known.

Subsets larger than the number of features that a row stayed with weigh 0; they are left out of
sums, and the weights of the sizes beyond, up to a multiple of eight, are kept at 0.
"""

from __future__ import annotations

import numpy as np

from .codes import CATEGORY, DEFAULT_RIGHT, FEATURE
from .eights import chosen, eight_of, load_eight, minus, moved_up, over, plus, store_eight, times
from .native import (
    inline,
    load_f4,
    load_i4,
    load_i8,
    load_u1,
    store_f4,
    store_i4,
    store_i8,
    store_u1,
    value,
)
from .registry import kernel
from .trees import in_set

NODE = 32
TREE = 20
LEAF = 20
STATE = 24
"""Bytes of a node, of a tree, of a leaf, and of a level's state: node, ones or level, bits, and the
same by feature."""

MOST = 64
"""Numbers of a level's weights, and of a row of ratios."""

f4 = np.float32


@inline
def right_of(node: int, x: int, stride: int, sets: int, left_set: int) -> int:
    """1 if a row goes right at a split."""
    word = load_i4(node + 4)
    number = load_f4(x + (word & FEATURE) * stride)
    right = number >= load_f4(node)
    if word & CATEGORY:
        right = in_set(sets, load_i4(node), float(number)) != (left_set == 1)
    if number != number:
        right = word & DEFAULT_RIGHT != 0
    return 1 if right else 0


@inline
def extend(node: int, one: int, before: int, after: int, counts: int) -> int:
    """The weights of the subsets of a way with one feature more, by their sizes."""
    depth = load_i4(node + 24)
    if depth & 7 == 0:  # a size that the weights before do not reach yet
        store_eight(before + 4 * depth, eight_of(f4(0.0)))
    zero, length = eight_of(load_f4(node + 16)), eight_of(f4(depth + 1))
    rest = counts + 4 * (4 * MOST - depth)
    below = eight_of(f4(0.0))
    for size in range(0, depth + 1, 8):
        here = load_eight(before + 4 * size)
        weight = over(times(times(zero, here), load_eight(rest + 4 * size)), length)
        if one:
            smaller = times(moved_up(below, here), load_eight(counts + 4 * size))
            weight = plus(weight, over(smaller, length))
        store_eight(after + 4 * size, weight)
        below = here
    return 0


@inline
def unwind(node: int, one: int, weights: int, ones: int) -> int:
    """Take back the extension by the feature that the node splits again."""
    depth, zero = load_i4(node + 24), load_f4(node + 20)
    length = f4(depth + 1)
    if one:
        rest = load_f4(weights + 4 * ones)
        i = ones - 1
        while i >= 0:
            before = load_f4(weights + 4 * i)
            after = rest * length / f4(i + 1)
            store_f4(weights + 4 * i, after)
            rest = before - after * zero * f4(depth - i) / length
            i -= 1
        store_f4(weights + 4 * ones, f4(0.0))
        return ones - 1
    i = ones
    while i >= 0:
        weight = load_f4(weights + 4 * i) * length / (zero * f4(depth - i))
        store_f4(weights + 4 * i, weight)
        i -= 1
    return ones


@inline
def shapley(
    leaf: int, stays: int, weights: int, ones: int, shares: int, divisors: int, ratios: int,
    target: int,
) -> int:  # fmt: skip
    """A leaf's values, one per feature of its way, eight at a time (UNWIND, of each in turn)."""
    depth, height = load_i4(leaf + 4), eight_of(load_f4(leaf + 8))
    length, one, none = eight_of(f4(depth + 1)), eight_of(f4(1.0)), eight_of(f4(0.0))
    ratios += 4 * (MOST * (depth + 1) + depth)
    shares += 4 * load_i4(leaf)
    divisors += 4 * load_i4(leaf)
    for first in range(0, depth, 8):
        share, divisor = load_eight(shares + 4 * first), load_eight(divisors + 4 * first)
        rest = eight_of(load_f4(weights + 4 * ones))
        part = over(over(rest, divisor), eight_of(load_f4(ratios - 4 * ones)))
        total = chosen(stays, none, plus(none, part))
        i = ones - 1
        while i >= 0:
            weight, ratio = eight_of(load_f4(weights + 4 * i)), eight_of(load_f4(ratios - 4 * i))
            part = over(times(rest, length), eight_of(f4(i + 1)))
            rest = minus(weight, times(times(part, share), ratio))
            total = plus(total, chosen(stays, part, over(over(weight, divisor), ratio)))
            i -= 1
        total = times(total, minus(chosen(stays, one, none), share))
        store_eight(target + 4 * first, times(total, height))
        stays >>= 8
    return 0


@inline
def weigh(nodes: int, level: int, states: int, weights: int, counts: int) -> int:
    """The weights at the node of a level, from those at its parent."""
    state = states + STATE * level
    node, way = nodes + NODE * load_i4(state), load_i8(state + 8)
    one = (way >> (level - 1)) & 1
    before = weights + 4 * MOST * (level - 1)
    after = before + 4 * MOST
    extend(node, one, before, after, counts)
    ones = load_i4(state - STATE + 4) + one
    slot = load_i4(node + 28)
    store_i8(state + 16, load_i8(state - STATE + 16) & ~(1 << slot) | one << slot)
    last = load_i4(node + 12)
    if load_i4(node + 8) >= 0 and last >= 0:
        ones = unwind(node, (way >> last) & 1, after, ones)
    store_i4(state + 4, ones)
    return 0


@kernel("contributions_shapley")
def contributions_shapley(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, width, sets (0: none), left_set, nodes, leaves, names, shares,
    divisors, trees, packed trees, features, ratios and counts, offsets of weights, states, sums,
    known, kept, and how many levels there are.

    A tree: root, how many features, the first, weight, words of `known`. A leaf: first of its
    features, how many, value, first of `known` or −1, first of `kept`."""
    target, source = value(args, work, n), value(args + 24, work, n)
    width, sets, left_set = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    nodes, leaves = load_i8(args + 72), load_i8(args + 80)
    names, shares, divisors = load_i8(args + 88), load_i8(args + 96), load_i8(args + 104)
    trees, tree, features = load_i8(args + 112), load_i8(args + 120), load_i8(args + 128)
    ratios, counts = load_i8(args + 136), load_i8(args + 136) + 4 * MOST * MOST
    weights = work + load_i8(args + 144)
    states = work + load_i8(args + 152)
    waiting, once = states + STATE * MOST, states + 2 * STATE * MOST
    sums, known = work + load_i8(args + 160), work + load_i8(args + 168)
    kept = work + load_i8(args + 176)
    stride = 4 * n
    for i in range(width * n):
        store_f4(target + 4 * i, f4(0.0))
    for i in range(load_i8(args + 184) * MOST // 8):
        store_eight(weights + 32 * i, eight_of(f4(0.0)))
    store_f4(weights, f4(1.0))
    store_i8(states, 0)
    store_i8(states + 8, 0)
    store_i8(states + 16, 0)
    for _ in range(trees):
        root, count = load_i4(tree), load_i4(tree + 4)
        first, weight = features + 4 * load_i4(tree + 8), load_f4(tree + 12)
        for i in range(load_i4(tree + 16)):
            store_i8(known + 8 * i, 0)
        for i in range(count):
            store_f4(sums + 4 * i, f4(0.0))
        tree += TREE
        for row in range(n):
            x = source + 4 * row
            at, level, way = root, 0, 0
            valid, others = 1, 0
            while True:
                node = nodes + NODE * at
                left = load_i4(node + 8)
                while left >= 0:
                    right = right_of(node, x, stride, sets, left_set)
                    other = waiting + STATE * others
                    store_i4(other, left + 1 - right)
                    store_i4(other + 4, level + 1)
                    store_i8(other + 8, way)
                    others += 1
                    last = load_i4(node + 12)
                    stays = 1 if last < 0 else (way >> last) & 1
                    way |= stays << level
                    level += 1
                    at = left + right
                    store_i4(states + STATE * level, at)
                    store_i8(states + STATE * level + 8, way)
                    valid = level if level < valid else valid
                    node = nodes + NODE * at
                    left = load_i4(node + 8)
                leaf = leaves + LEAF * load_i4(node + 12)
                depth, mark = load_i4(leaf + 4), load_i4(leaf + 12)
                found, result = False, once
                if mark >= 0 and n > 1:
                    mark += way
                    found = load_u1(known + mark) != 0
                    result = kept + 4 * (load_i4(leaf + 16) + way * depth)
                if not found:
                    while valid <= level:
                        weigh(nodes, valid, states, weights, counts)
                        valid += 1
                    at_leaf = weights + 4 * MOST * level
                    state = states + STATE * level
                    ones, stays = load_i4(state + 4), load_i8(state + 16)
                    shapley(leaf, stays, at_leaf, ones, shares, divisors, ratios, once)
                    if result != once:
                        store_u1(known + mark, 1)
                        for k in range(depth):
                            store_f4(result + 4 * k, load_f4(once + 4 * k))
                name = names + 4 * load_i4(leaf)
                for k in range(depth):
                    place = sums + 4 * load_i4(name + 4 * k)
                    store_f4(place, load_f4(place) + load_f4(result + 4 * k))
                if others == 0:
                    break
                others -= 1
                other = waiting + STATE * others
                at, level, way = load_i4(other), load_i4(other + 4), load_i8(other + 8)
                store_i4(states + STATE * level, at)
                store_i8(states + STATE * level + 8, way)
                valid = level if level < valid else valid
            for i in range(count):
                place = target + load_i4(first + 4 * i) * stride + 4 * row
                store_f4(place, load_f4(place) + load_f4(sums + 4 * i) * weight)
                store_f4(sums + 4 * i, f4(0.0))
    return 0


@kernel("contributions_saabas")
def contributions_saabas(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, width, sets (0: none), left_set, nodes, leaves, names, numbers, trees,
    roots. A leaf: first name and number, how many."""
    target, source = value(args, work, n), value(args + 24, work, n)
    width, sets, left_set = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    nodes, leaves = load_i8(args + 72), load_i8(args + 80)
    names, numbers = load_i8(args + 88), load_i8(args + 96)
    trees, roots = load_i8(args + 104), load_i8(args + 112)
    stride = 4 * n
    for i in range(width * n):
        store_f4(target + 4 * i, f4(0.0))
    for tree in range(trees):
        root = load_i4(roots + 4 * tree)
        for row in range(n):
            x, at = source + 4 * row, root
            left = load_i4(nodes + NODE * at + 8)
            while left >= 0:
                at = left + right_of(nodes + NODE * at, x, stride, sets, left_set)
                left = load_i4(nodes + NODE * at + 8)
            leaf = leaves + LEAF * load_i4(nodes + NODE * at + 12)
            first = load_i4(leaf)
            for k in range(load_i4(leaf + 4)):
                place = target + load_i4(names + 4 * (first + k)) * stride + 4 * row
                store_f4(place, load_f4(place) + load_f4(numbers + 4 * (first + k)))
    return 0
