"""sklearn.ensemble.AdaBoost*: weighted votes of classes, and weighted medians."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Lookup, Reduce, Softmax, WeightedMedian

from ..columns import Columns
from ..ensembles import grow
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import probabilities
from .members import Member, as_finite, member, summed
from .trees import tree_input, tree_of

CLASSIFIERS = (DecisionTreeClassifier, ExtraTreeClassifier)
REGRESSORS = (DecisionTreeRegressor, ExtraTreeRegressor)


def _members(estimator: Any, x: Columns, to: Export) -> list[Member]:
    steps = enumerate(estimator.estimators_)
    return [member(step, x, to, str(position)) for position, step in steps]


def _forest(estimator: Any, leaves: list[Array], x: Columns, to: Export) -> Value:
    """All members as one `Trees`: summed where they share outputs, else side by side."""
    steps = estimator.estimators_
    shared = leaves[0].shape[1] > 1
    width = leaves[0].shape[1] if shared else len(steps)
    trees = [
        tree_of(step, values, 0 if shared else position)
        for position, (step, values) in enumerate(zip(steps, leaves, strict=True))
    ]
    op = grow(trees, compare="le", base=np.zeros(width), values=np.float64, threshold=np.float64)
    return to.add(op, tree_input(steps[0], x, to))


def _all(estimator: Any, kinds: tuple[type, ...]) -> bool:
    return all(type(step) in kinds and step.n_outputs_ == 1 for step in estimator.estimators_)


@exports(AdaBoostRegressor)
def ada_boost_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """AdaBoost.R2: the median of the predictions, weighted by estimator_weights_."""
    x = as_finite(x, to)
    count = len(estimator.estimators_)
    if _all(estimator, REGRESSORS):
        leaves = [np.asarray(step.tree_.value)[:, :, 0] for step in estimator.estimators_]
        values = _forest(estimator, leaves, x, to)
    else:
        parts = [each.column("predict") for each in _members(estimator, x, to)]
        values = to.concat([to.cast(part, parts[0].type.dtype) for part in parts])
    median = to.add(WeightedMedian(np.asarray(estimator.estimator_weights_[:count])), values)
    return {"predict": Result((median,), "vector")}


@exports(AdaBoostClassifier)
def ada_boost_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """SAMME: each estimator gives its weight w to its class, and −w / (classes − 1) to others.
    SAMME.R, which scikit-learn 1.6 removed: each gives the logarithms of its probabilities."""
    classes = len(estimator.classes_)
    if classes == 1:
        return _certain(estimator, x, to)
    total = to.binary(
        "divide",
        _votes(estimator, as_finite(x, to), to),
        float(estimator.estimator_weights_.sum()),
    )
    if classes > 2:
        proba = to.add(Softmax(), to.binary("divide", total, float(classes - 1)))
        return {
            "predict": to.argmax_labels(total, estimator.classes_),
            "decision_function": Result((total,), "matrix"),
            **probabilities(proba, to),
        }
    first, second = to.select(total, [0]), to.select(total, [1])
    decision = to.binary("add", to.unary("negative", first), second)
    both = to.concat([to.unary("negative", decision), decision])
    return {
        "predict": to.positive_labels(to.binary("greater", decision, 0), estimator.classes_),
        "decision_function": Result((decision,), "vector"),
        **probabilities(to.add(Softmax(), to.binary("divide", both, 2)), to),
    }


def _votes(estimator: Any, x: Columns, to: Export) -> Value:
    """Sum over the estimators, in order, of a row of votes for every class."""
    if getattr(estimator, "algorithm", None) == "SAMME.R":
        return _log_votes(estimator, x, to)
    weights = estimator.estimator_weights_[: len(estimator.estimators_)]
    if _all(estimator, CLASSIFIERS):
        leaves = [
            _ballot(estimator, step, weight)[np.asarray(step.tree_.value)[:, 0, :].argmax(axis=1)]
            for step, weight in zip(estimator.estimators_, weights, strict=True)
        ]
        return _forest(estimator, leaves, x, to)
    votes = []
    for each, weight in zip(_members(estimator, x, to), weights, strict=True):
        result = each.outputs["predict"]
        assert isinstance(result, Result)
        code, _ = to.unlabelled(result.values[0])
        ballot = _ballot(estimator, each.estimator, weight)
        votes.append(to.add(Lookup(ballot, ballot[-1]), code))
    return summed(votes, to)


def _log_votes(estimator: Any, x: Columns, to: Export) -> Value:
    """SAMME.R: (classes − 1) (log p − Σ log p / classes), with p at least its dtype's epsilon."""
    classes = len(estimator.classes_)
    if _all(estimator, CLASSIFIERS):
        leaves = []
        for step in estimator.estimators_:
            shares = np.asarray(step.tree_.value)[:, 0, :]
            logs = np.log(np.clip(shares, np.finfo(shares.dtype).eps, None))
            means = (1.0 / classes) * logs.sum(axis=1)[:, np.newaxis]
            leaves.append((classes - 1) * (logs - means))
        return _forest(estimator, leaves, x, to)
    votes = []
    for each in _members(estimator, x, to):
        proba = each.value("predict_proba")
        least = float(np.finfo(proba.type.dtype).eps)
        logs = to.unary("log", to.binary("maximum", proba, least))
        mean = to.binary("multiply", to.add(Reduce("sum"), logs), 1.0 / classes)
        votes.append(to.binary("multiply", to.binary("subtract", logs, mean), classes - 1))
    return summed(votes, to)


def _ballot(estimator: Any, step: Any, weight: float) -> Array:
    """(classes of the member, all classes): the votes that each class of a member means."""
    classes = estimator.classes_
    chosen = np.asarray(step.classes_)[:, np.newaxis] == classes
    return np.where(chosen, weight, -1 / (len(classes) - 1) * weight)


def _certain(estimator: Any, x: Columns, to: Export) -> Outputs:
    """One class only."""
    checked = to.select(as_finite(x, to).numbers("float64"), [0])
    nothing = to.select(to.concat([checked, to.constant(0.0)]), [1])
    one = to.select(to.concat([checked, to.constant(1.0)]), [1])
    return {
        "predict": to.argmax_labels(nothing, estimator.classes_),
        **probabilities(one, to),
    }
