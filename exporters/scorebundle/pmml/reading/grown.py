"""Nodes of the Trees operator for one tree, before it joins the others."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

LEAF: Final = -1
MAX_NODES: Final = 1 << 24


class Grown(NamedTuple):
    """Nodes of the operator for one tree; positions are within it.

    Attributes:
        feature, threshold, left, right, default_left, category_set: as in Trees; a leaf's left
            is a row of `ends`.
        ends: the Node whose numbers a leaf holds; −1 for nothing.
    """

    feature: Array
    threshold: Array
    left: Array
    right: Array
    default_left: Array
    category_set: Array
    ends: Array


class Emitted:
    """The nodes so far."""

    def __init__(self) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.default_left: list[bool] = []
        self.category_set: list[int] = []
        self.rows: dict[int, int] = {}

    @property
    def size(self) -> int:
        """The position of the next node."""
        return len(self.feature)

    def append(self, feature: int, threshold: float, codes: int = -1) -> int:
        """Append a node, whose children are set later; its position."""
        place = self.size
        if place > MAX_NODES:
            raise MemoryError("more than 16 million nodes")
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.left.append(-1)
        self.right.append(-1)
        self.default_left.append(False)
        self.category_set.append(codes)
        return place

    def leaf(self, node: int) -> None:
        """Append a leaf that holds a Node's numbers; −1 for nothing."""
        place = self.append(LEAF, 0.0)
        self.left[place] = self.rows.setdefault(node, len(self.rows))

    def grown(self) -> Grown:
        """All of them as columns."""
        return Grown(
            np.array(self.feature, np.int32),
            np.array(self.threshold, np.float64),
            np.array(self.left, np.int32),
            np.array(self.right, np.int32),
            np.array(self.default_left, bool),
            np.array(self.category_set, np.int32),
            np.array(list(self.rows), np.int64),
        )


def rows_of(values: Any, ends: Array, nothing: float) -> Array:
    """The leaves' numbers, of those of the Nodes."""
    found = np.asarray(values, np.float64)[ends]
    found[ends < 0] = nothing
    return found
