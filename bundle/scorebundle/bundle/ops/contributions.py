"""What each column contributes to a sum of trees."""

from __future__ import annotations

import numpy as np

from ..fields import Array, choice, require, tensor
from ..types import Type
from .trees import Forest

MAX_LEVELS = 60
"""Most splits on one way: bounds a leaf's work, which grows with their square."""

MAX_SPLITS = 1 << 26
"""Most splits on the ways to all leaves: bounds what a reader prepares."""


class TreeContributions(Forest):
    """What each column of x adds to the trees' expected value, in float32.

    The value of node j of a tree is its leaf value, or the mean of its children's, each times
    its `cover` and over the cover of j. A tree's contributions are, one per column:
        `saabas`    the sum of value(child) − value(node) over the splits of that column on the
                    row's way (Saabas 2014)
        `shapley`   the Shapley values of the game in which the columns of a set S are known:
                    a split on one of S goes the row's way, others go both ways by their covers
                    (Lundberg, Erion and Lee 2018, algorithm 2: EXTEND and UNWIND as there, the
                    row's own child before the other, leaf by leaf)
    The result is Σ over the trees, in order, of a tree's contributions · its weight.

    Tensors, beside those of `Forest`:
        cover[nodes]    weight of the training rows that reached a node; above 0 at splits
        weights[trees]  what a tree's contributions are multiplied by
    """

    method: str = choice("shapley", "saabas")
    threshold: Array = tensor("float32", "nodes")
    values: Array = tensor("float32", "leaves", "k")
    cover: Array = tensor("float32", "nodes")
    weights: Array = tensor("float32", "trees")

    def validate(self) -> None:
        super().validate()
        require(self.values.shape[1] == 1, "values: must have one column")
        for name in ("values", "cover", "weights"):
            require(bool(np.isfinite(getattr(self, name)).all()), f"{name}: must be finite")
        split = self.feature >= 0
        require(bool((self.cover >= 0).all()), "cover: must not be negative")
        require(bool((self.cover[split] > 0).all()), "cover: must be above 0 at splits")
        splits = [len(here) for here in self.levels()]
        require(len(splits) <= MAX_LEVELS, f"left, right: a way has more than {MAX_LEVELS} splits")
        # A split at level j lengthens two ways to j + 1 each, and ends one of j.
        total = sum((level + 2) * count for level, count in enumerate(splits))
        require(total <= MAX_SPLITS, f"left, right: the ways have more than {MAX_SPLITS} splits")

    def levels(self) -> list[Array]:
        """The splits by their distance from the root, as far as one beyond what is allowed."""
        result: list[Array] = []
        here = self.starts[self.feature[self.starts] >= 0]
        while len(here) and len(result) <= MAX_LEVELS:
            result.append(here)
            here = np.concatenate([self.left[here], self.right[here]])
            here = here[self.feature[here] >= 0]
        return result

    def means(self) -> Array:
        """The value of every node."""
        result = np.zeros(len(self.feature), np.float32)
        leaf = self.feature < 0
        result[leaf] = self.values[self.left[leaf], 0]
        with np.errstate(over="ignore", invalid="ignore"):
            for here in reversed(self.levels()):
                left, right = self.left[here], self.right[here]
                total = result[left] * self.cover[left]
                total += result[right] * self.cover[right]
                result[here] = total / self.cover[here]
        return result

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x.dtype == "float32", f"needs float32, not {x.dtype}")
        self.validate_input(x)
        return x
