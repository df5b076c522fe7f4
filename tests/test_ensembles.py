"""Trees put together: leaf numbers are the library's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scorebundle.bundle import ExportError
from scorebundle.bundle.graph import Builder, Graph, Input, Output
from scorebundle.bundle.ops import Numbers
from scorebundle.exporters import export_bundle
from scorebundle.exporters.ensembles import Tree, leaf_numbers
from scorebundle.runtime import Runtime


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeRegressor(max_depth=4),
        DecisionTreeClassifier(max_leaf_nodes=7),
        RandomForestClassifier(4, random_state=0),
        ExtraTreesRegressor(1, random_state=0),
    ],
    ids=repr,
)
def test_apply_of_scikit_learns_trees(estimator: Any) -> None:
    X = np.random.default_rng(0).normal(size=(200, 3))
    estimator.fit(X, np.digitize(X[:, 0] * X[:, 1], [-0.5, 0.5]))
    bundle = export_bundle(estimator, extras=["apply"])
    got = Runtime.load(bundle.to_bytes(), verify=True).score(X)["apply"]
    expected = estimator.apply(X)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_an_extra_that_only_an_inner_step_has_is_refused() -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    voting = TransformedTargetRegressor(DecisionTreeRegressor(max_depth=2)).fit(X, X[:, 0])
    with pytest.raises(ExportError, match="no 'apply'"):
        export_bundle(voting, extras=["apply"])


def test_leaf_numbers_are_those_of_apply() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(400, 3)).astype(np.float32)
    forest = RandomForestRegressor(5, random_state=0).fit(X, X[:, 0] * X[:, 1])
    trees = []
    for fitted in forest.estimators_:
        tree = fitted.tree_
        trees.append(
            Tree(
                left=tree.children_left,
                right=tree.children_right,
                feature=tree.feature,
                threshold=tree.threshold,
                default_left=tree.missing_go_to_left.astype(bool),
                values=tree.value[:, 0],
            )
        )
    builder = Builder()
    x = builder.add(Numbers(("a", "b", "c"), "float32"))
    op = leaf_numbers(trees, compare="le", threshold=np.float64, values=np.float64)
    leaves = builder.add(op, x)
    inputs = tuple(Input(name, "float32") for name in "abc")
    outputs = (Output("apply", (leaves.name,), "matrix"),)
    runtime = Runtime(Graph(inputs, tuple(builder.nodes), outputs))
    for count in (400, 1):
        got = runtime.score(X[:count])["apply"]
        np.testing.assert_array_equal(got, forest.apply(X[:count]))


def test_a_deep_forest_beside_shallow_trees_on_many_rows() -> None:
    """Deep trees take thousands of rows per block, the kernel on bits no more than 256."""
    random = np.random.default_rng(0)
    X = random.normal(size=(3000, 8))
    y = X[:, 0] * X[:, 1] + random.normal(size=len(X))
    members = [
        ("deep", RandomForestRegressor(4, random_state=0)),
        ("shallow", GradientBoostingRegressor(n_estimators=40)),
    ]
    voting = VotingRegressor(members).fit(X, y)
    got = Runtime.load(export_bundle(voting).to_bytes()).score(X)["predict"]
    np.testing.assert_array_equal(got, voting.predict(X))
