"""sklearn.tree and the forests of sklearn.ensemble."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax

from ..columns import Columns
from ..ensembles import Tree, grow, leaf_numbers
from ..export import Export
from ..registry import Outputs, Result, exports


def tree_of(estimator: Any, values: Array, target: int = 0) -> Tree:
    """A fitted sklearn tree with the given leaf values."""
    tree = estimator.tree_
    nodes = tree.__getstate__()["nodes"]
    default_left = np.zeros(len(nodes), bool)
    if "missing_go_to_left" in nodes.dtype.names:
        default_left = nodes["missing_go_to_left"].astype(bool)
    return Tree(
        left=np.asarray(tree.children_left, np.int64),
        right=np.asarray(tree.children_right, np.int64),
        feature=np.asarray(tree.feature, np.int64),
        threshold=np.asarray(tree.threshold, np.float64),
        default_left=default_left,
        values=values,
        target=target,
    )


def tree_input(estimator: Any, x: Columns, to: Export) -> Value:
    """BaseDecisionTree._validate_X_predict: float32, finite unless the tree knows missing
    values, which it never does in a sparse matrix."""
    value = to.cast(x.numbers(), "float32")
    return to.finite(value, allow_nan=supports_missing(estimator) and not x.sparse)


def supports_missing(estimator: Any) -> bool:
    """Whether a fitted tree accepts NaN."""
    check = getattr(estimator, "_support_missing_values", None)
    return check is not None and bool(check(np.zeros((1, 1), np.float32)))


def _summed(estimator: Any, members: Any, value: Value, to: Export) -> Value:
    """Sum of the members' leaf values, every target's side by side."""
    trees = [tree_of(member, _flat_values(estimator, member)) for member in members]
    base = np.zeros(trees[0].values.shape[1])
    return to.add(
        grow(trees, compare="le", base=base, values=np.float64, threshold=np.float64), value
    )


def _leaves(members: Any, value: Value, to: Export, shape: str) -> Outputs:
    """apply, where it is asked for: the node number of the leaf in each tree."""
    if not to.asked("apply"):
        return {}
    trees = [tree_of(member, np.zeros((member.tree_.node_count, 1))) for member in members]
    op = leaf_numbers(trees, compare="le", values=np.float64, threshold=np.float64)
    return {"apply": Result((to.cast(to.add(op, value), "int64"),), shape)}


def _flat_values(estimator: Any, member: Any) -> Array:
    """(nodes, numbers): per target the class shares, or the mean."""
    values = np.asarray(member.tree_.value)
    if not hasattr(estimator, "n_classes_"):
        return values[:, :, 0]
    sizes = np.atleast_1d(estimator.n_classes_)
    return np.concatenate([values[:, k, :size] for k, size in enumerate(sizes)], axis=1)


@exports(DecisionTreeRegressor, ExtraTreeRegressor)
def tree_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The value of the leaf."""
    x_value = tree_input(estimator, x, to)
    value = _summed(estimator, [estimator], x_value, to)
    shape = "vector" if estimator.n_outputs_ == 1 else "matrix"
    return {
        "predict": Result((value,), shape),
        **_leaves([estimator], x_value, to, "vector"),
    }


@exports(RandomForestRegressor, ExtraTreesRegressor)
def forest_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean of the trees: summed tree by tree, then divided."""
    members = estimator.estimators_
    x_value = tree_input(members[0], x, to)
    value = to.binary("divide", _summed(estimator, members, x_value, to), float(len(members)))
    shape = "vector" if estimator.n_outputs_ == 1 else "matrix"
    return {"predict": Result((value,), shape), **_leaves(members, x_value, to, "matrix")}


@exports(DecisionTreeClassifier, ExtraTreeClassifier)
def tree_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The class shares of the leaf."""
    value = tree_input(estimator, x, to)
    outputs = _classified(estimator, _summed(estimator, [estimator], value, to), to)
    return {**outputs, **_leaves([estimator], value, to, "vector")}


@exports(RandomForestClassifier, ExtraTreesClassifier)
def forest_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean of the trees' class shares."""
    members = estimator.estimators_
    value = tree_input(members[0], x, to)
    mean = to.binary("divide", _summed(estimator, members, value, to), float(len(members)))
    return {**_classified(estimator, mean, to), **_leaves(members, value, to, "matrix")}


def _classified(estimator: Any, proba: Value, to: Export) -> Outputs:
    if estimator.n_outputs_ == 1:
        return {
            "predict": to.argmax_labels(proba, estimator.classes_),
            "predict_proba": Result((proba,), "matrix"),
            "predict_log_proba": Result((to.unary("log", proba),), "matrix"),
        }
    edges = np.cumsum([0, *estimator.n_classes_])
    parts = [to.select(proba, range(first, last)) for first, last in pairwise(edges)]
    codes = [to.add(ArgMax(), part) for part in parts]
    labels = [to.labels(c, k) for c, k in zip(codes, estimator.classes_, strict=True)]
    return {
        "predict": Result(tuple(labels), "matrix"),
        "predict_proba": Result(tuple(parts), "list"),
        "predict_log_proba": Result(tuple(to.unary("log", part) for part in parts), "list"),
    }
