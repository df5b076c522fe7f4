"""Growing operators on trees out of single trees, whatever library they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import TreeContributions, Trees


class Tree(NamedTuple):
    """One tree as the libraries store it: node by node, children as node numbers.

    Attributes:
        left, right: children; −1 at leaves.
        feature: column of the split; ignored at leaves.
        threshold: of the split; ignored at leaves.
        default_left: where a missing value goes.
        values: (nodes, k) what a leaf adds; ignored at splits.
        target: first output column that it adds to.
        categories: node → the category codes of its split's set.
        cover: weight of the training rows that reached a node, if it is known.
    """

    left: Array
    right: Array
    feature: Array
    threshold: Array
    default_left: Array
    values: Array
    target: int = 0
    categories: dict[int, Array] = {}  # noqa: RUF012  never changed
    cover: Array | None = None


def grow(
    trees: Sequence[Tree],
    *,
    compare: str,
    base: Array,
    values: Any,
    threshold: Any,
    categories_go: str = "left",
) -> Trees:
    """Put trees together, children behind their parents, values in the given dtype."""
    return Trees(
        outputs=len(base),
        base=np.asarray(base, values),
        target=np.array([tree.target for tree in trees], np.int32),
        **_forest([_ordered(tree) for tree in trees], compare, values, threshold, categories_go),
    )


def contributions(
    trees: Sequence[Tree], method: str, weights: Array, *, compare: str, categories_go: str
) -> TreeContributions:
    """What each column adds to the sum of float32 trees whose cover is known."""
    parts = [_ordered(tree) for tree in trees]
    return TreeContributions(
        method=method,
        cover=_joined([tree.cover for tree in parts if tree.cover is not None], np.float32),
        weights=np.asarray(weights, np.float32),
        **_forest(parts, compare, np.float32, np.float32, categories_go),
    )


def _forest(
    parts: Sequence[Tree], compare: str, values: Any, threshold: Any, categories_go: str
) -> dict[str, Any]:
    """The fields of ordered trees."""
    sizes = [len(tree.left) for tree in parts]
    starts = np.cumsum([0, *sizes])[:-1] if sizes else np.zeros(0)
    feature, left, right, leaf_values = [], [], [], []
    sets: list[Array] = []
    category_set = []
    rows = 0
    for tree, start in zip(parts, starts, strict=True):
        leaf = tree.left < 0
        number = rows + np.cumsum(leaf) - 1
        rows += int(leaf.sum())
        feature.append(np.where(leaf, -1, tree.feature))
        left.append(np.where(leaf, number, tree.left + start))
        right.append(np.where(leaf, -1, tree.right + start))
        leaf_values.append(tree.values[leaf])
        names = np.full(len(leaf), -1)
        for node, codes in sorted(tree.categories.items()):
            names[node] = len(sets)
            sets.append(bitset(codes))
        category_set.append(names)
    width = parts[0].values.shape[1] if parts else 1
    is_set = _joined(category_set, np.int32) >= 0
    thresholds = _joined([tree.threshold for tree in parts], threshold)
    thresholds = np.where((_joined(feature, np.int32) < 0) | is_set, 0, thresholds)
    return {
        "compare": compare,
        "categories_go": categories_go,
        "starts": np.asarray(starts, np.int32),
        "feature": _joined(feature, np.int32),
        "threshold": thresholds.astype(threshold),
        "left": _joined(left, np.int32),
        "right": _joined(right, np.int32),
        "default_left": _joined([tree.default_left for tree in parts], np.bool_),
        "category_set": _joined(category_set, np.int32),
        "values": np.concatenate(leaf_values).astype(values)
        if parts
        else np.zeros((0, width), values),
        "set_starts": np.cumsum([0, *map(len, sets)]).astype(np.int32),
        "set_words": _joined(sets, np.uint32),
    }


def leaf_numbers(
    trees: Sequence[Tree],
    *,
    compare: str,
    threshold: Any,
    values: Any,
    categories_go: str = "left",
    numbers: Sequence[Array] | None = None,
) -> Trees:
    """One output column per tree: the number of the leaf that a row reaches.

    A sum of one tree that starts at 0 is that tree's leaf value, so leaf numbers need no
    operator of their own.

    Args:
        trees: the trees.
        compare, threshold, values, categories_go: as in `grow`; values is the dtype that holds
            the numbers, float32 or float64.
        numbers: per tree a number for each of its nodes; by default the node's own position.
    """
    numbered = []
    for column, tree in enumerate(trees):
        names = np.arange(len(tree.left)) if numbers is None else numbers[column]
        numbered.append(tree._replace(values=np.asarray(names, values)[:, None], target=column))
    return grow(
        numbered,
        compare=compare,
        base=np.zeros(len(trees)),
        values=values,
        threshold=threshold,
        categories_go=categories_go,
    )


def bitset(codes: Array) -> Array:
    """32-bit words with one bit per category code."""
    codes = np.asarray(codes, np.int64)
    words = np.zeros(int(codes.max()) // 32 + 1 if len(codes) else 0, np.uint32)
    np.bitwise_or.at(words, codes // 32, np.uint32(1) << (codes % 32).astype(np.uint32))
    return words


def _ordered(tree: Tree) -> Tree:
    """The same tree with unreachable nodes gone and children behind their parents."""
    split = tree.left >= 0
    nodes = np.arange(len(tree.left))
    after = (tree.left[split] > nodes[split]).all() and (tree.right[split] > nodes[split]).all()
    if after and 2 * int(split.sum()) + 1 == len(nodes):
        return tree
    order = [0]
    for node in order:
        if tree.left[node] >= 0:
            order += [int(tree.left[node]), int(tree.right[node])]
    position = np.full(len(nodes) + 1, -1)
    position[order] = np.arange(len(order))
    return Tree(
        left=np.where(split, position[tree.left], -1)[order],
        right=np.where(split, position[tree.right], -1)[order],
        feature=tree.feature[order],
        threshold=tree.threshold[order],
        default_left=tree.default_left[order],
        values=tree.values[order],
        target=tree.target,
        categories={int(position[node]): codes for node, codes in tree.categories.items()},
        cover=None if tree.cover is None else tree.cover[order],
    )


def _joined(parts: Sequence[Array], dtype: Any) -> Array:
    return np.concatenate(parts).astype(dtype) if len(parts) else np.zeros(0, dtype)
