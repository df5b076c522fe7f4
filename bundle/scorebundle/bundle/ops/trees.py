"""Decision trees and sums of them, as structure of arrays."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, integer, require, tensor
from ..types import FLOATS, MAX_WIDTH, Type

NO_CATEGORIES = np.zeros(0, np.uint32)


class Forest(Operator):
    """The splits and leaves of decision trees: what every operator on trees stores.

    At a split on number v = x[feature]:
        v is NaN                    → left if default_left, else right
        category_set is −1          → left if v ≤ threshold (`le`) or v < threshold (`lt`)
        category_set is s           → `categories_go` if trunc(v) is in set s, else the other
                                      side; a v below 0 or beyond the set is not in it
    The comparison is exact, whatever the two dtypes are. A leaf has feature −1; its `left` is
    its row of `values`.

    Tensors:
        starts[trees]           first node of each tree; a tree ends where the next starts
        feature, threshold, left, right, default_left, category_set [nodes]
        values[leaves, k]       what leaves hold
        set_starts[sets + 1]    where each category set's words begin in set_words
        set_words[words]        bit c % 32 of word c // 32 says that category c is in the set
    """

    compare: str = choice("le", "lt")
    categories_go: str = choice("left", "right")
    starts: Array = tensor("int32", "trees")
    feature: Array = tensor("int32", "nodes")
    threshold: Array = tensor("float32 float64", "nodes")
    left: Array = tensor("int32", "nodes")
    right: Array = tensor("int32", "nodes")
    default_left: Array = tensor("bool", "nodes")
    category_set: Array = tensor("int32", "nodes")
    values: Array = tensor("float32 float64", "leaves", "k")
    set_starts: Array = tensor("int32", "sets")
    set_words: Array = tensor("uint32", "words")

    def validate(self) -> None:
        self._validate_shape()
        self._validate_leaves()
        self._validate_splits()
        self._validate_categories()

    def _validate_shape(self) -> None:
        nodes, trees = len(self.feature), len(self.starts)
        if trees == 0:
            require(nodes == 0, "starts: nodes belong to no tree")
            return
        require(self.starts[0] == 0, "starts: the first tree must start at node 0")
        require(bool((np.diff(self.starts.astype(np.int64)) > 0).all()), "starts: must ascend")
        require(int(self.starts[-1]) < nodes, "starts: a tree lies beyond the nodes")

    def _validate_leaves(self) -> None:
        leaf = self.feature < 0
        require(bool((self.feature >= -1).all()), "feature: must be −1 or an index")
        rows = self.left[leaf]
        require(
            bool(((rows >= 0) & (rows < len(self.values))).all()),
            "left: a leaf names a row of values that does not exist",
        )
        require(bool((self.right[leaf] == -1).all()), "right: must be −1 at a leaf")
        require(bool((self.category_set[leaf] == -1).all()), "category_set: must be −1 at a leaf")

    def _validate_splits(self) -> None:
        nodes = len(self.feature)
        split = np.flatnonzero(self.feature >= 0)
        tree = np.repeat(np.arange(len(self.starts)), self.sizes())
        children = np.concatenate([self.left[split], self.right[split]])
        parents = np.concatenate([split, split])
        require(
            bool(((children > parents) & (children < nodes)).all()),
            "left, right: children must come after their parent",
        )
        require(
            bool((tree[children] == tree[parents]).all()),
            "left, right: a child lies in another tree",
        )
        degree = np.bincount(children, minlength=nodes)
        degree[self.starts] += 1
        require(bool((degree == 1).all()), "left, right: every node must have one parent")
        require(not np.isnan(self.threshold).any(), "threshold: must not be NaN")
        never = self.compare == "lt" and bool(np.isneginf(self.threshold).any())
        require(not never, "threshold: nothing is less than -inf")

    def _validate_categories(self) -> None:
        sets = len(self.set_starts) - 1
        require(sets >= 0, "set_starts: must hold at least the end")
        require(self.set_starts[0] == 0, "set_starts: must begin at 0")
        require(
            bool((np.diff(self.set_starts.astype(np.int64)) >= 0).all()),
            "set_starts: must not descend",
        )
        require(
            int(self.set_starts[-1]) == len(self.set_words), "set_starts: must end at the words"
        )
        require(
            bool(((self.category_set >= -1) & (self.category_set < sets)).all()),
            "category_set: names a set that does not exist",
        )

    def sizes(self) -> Array:
        """Number of nodes of each tree."""
        return np.diff(np.append(self.starts.astype(np.int64), len(self.feature)))

    def validate_input(self, x: Type) -> None:
        """Splits read columns that exist."""
        if len(self.feature):
            require(
                int(self.feature.max()) < x.width, f"feature: must be below the width {x.width}"
            )


class Trees(Forest):
    """base + the leaf values of every tree, added tree by tree in the values' dtype.

    Inputs: x, and optionally a value of `outputs` columns where each row's sums begin, in
    place of `base`.

    A leaf adds its row of values to the output columns target[tree] … target[tree] + k − 1.

    Tensors, beside those of `Forest`:
        base[outputs]           where the sums begin
        target[trees]           first output column of a tree's leaf values
    """

    arity = None
    outputs: int = integer(1, MAX_WIDTH)
    base: Array = tensor("float32 float64", "outputs")
    target: Array = tensor("int32", "trees")

    def validate(self) -> None:
        require(len(self.base) == self.outputs, "base: must have one number per output")
        require(self.base.dtype == self.values.dtype, "base: must have the values' dtype")
        super().validate()
        if len(self.starts):
            self._validate_targets()

    def _validate_targets(self) -> None:
        k = self.values.shape[1]
        require(1 <= k <= self.outputs, "values: must have 1 to `outputs` columns")
        last = self.outputs - k
        require(
            bool(((self.target >= 0) & (self.target <= last)).all()),
            "target: a tree writes beyond the outputs",
        )

    def output(self, *inputs: Type) -> Type:
        require(len(inputs) <= 2, "takes one or two inputs")
        x = inputs[0]
        result = Type(self.values.dtype.name, self.outputs)
        require(inputs[1:] in ((), (result,)), f"the second input must be {result}")
        require(x.dtype in FLOATS, f"needs float32 or float64, not {x.dtype}")
        require(
            (x.dtype, self.values.dtype.name) != ("float64", "float32"),
            "values: must be float64 where the input is",
        )
        self.validate_input(x)
        return result
