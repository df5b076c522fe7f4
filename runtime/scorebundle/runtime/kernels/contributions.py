"""Kernels of what columns contribute to trees: Shapley values along all ways, or one way alone.

A node is 32 bytes: threshold or category set, feature and flags, left child (the right one is
next; −1 at a leaf), the level above that splits the same feature, or −1 (at a leaf: its number),
share of the parent's split, at that level the share so far, and how many features the way has.

A leaf's Shapley values depend on a row by the splits at which it stayed with all of the way's
splits of that feature so far: one bit per level. So the ways are walked for every row, as the
order of the sum demands, but a leaf's values are computed once for the same bits, and kept while
the rows of a block go through the tree. (Without rounding, the last bit of each feature would
do.) The weights of subsets of a way are worked out (EXTEND) for those nodes only that lead to a
leaf whose values are not known.

Subsets larger than the number of features that a row stayed with weigh 0, and are left out.
"""

from __future__ import annotations

import numpy as np

from .codes import CATEGORY, DEFAULT_RIGHT, FEATURE
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
STATE = 16
"""Bytes of a node, of a tree, of a leaf, and of a level's state: node, ones or level, bits."""

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
def extend(node: int, one: int, before: int, after: int, ones: int) -> int:
    """The weights of the subsets of a way with one feature more; returns how many ones it has."""
    depth = load_i4(node + 24)
    zero, length = load_f4(node + 16), f4(depth + 1)
    i = ones
    if one:
        store_f4(after + 4 * (ones + 1), f4(0.0))
    while i >= 0:
        weight = load_f4(before + 4 * i)
        store_f4(after + 4 * i, zero * weight * f4(depth - i) / length)
        if one:
            higher = load_f4(after + 4 * i + 4) + weight * f4(i + 1) / length
            store_f4(after + 4 * i + 4, higher)
        i -= 1
    return ones + one


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
        return ones - 1
    i = ones
    while i >= 0:
        weight = load_f4(weights + 4 * i) * length / (zero * f4(depth - i))
        store_f4(weights + 4 * i, weight)
        i -= 1
    return ones


@inline
def shapley(
    leaf: int, way: int, weights: int, ones: int, levels: int, shares: int, ratios: int, target: int
) -> int:
    """A leaf's values, one per feature of its way."""
    depth, height = load_i4(leaf + 4), load_f4(leaf + 8)
    length = f4(depth + 1)
    ratios += 4 * MOST * (depth + 1)
    levels += 4 * load_i4(leaf)
    shares += 4 * load_i4(leaf)
    for k in range(depth):
        zero = load_f4(shares + 4 * k)
        total = f4(0.0)
        i = ones
        if (way >> load_i4(levels + 4 * k)) & 1:
            rest = load_f4(weights + 4 * i)
            i -= 1
            while i >= 0:
                part = rest * length / f4(i + 1)
                total += part
                ratio = load_f4(ratios + 4 * (depth - i))
                rest = load_f4(weights + 4 * i) - part * zero * ratio
                i -= 1
            store_f4(target + 4 * k, total * (f4(1.0) - zero) * height)
        else:
            while i >= 0 and zero != f4(0.0):
                ratio = load_f4(ratios + 4 * (depth - i))
                total += load_f4(weights + 4 * i) / zero / ratio
                i -= 1
            store_f4(target + 4 * k, total * (f4(0.0) - zero) * height)
    return 0


@inline
def weigh(nodes: int, level: int, states: int, weights: int) -> int:
    """The weights at the node of a level, from those at its parent."""
    state = states + STATE * level
    node, way = nodes + NODE * load_i4(state), load_i8(state + 8)
    one = (way >> (level - 1)) & 1
    before = weights + 4 * MOST * (level - 1)
    after = before + 4 * MOST
    ones = extend(node, one, before, after, load_i4(state - STATE + 4))
    last = load_i4(node + 12)
    if load_i4(node + 8) >= 0 and last >= 0:
        ones = unwind(node, (way >> last) & 1, after, ones)
    store_i4(state + 4, ones)
    return 0


@kernel("contributions_shapley")
def contributions_shapley(args: int, work: int, frame: int, start: int, n: int) -> int:
    """args: target, source, width, sets (0: none), left_set, nodes, leaves, names, levels,
    shares, trees, packed trees, features, ratios, offsets of weights, states, sums, known, kept.

    A tree: root, how many features, the first, weight, words of `known`. A leaf: first of its
    features, how many, value, first of `known` or −1, first of `kept`."""
    target, source = value(args, work, n), value(args + 24, work, n)
    width, sets, left_set = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
    nodes, leaves = load_i8(args + 72), load_i8(args + 80)
    names, levels, shares = load_i8(args + 88), load_i8(args + 96), load_i8(args + 104)
    trees, tree, features = load_i8(args + 112), load_i8(args + 120), load_i8(args + 128)
    ratios, weights = load_i8(args + 136), work + load_i8(args + 144)
    states = work + load_i8(args + 152)
    waiting, once = states + STATE * MOST, states + 2 * STATE * MOST
    sums, known = work + load_i8(args + 160), work + load_i8(args + 168)
    kept = work + load_i8(args + 176)
    stride = 4 * n
    for i in range(width * n):
        store_f4(target + 4 * i, f4(0.0))
    store_f4(weights, f4(1.0))
    store_i8(states, 0)
    store_i8(states + 8, 0)
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
                    store_u1(known + mark, 1)
                if not found:
                    while valid <= level:
                        weigh(nodes, valid, states, weights)
                        valid += 1
                    at_leaf = weights + 4 * MOST * level
                    ones = load_i4(states + STATE * level + 4)
                    shapley(leaf, way, at_leaf, ones, levels, shares, ratios, result)
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
