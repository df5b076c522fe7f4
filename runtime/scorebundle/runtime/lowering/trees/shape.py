"""Where every node of an ensemble stands: what all kernels' preparations begin with."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Forest, Trees

from ...assembler import Assembler


class Shape:
    """Levels and ways of an ensemble's nodes, found level by level for all trees at once.

    Attributes:
        tree, level: of every node; a root's level is 0.
        side: 1 for right children.
        parent: of every node, −1 for roots.
        heap: number of every node in a perfect heap, 1 for roots; wrong (but harmless) below
            60 levels.
        levels, splits: of each tree: splits on its longest way, and of all.
        by_level: the splits of each level.
        order: of each split, its number in its tree, level by level.
        slot: of every node, its number in its tree: 0 for the root, 2 i + 1 and 2 i + 2 for the
            children of split i.
    """

    def __init__(self, op: Forest) -> None:
        nodes, trees = len(op.feature), len(op.starts)
        self.tree = np.repeat(np.arange(trees), op.sizes())
        self.level = np.zeros(nodes, np.int64)
        self.side = np.zeros(nodes, np.int64)
        self.parent = np.full(nodes, -1, np.int64)
        self.heap = np.ones(nodes, np.int64)
        self.by_level: list[Array] = []
        here = op.starts.astype(np.int64)
        for level in range(nodes):
            here = here[op.feature[here] >= 0]
            if not len(here):
                break
            self.by_level.append(here)
            left, right = op.left[here], op.right[here]
            for side, child in enumerate((left, right)):
                self.parent[child], self.level[child], self.side[child] = here, level + 1, side
                self.heap[child] = 2 * self.heap[here] + side
            here = np.stack([left, right], axis=1).ravel().astype(np.int64)
        self.levels = np.zeros(trees, np.int64)
        np.maximum.at(self.levels, self.tree, self.level)
        split = np.flatnonzero(op.feature >= 0)
        self.splits = np.bincount(self.tree[split], minlength=trees)
        split = split[np.lexsort((self.level[split], self.tree[split]))]
        self.order = np.zeros(nodes, np.int64)
        before = np.cumsum(self.splits) - self.splits
        self.order[split] = np.arange(len(split)) - before[self.tree[split]]
        child = 2 * self.order[np.maximum(self.parent, 0)] + 1 + self.side
        self.slot = np.where(self.parent < 0, 0, child)

    def leaf_numbers(self, op: Forest) -> Array:
        """The number of each leaf in its tree, from left to right."""
        leaves = (op.feature < 0).astype(np.int64)
        for here in reversed(self.by_level):
            leaves[here] = leaves[op.left[here]] + leaves[op.right[here]]
        first = np.zeros(len(leaves), np.int64)
        for here in self.by_level:
            first[op.left[here]] = first[here]
            first[op.right[here]] = first[here] + leaves[op.left[here]]
        return first


def shape_of(op: Forest, to: Assembler) -> Shape:
    """The shape of an ensemble, found once for a model."""
    shape: Shape = to.found((id(op), "shape"), lambda: Shape(op))
    return shape


def runs(op: Trees) -> list[tuple[int, Array]]:
    """Trees by output column, in their own order within each: sums know no other order."""
    order = np.argsort(op.target, kind="stable")
    columns, first = np.unique(op.target[order], return_index=True)
    parts = np.split(order, first[1:])
    return [(int(column), part) for column, part in zip(columns, parts, strict=True)]
