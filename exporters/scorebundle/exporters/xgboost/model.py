"""XGBoost's model document (doc/model.schema), as saved by 1.7 and newer: trees and numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.fields import Array

from ..ensembles import Tree
from . import ubjson

SIGMOIDS = ("binary:logistic", "reg:logistic")
EXPONENTIALS = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft")


@dataclass(frozen=True)
class Model:
    """A booster.

    Attributes:
        objective: its name, e.g. `binary:logistic`.
        features: number of columns.
        names: of the columns; may be empty.
        types: per column `c` for categories, else a numeric type; may be empty.
        categories: per column the category values that the codes stand for, or None.
        groups: margins per row.
        iterations: boosting rounds used.
        trees: of those rounds, without the booster's weights.
        weights: of the trees of a dart booster, else None.
        linear: (features + 1, groups) of a gblinear booster, the biases last; else None.
        base_score: per group, as stored: before the objective's link.
        attributes: what its user or the scikit-learn wrapper stored beside it.
        version: of the XGBoost that saved it.
    """

    objective: str
    features: int
    names: list[str]
    types: list[str]
    categories: list[Array | None]
    groups: int
    iterations: int
    trees: list[Tree]
    weights: Array | None
    linear: Array | None
    base_score: Array
    attributes: dict[str, str]
    version: str

    def base_candidates(self, group: int) -> list[Any]:
        """The margins that base_score may mean, best guess first."""
        score = self.base_score[group % len(self.base_score)]
        with np.errstate(divide="ignore", invalid="ignore"):
            wide = np.float64(score)
            if self.objective in SIGMOIDS or self.objective == "binary:logitraw":
                odds = np.float32(1) / score - np.float32(1)
                guesses = [-np.log(np.float64(odds)), -np.log(1 / wide - 1)]
            elif self.objective in EXPONENTIALS:
                guesses = [np.log(wide)]
            else:
                guesses = []
        below, above = np.float32(-np.inf), np.float32(np.inf)
        result = []
        for guess in [*map(np.float32, guesses), score]:
            result += [guess, np.nextafter(guess, below), np.nextafter(guess, above)]
        return result


def document(data: bytes) -> Any:
    """The document in a model file's bytes, JSON or UBJSON.

    Raises:
        Violation: naming the rule that the bytes break.
    """
    if data[:1] == b"{" and data[1:2] in b"LlIiU" and data[1:2]:
        return ubjson.parse(data)
    if data[:4] in (b"binf", b"bs64", b"CONF"):
        raise Violation("is the old binary format: save it as .json with the XGBoost that wrote it")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Violation(f"is neither JSON nor UBJSON: {error}") from None


def read(saved: Any, iterations: int = 0) -> Model:
    """Read a document's trees up to `iterations` rounds; 0 is all.

    Raises:
        Violation: if it is not the document of a booster.
    """
    try:
        return _model(saved["learner"], saved.get("version", []), iterations)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        if isinstance(error, Violation):
            raise
        raise Violation(f"is not the document of an XGBoost model: {error!r:.200}") from None


def _model(learner: dict[str, Any], version: Any, iterations: int) -> Model:
    booster = learner["gradient_booster"]
    parameters = learner["learner_model_param"]
    features = int(parameters["num_feature"])
    groups = max(int(parameters.get("num_class", 0)), int(parameters.get("num_target", 1)), 1)
    weights = booster.get("weight_drop")
    linear, trees, used, categories = None, [], 0, None
    if booster.get("name") == "gblinear":
        shape = (features + 1, groups)
        linear = np.array(booster["model"]["weights"], np.float32).reshape(shape)
    else:
        model = booster.get("gbtree", booster)["model"]  # dart holds a gbtree
        starts = _starts(model, groups)
        used = min(iterations or len(starts) - 1, len(starts) - 1)
        count = starts[used]
        sizes = zip(model["trees"][:count], model["tree_info"][:count], strict=True)
        trees = [_tree(tree, int(target), features) for tree, target in sizes]
        categories = model.get("cats")
        weights = None if weights is None else np.array(weights[:count], np.float32)
        _check_trees(trees, weights, groups)
    types = [str(kind) for kind in learner.get("feature_types") or []]
    return Model(
        objective=str(learner["objective"]["name"]),
        features=features,
        names=[str(name) for name in learner.get("feature_names") or []],
        types=types,
        categories=_categories(categories, types),
        groups=groups,
        iterations=used,
        trees=trees,
        weights=weights,
        linear=linear,
        base_score=_base_score(str(parameters["base_score"])),
        attributes=dict(learner.get("attributes") or {}),
        version=".".join(str(int(part)) for part in version),
    )


def _starts(model: dict[str, Any], groups: int) -> list[int]:
    """First tree of each round, and the end; before 2.0 all rounds had the same number."""
    if "iteration_indptr" in model:
        return [int(start) for start in model["iteration_indptr"]]
    parallel = max(1, int(model["gbtree_model_param"].get("num_parallel_tree", 1)))
    return list(range(0, len(model["trees"]) + 1, parallel * groups))


def _check_trees(trees: list[Tree], weights: Array | None, groups: int) -> None:
    widths = {tree.values.shape[1] for tree in trees}
    if widths - {1, groups} or len(widths) > 1:
        raise Violation(f"leaves hold {sorted(widths)} values where there are {groups} outputs")
    if any(not 0 <= tree.target < groups for tree in trees):
        raise Violation("tree_info names an output that does not exist")
    if weights is not None and len(weights) != len(trees):
        raise Violation("weight_drop must have one weight per tree")


def _base_score(text: str) -> Array:
    """`5E-1`, or since 3.1 a list, `[5E-1,2E-1]`."""
    return np.array([np.float32(item) for item in text.strip("[]").split(",")], np.float32)


def _tree(tree: dict[str, Any], target: int, features: int) -> Tree:
    left = np.array(tree["left_children"], np.int64)
    right = np.array(tree["right_children"], np.int64)
    feature = np.array(tree["split_indices"], np.int64)
    cuts = np.array(tree["split_conditions"], np.float64).astype(np.float32)
    starts, sizes = tree.get("categories_segments", []), tree.get("categories_sizes", [])
    codes = np.array(tree.get("categories", []), np.int64)
    nodes = tree.get("categories_nodes", [])
    grown = Tree(
        left=left,
        right=right,
        feature=feature,
        threshold=cuts,
        default_left=np.array(tree["default_left"]).astype(bool),
        values=_leaves(tree, cuts, left, right),
        target=target,
        categories={
            int(node): codes[int(start) : int(start) + int(size)]
            for node, start, size in zip(nodes, starts, sizes, strict=True)
        },
        cover=np.array(tree["sum_hessian"], np.float64).astype(np.float32)
        if "sum_hessian" in tree
        else None,
    )
    _check_tree(grown, features)
    return grown


def _leaves(tree: dict[str, Any], cuts: Array, left: Array, right: Array) -> Array:
    """(nodes, k): a leaf's value lies in its condition; vectors lie apart.

    Since 3.2 a leaf's right child is its row of `leaf_weights`; before, vectors are the nodes'
    `base_weights`.
    """
    width = int(tree["tree_param"].get("size_leaf_vector", 1))
    if width <= 1:
        return cuts[:, None]
    if "leaf_weights" in tree:
        rows = np.array(tree["leaf_weights"], np.float64).astype(np.float32).reshape(-1, width)
        return np.where((left < 0)[:, None], rows[np.where(left < 0, right, 0)], 0)
    vectors = np.array(tree["base_weights"], np.float64).astype(np.float32)
    return vectors.reshape(len(left), width)


def _check_tree(tree: Tree, features: int) -> None:
    """Every node but the root is the child of at most one split: walks end."""
    nodes = len(tree.left)
    arrays = [tree.right, tree.feature, tree.threshold, tree.default_left, tree.values]
    arrays += [] if tree.cover is None else [tree.cover]
    if not nodes or any(len(array) != nodes for array in arrays):
        raise Violation("a tree's arrays differ in length")
    split = tree.left >= 0
    children = np.concatenate([tree.left[split], tree.right[split]])
    inside = bool(((children > 0) & (children < nodes)).all())
    if not inside or bool((np.bincount(children, minlength=nodes) > 1).any()):
        raise Violation("a tree's children do not form a tree")
    used = tree.feature[split]
    if not bool(((used >= 0) & (used < features)).all()):
        raise Violation("a tree splits a column that does not exist")
    if any(not 0 <= node < nodes or (codes < 0).any() for node, codes in tree.categories.items()):
        raise Violation("a tree's category sets name what does not exist")


def _categories(stored: Any, types: list[str]) -> list[Array | None]:
    """Category values by column, if the model stores them (XGBoost 3.1 and newer)."""
    encoders = (stored or {}).get("enc", [])
    result: list[Array | None] = [None] * len(types)
    for position, encoder in enumerate(encoders[: len(types)]):
        values = encoder.get("values")
        if types[position] != "c" or values is None or not len(values):
            continue
        if "offsets" in encoder:
            data = bytes(int(v) % 256 for v in values)
            # XGBoost (seen in 3.2) counts characters as bytes: words beyond ASCII are cut off.
            words = [data[a:b].decode("ascii", "replace") for a, b in pairwise(encoder["offsets"])]
            result[position] = np.array(words, dtype=str)
        else:
            result[position] = np.array(values, np.float64)
    return result
