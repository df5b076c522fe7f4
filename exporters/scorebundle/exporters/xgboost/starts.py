"""Where an XGBoost model's float32 sums begin, to the bit: the model itself tells.

base_score goes through the objective's link in C++, where logf differs by a unit between libms,
and a dart booster weighs its trees in a way that no document states. Of the few candidates,
the right one is what gives the booster's own margins, row by row. Without the library, the
best guess is taken: the correctly rounded one.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

from ..ensembles import Tree
from .model import Model

ROWS = 512


class Start(NamedTuple):
    """The start of each group's sum, and the trees with the booster's weights applied."""

    base: Array
    trees: list[Tree]


Weigh = Callable[[Array, int, Any], Array]


def guessed(model: Model, inplace: bool) -> Start:
    """The likeliest candidates, where there is no library to ask."""
    groups = [0 if model.linear is not None else group for group in range(model.groups)]
    base = np.array([model.base_candidates(group)[0] for group in groups], np.float32)
    weigh = _weighings(model)[-1 if inplace else 0]
    trees = [
        tree._replace(values=weigh(tree.values, i, base[tree.target : tree.target + 1]))
        for i, tree in enumerate(model.trees)
    ]
    return Start(_biased(model, base), trees)


def calibrated(model: Model, booster: Any, inplace: bool) -> Start | None:
    """The candidate whose float32 sums are the booster's margins; None if there is none.

    Args:
        model: what the booster's document says.
        booster: the booster itself.
        inplace: whether it is used through inplace_predict (the scikit-learn estimators): a
            dart booster rounds otherwise there than through predict.
    """
    from xgboost import DMatrix

    rows = _rows(model)
    matrix = DMatrix(
        rows,
        feature_names=booster.feature_names,
        feature_types=model.types or None,
        enable_categorical=True,
    )
    span: dict[str, Any] = {"iteration_range": (0, model.iterations)}
    if model.linear is not None:
        margins = booster.predict(matrix, output_margin=True)
        return _calibrated_linear(model, rows, margins.reshape(ROWS, -1))
    leaves = booster.predict(matrix, pred_leaf=True, **span).reshape(ROWS, -1).astype(int)
    if inplace and model.weights is not None:
        margins = booster.inplace_predict(
            rows, predict_type="margin", validate_features=False, **span
        )
    else:
        margins = booster.predict(matrix, output_margin=True, **span)
    return _calibrated_trees(model, leaves, margins.reshape(ROWS, -1))


def _calibrated_trees(model: Model, leaves: Array, margins: Array) -> Start | None:
    base = np.zeros(model.groups, np.float32)
    trees = list(model.trees)
    for group in range(model.groups):
        members = [
            i
            for i, tree in enumerate(model.trees)
            if tree.target <= group < tree.target + tree.values.shape[1]
        ]
        columns = {i: group - model.trees[i].target for i in members}
        reached = {i: model.trees[i].values[leaves[:, i], columns[i]] for i in members}
        near = _measured(reached, margins[:, group])
        for start, weigh in product([*model.base_candidates(group), *near], _weighings(model)):
            total = np.full(ROWS, start, np.float32)
            for i in members:
                total = total + weigh(reached[i], i, start)
            if np.array_equal(total, margins[:, group]):
                base[group] = start
                for i in members:
                    trees[i] = trees[i]._replace(values=weigh(model.trees[i].values, i, start))
                break
        else:
            return None
    return Start(base, trees)


def _calibrated_linear(model: Model, rows: Array, margins: Array) -> Start | None:
    """bias + base_score, then each column's product added in order (gblinear.cc, Pred)."""
    assert model.linear is not None
    base = np.zeros(model.groups, np.float32)
    for group in range(model.groups):
        # XGBoost (seen in 3.2) takes the first base_score for all groups.
        for start in [*model.base_candidates(group), *model.base_candidates(0)]:
            total = np.full(ROWS, model.linear[-1, group] + start, np.float32)
            for column in range(model.features):
                total = total + rows[:, column] * model.linear[column, group]
            if np.array_equal(total, margins[:, group]):
                base[group] = start
                break
        else:
            return None
    return Start(_biased(model, base), [])


def _biased(model: Model, base: Array) -> Array:
    return base if model.linear is None else (model.linear[-1] + base).astype(np.float32)


def _measured(reached: dict[int, Array], margins: Array) -> list[Any]:
    """What the margins say the start was, within rounding: for base_score at the link's ends."""
    total = sum((values.astype(np.float64) for values in reached.values()), np.zeros(ROWS))
    guess = np.float32(np.median(margins - total))
    near = [guess]
    for _ in range(4):
        low = np.nextafter(near[0], np.float32(-np.inf))
        near = [low, *near, np.nextafter(near[-1], np.float32(np.inf))]
    return near


def _weighings(model: Model) -> list[Weigh]:
    """Ways in which a booster may weigh its trees' values, all in float32: for predict, and
    for inplace_predict."""
    weights = model.weights
    if weights is None:
        return [lambda values, tree, start: values]
    return [
        lambda values, tree, start: values * weights[tree],
        # Dart::PredictBatch predicts each tree with base_score, and takes that off again.
        lambda values, tree, start: (values + start - start) * weights[tree],
    ]


def _rows(model: Model) -> Array:
    """Rows near the model's own thresholds, so that they reach many leaves."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(ROWS, model.features)).astype(np.float32)
    for feature in range(model.features):
        cuts = [t.threshold[(t.left >= 0) & (t.feature == feature)] for t in model.trees]
        known = np.concatenate(cuts) if cuts else np.zeros(0)
        if feature < len(model.types) and model.types[feature] == "c":
            rows[:, feature] = 0
        elif len(known):
            rows[:, feature] = random.choice(known, ROWS) + random.choice([-1e-3, 0, 1e-3], ROWS)
    return rows
