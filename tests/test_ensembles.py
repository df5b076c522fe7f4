"""Trees put together: leaf numbers are the library's own."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from scorebundle.bundle.graph import Builder, Graph, Input, Output
from scorebundle.bundle.ops import Numbers
from scorebundle.exporters.ensembles import Tree, leaf_numbers
from scorebundle.runtime import Runtime


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
