"""XGBoost's model document (doc/model.schema): what its JSON says, as trees and numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from xgboost import Booster

from scorebundle.bundle.fields import Array

from .ensembles import Tree

SIGMOIDS = ("binary:logistic", "reg:logistic")
EXPONENTIALS = ["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"]


@dataclass(frozen=True)
class Model:
    """A tree booster.

    Attributes:
        objective: its name, e.g. `binary:logistic`.
        features: number of columns.
        types: per column `c` for categories, else a numeric type; may be empty.
        categories: per column the category values that the codes stand for, or None.
        groups: margins per row.
        iterations: boosting rounds used.
        trees: of those rounds, without the booster's weights.
        weights: of the trees of a dart booster, else None.
        base_score: per group, as stored: before the objective's link.
        vector_leaves: whether one tree has values for all groups.
    """

    objective: str
    features: int
    types: list[str]
    categories: list[Array | None]
    groups: int
    iterations: int
    trees: list[Tree]
    weights: Array | None
    base_score: Array
    vector_leaves: bool

    def base_candidates(self, group: int) -> list[Any]:
        """The margins that base_score may mean, best guess first."""
        score = self.base_score[group % len(self.base_score)]
        with np.errstate(divide="ignore", invalid="ignore"):
            wide = np.float64(score)
            if self.objective in SIGMOIDS or self.objective == "binary:logitraw":
                guesses = [-np.log(np.float32(1) / score - np.float32(1)), -np.log(1 / wide - 1)]
            elif self.objective in EXPONENTIALS:
                guesses = [np.log(score), np.log(wide)]
            else:
                guesses = []
        result = []
        for guess in [*map(np.float32, guesses), score]:
            near = [
                guess,
                np.nextafter(guess, np.float32(-9e9)),
                np.nextafter(guess, np.float32(9e9)),
            ]
            result += near
        return result


def read(booster: Booster, iterations: int) -> Model:
    """Read a booster's trees up to `iterations` rounds; 0 is all."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    gradient_booster = learner["gradient_booster"]
    weights = gradient_booster.get("weight_drop")
    if "gbtree" in gradient_booster:  # dart holds a gbtree
        gradient_booster = gradient_booster["gbtree"]
    model = gradient_booster["model"]
    parameters = learner["learner_model_param"]
    starts = model["iteration_indptr"]
    used = iterations or len(starts) - 1
    count = starts[min(used, len(starts) - 1)]
    groups = max(int(parameters.get("num_class", 0)), int(parameters.get("num_target", 1)), 1)
    trees = [
        _tree(tree, target)
        for tree, target in zip(model["trees"][:count], model["tree_info"][:count], strict=True)
    ]
    types = list(learner.get("feature_types") or [])
    return Model(
        objective=learner["objective"]["name"],
        features=int(parameters["num_feature"]),
        types=types,
        categories=_categories(model.get("cats"), types),
        groups=groups,
        iterations=used,
        trees=trees,
        weights=None if weights is None else np.array(weights[:count], np.float32),
        base_score=_base_score(parameters["base_score"]),
        vector_leaves=any(int(t["tree_param"]["size_leaf_vector"]) > 1 for t in model["trees"]),
    )


def _base_score(text: str) -> Array:
    """`5E-1`, or since 3.1 a list, `[5E-1,2E-1]`."""
    return np.array([np.float32(item) for item in text.strip("[]").split(",")], np.float32)


def _tree(tree: dict[str, Any], target: int) -> Tree:
    left = np.array(tree["left_children"], np.int64)
    values = np.array(tree["split_conditions"], np.float64).astype(np.float32)
    starts, sizes = tree.get("categories_segments", []), tree.get("categories_sizes", [])
    codes = np.array(tree.get("categories", []), np.int64)
    return Tree(
        left=left,
        right=np.array(tree["right_children"], np.int64),
        feature=np.array(tree["split_indices"], np.int64),
        threshold=values,
        default_left=np.array(tree["default_left"]).astype(bool),
        values=values[:, None],
        target=target,
        categories={
            node: codes[start : start + size]
            for node, start, size in zip(
                tree.get("categories_nodes", []), starts, sizes, strict=True
            )
        },
    )


def _categories(stored: Any, types: list[str]) -> list[Array | None]:
    """Category values by column, if the model stores them (XGBoost 3.1 and newer)."""
    encoders = (stored or {}).get("enc", [])
    result: list[Array | None] = [None] * len(types)
    for position, encoder in enumerate(encoders[: len(types)]):
        if types[position] != "c" or not encoder.get("values"):
            continue
        values = encoder["values"]
        if "offsets" in encoder:
            data, edges = bytes(v % 256 for v in values), encoder["offsets"]
            # XGBoost (seen in 3.2) counts characters as bytes: words beyond ASCII are cut off.
            words = [data[a:b].decode("ascii", "replace") for a, b in pairwise(edges)]
            result[position] = np.array(words, dtype=str)
        else:
            result[position] = np.array(values, np.float64)
    return result
