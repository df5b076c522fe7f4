"""sklearn.ensemble.GradientBoosting*: an initial score, plus learning_rate times each tree."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, _gb

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce

from ..columns import Columns
from ..ensembles import Tree, grow
from ..export import Export
from ..registry import Outputs, Result, exports
from .losses import classified, predicted
from .trees import tree_of


def _raw(estimator: Any, x: Columns, to: Export) -> Value:
    """_raw_predict: the init's score, then tree by tree in boosting order."""
    value = to.finite(to.cast(x.numbers(), "float32"))
    trees = [
        _tree(estimator, member, group)
        for stage in estimator.estimators_
        for group, member in enumerate(stage)
    ]
    constant = _constant_init(estimator)
    groups = estimator.estimators_.shape[1]
    base = np.zeros(groups) if constant is None else constant
    op = grow(trees, compare="le", base=base, values=np.float64, threshold=np.float64)
    if constant is not None:
        return to.add(op, value)
    return to.add(op, value, _init(estimator, Columns.of(to, value), to))


def _tree(estimator: Any, member: Any, group: int) -> Tree:
    values = np.asarray(member.tree_.value)[:, :, 0]
    return tree_of(member, estimator.learning_rate * values, group)


def _constant_init(estimator: Any) -> Array | None:
    """The initial score if it is the same for every row."""
    simple = isinstance(estimator.init_, (DummyClassifier, DummyRegressor))
    if estimator.init_ != "zero" and not (simple and _is_constant(estimator.init_)):
        return None
    row = np.zeros((1, estimator.n_features_in_), np.float32)
    score: Array = np.asarray(estimator._raw_predict_init(row), np.float64)[0]
    return score


def _is_constant(dummy: Any) -> bool:
    return dummy.strategy not in ("stratified", "uniform")


def _init(estimator: Any, x: Columns, to: Export) -> Value:
    """_init_raw_predictions: the init estimator's prediction through the loss's link."""
    outputs = to.export(estimator.init_, x, "init")
    if not hasattr(estimator, "classes_"):
        return _single(outputs, "predict", to)
    if "predict_proba" not in outputs:
        to.block("the init estimator has no predict_proba", "use one that has, or init='zero'")
    proba = _single(outputs, "predict_proba", to)
    eps = _clip(estimator)
    proba = to.binary("minimum", to.binary("maximum", proba, eps), 1 - eps)
    if len(estimator.classes_) == 2:
        positive = to.select(proba, [1])
        logit = to.unary("log", to.binary("divide", positive, to.complement(positive)))
        link = type(estimator._loss.link).__name__
        return to.binary("multiply", logit, 0.5) if link == "HalfLogitLink" else logit
    # MultinomialLogit: log(p) minus the mean of the logs (log of the geometric mean)
    logs = to.unary("log", proba)
    mean = to.binary("divide", to.add(Reduce("sum"), logs), float(proba.type.width))
    return to.binary("subtract", logs, mean)


class _Certain:
    """An init estimator that is sure: its clipped score tells where scikit-learn clips."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def predict_proba(self, X: Any) -> Array:
        return np.eye(self.classes)[[-1]]


def _clip(estimator: Any) -> float:
    """The machine epsilon that probabilities are clipped at: of float64, or of float32 before
    scikit-learn 1.6."""
    classes = len(estimator.classes_)
    row = np.zeros((1, estimator.n_features_in_))
    seen = _gb._init_raw_predictions(row, _Certain(classes), estimator._loss, True)
    wide = float(np.finfo(np.float64).eps)
    proba = np.clip(np.eye(classes)[[-1]], wide, 1 - wide)
    link = estimator._loss.link.link
    expected = link(proba[:, 1]) if classes == 2 else link(proba)
    return wide if np.allclose(seen.ravel(), expected.ravel()) else float(np.finfo(np.float32).eps)


def _single(outputs: Outputs, name: str, to: Export) -> Value:
    result = outputs[name]
    assert isinstance(result, Result)
    return to.cast(result.values[0], "float64")


@exports(GradientBoostingRegressor)
def gradient_boosting_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The raw score is the prediction (every loss has the identity link)."""
    return predicted(estimator, _raw(estimator, x, to), to)


@exports(GradientBoostingClassifier)
def gradient_boosting_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The second class where the raw score is at least 0."""
    return classified(estimator, _raw(estimator, x, to), "greater_equal", to)
