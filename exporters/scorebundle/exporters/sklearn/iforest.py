"""sklearn.ensemble.IsolationForest, and RandomTreesEmbedding: where rows come to rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import IsolationForest, RandomTreesEmbedding
from sklearn.ensemble._iforest import _average_path_length

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import OneHot

from ..columns import Columns
from ..ensembles import grow
from ..export import Export
from ..registry import Outputs, Result, exports
from .trees import tree_input, tree_of


@exports(IsolationForest)
def isolation_forest(estimator: Any, x: Columns, to: Export) -> Outputs:
    """score_samples = −2^(−depths / expected depth); outliers score below offset_."""
    depths = _depths(estimator, x, to)
    expected = float(_average_path_length([estimator._max_samples])[0])
    expected *= len(estimator.estimators_)
    ratio = to.binary("divide", depths, expected) if expected else _ones_like(depths, to)
    scores = to.unary("negative", to.unary("exp2", to.unary("negative", ratio)))
    decision = to.binary("subtract", scores, float(estimator.offset_))
    inside = to.binary("greater_equal", decision, 0)
    return {
        "predict": to.positive_labels(inside, np.array([-1, 1])),
        "decision_function": Result((decision,), "vector"),
        "score_samples": Result((scores,), "vector"),
    }


def _depths(estimator: Any, x: Columns, to: Export) -> Value:
    """Sum over the trees of the depth of the leaf, and what its rows would add to it.

    A NaN that a sparse matrix stores goes right in every tree: there the library only compares.
    """
    trees = []
    for position, step in enumerate(estimator.estimators_):
        depth = (
            estimator._decision_path_lengths[position]
            + estimator._average_path_length_per_tree[position]
            - 1.0
        )
        tree = tree_of(step, np.asarray(depth)[:, np.newaxis])
        columns = np.asarray(estimator.estimators_features_[position])
        feature = np.where(tree.left >= 0, columns[np.maximum(tree.feature, 0)], -1)
        default_left = tree.default_left & (not x.sparse)
        trees.append(tree._replace(feature=feature, default_left=default_left))
    op = grow(trees, compare="le", base=np.zeros(1), values=np.float64, threshold=np.float64)
    return to.add(op, to.cast(x.numbers(), "float32"))


def _ones_like(depths: Value, to: Export) -> Value:
    """A tree of one row has no expected depth; scikit-learn takes 1 then."""
    return to.select(to.concat([depths, to.constant(1.0)]), [1])


@exports(RandomTreesEmbedding)
def random_trees_embedding(estimator: Any, x: Columns, to: Export) -> Outputs:
    """For each tree, 1 in the column of the leaf that a row reaches."""
    trees, sizes = [], []
    for position, step in enumerate(estimator.estimators_):
        leaves = np.asarray(estimator.one_hot_encoder_.categories_[position])
        numbers = np.zeros((step.tree_.node_count, 1))
        numbers[leaves, 0] = np.arange(len(leaves))
        trees.append(tree_of(step, numbers, position))
        sizes.append(len(leaves))
    base = np.zeros(len(trees))
    op = grow(trees, compare="le", base=base, values=np.float64, threshold=np.float64)
    value = to.add(op, tree_input(estimator.estimators_[0], x, to))
    codes = to.cast(value, "int64")
    parts = [
        to.add(OneHot(size, "float64"), to.select(codes, [position]))
        for position, size in enumerate(sizes)
    ]
    return {"transform": Columns.of(to, to.concat(parts), estimator.sparse_output)}
