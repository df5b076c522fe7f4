"""Where an XGBoost model's float32 sums begin, to the bit: the model itself tells.

base_score goes through the objective's link in C++, where logf differs by a unit between libms,
and a dart booster weighs its trees in a way that no document states. Of the few candidates,
the right one is what gives the booster's own margins, row by row.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from xgboost import Booster, DMatrix

from scorebundle.bundle.fields import Array

from .ensembles import Tree
from .xgboost_model import Model

ROWS = 512


class Calibrated(NamedTuple):
    """The start of each group's sum, and the trees with the booster's weights applied."""

    base: Array
    trees: list[Tree]


def calibrated(model: Model, booster: Booster, inplace: bool) -> Calibrated | None:
    """The candidate whose float32 sums are the booster's margins; None if there is none.

    Args:
        model: what the booster's document says.
        booster: the booster itself.
        inplace: whether it is used through inplace_predict (the scikit-learn estimators): a
            dart booster rounds otherwise there than through predict.
    """
    rows = _rows(model)
    matrix = DMatrix(
        rows,
        feature_names=booster.feature_names,
        feature_types=model.types or None,
        enable_categorical=True,
    )
    span: dict[str, Any] = {"iteration_range": (0, model.iterations), "strict_shape": True}
    leaves = booster.predict(matrix, pred_leaf=True, **span).reshape(ROWS, -1).astype(int)
    if inplace and model.weights is not None:
        margins = booster.inplace_predict(
            rows, predict_type="margin", validate_features=False, **span
        )
    else:
        margins = booster.predict(matrix, output_margin=True, **span)
    margins = margins.reshape(ROWS, -1)
    base = np.zeros(model.groups, np.float32)
    trees = list(model.trees)
    for group in range(model.groups):
        members = [i for i, tree in enumerate(model.trees) if tree.target == group]
        starts = [*model.base_candidates(group), *_measured(model, members, leaves, margins, group)]
        for start, weigh in product(starts, _weighings(model)):
            values = {i: weigh(model.trees[i].values, i, start) for i in members}
            total = np.full(ROWS, start, np.float32)
            for i in members:
                total = total + values[i][leaves[:, i], 0]
            if np.array_equal(total, margins[:, group]):
                base[group] = start
                for i in members:
                    trees[i] = trees[i]._replace(values=values[i])
                break
        else:
            return None
    return Calibrated(base, trees)


def _measured(
    model: Model, members: list[int], leaves: Array, margins: Array, group: int
) -> list[Any]:
    """What the margins say the start was, within rounding: for base_score at the link's ends."""
    total = sum(
        (model.trees[i].values[leaves[:, i], 0].astype(np.float64) for i in members),
        np.zeros(ROWS),
    )
    guess = np.float32(np.median(margins[:, group] - total))
    near = [guess]
    for _ in range(4):
        near = [
            np.nextafter(near[0], np.float32(-9e9)),
            *near,
            np.nextafter(near[-1], np.float32(9e9)),
        ]
    return near


def _weighings(model: Model) -> list[Any]:
    """Ways in which a booster may weigh its trees' values, all in float32."""
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
