"""What each column contributes to a booster's margin (Booster.predict, pred_contribs=True)."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import missing

from ..ensembles import contributions
from ..export import Export
from ..registry import Outputs, Result
from .margins import SPLITS
from .model import Model
from .starts import Start

METHODS = {"contribs": "shapley", "approx_contribs": "saabas"}
"""Extra outputs, and how their numbers are found."""

ALONE = "leave it out of extras"


def contributions_of(
    model: Model, start: Start | None, value: Value, given: Value | None, to: Export
) -> Outputs:
    """`contribs` and `approx_contribs`, where they are asked for: one column per feature, and last
    the bias; of several outputs a list with one matrix each."""
    asked = [name for name in METHODS if to.asked(name)]
    if not asked or start is None:
        return {}
    value = to.finite(value, allow_nan=True)  # XGBoost has them from a DMatrix only
    if model.linear is not None:
        groups = _linear(model, start.base, value, given, to)
        return {name: _result(groups) for name in asked}
    _check(model, asked[0], to)
    return {
        name: _result(
            [
                _trees(model, METHODS[name], group, start.base[group], value, given, to)
                for group in range(model.groups)
            ]
        )
        for name in asked
    }


def _check(model: Model, name: str, to: Export) -> None:
    if any(tree.values.shape[1] > 1 for tree in model.trees):
        to.block(f"{name}: XGBoost has none of trees with vector leaves", ALONE)
    if any(tree.cover is None for tree in model.trees):
        to.block(f"{name}: the model does not hold the cover of its nodes", ALONE)
    for tree in model.trees:
        assert tree.cover is not None
        if not (tree.cover[tree.left >= 0] > 0).all():
            to.block(f"{name}: no training row reached a split (its cover is 0)", ALONE)


def _trees(
    model: Model,
    method: str,
    group: int,
    base: np.float32,
    value: Value,
    given: Value | None,
    to: Export,
) -> Value:
    """One output's: of each of its trees, added in boosting order to 0; base_score comes last."""
    members = [number for number, tree in enumerate(model.trees) if tree.target == group]
    weights = np.ones(len(model.trees), np.float32) if model.weights is None else model.weights
    op = contributions([model.trees[i] for i in members], method, weights[members], **SPLITS)
    expected = np.float32(0)
    for mean, weight in zip(op.means()[op.starts], op.weights, strict=True):
        expected += mean * weight
    if given is None:
        bias = to.constant(np.float32(expected + base))
    else:
        bias = to.binary("add", to.constant(expected), to.select(given, [group]))
    return to.concat([to.add(op, value), bias])


def _linear(
    model: Model, base: Array, value: Value, given: Value | None, to: Export
) -> list[Value]:
    """Each column's product with its weight, 0 where it is missing (GBLinear)."""
    assert model.linear is not None
    absent = to.add(missing(float("nan")), value)
    bias = to.constant(base)
    if given is not None:
        bias = to.binary("add", to.constant(model.linear[-1]), given)
    groups = []
    for group in range(model.groups):
        products = to.binary("multiply", value, model.linear[:-1, group])
        groups.append(to.concat([to.where(absent, 0.0, products), to.select(bias, [group])]))
    return groups


def _result(groups: list[Value]) -> Result:
    return Result(tuple(groups), "matrix" if len(groups) == 1 else "list")
