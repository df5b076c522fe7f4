"""sklearn.ensemble.Bagging*: the mean of estimators that each see some of the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import OneHot

from ..columns import Columns
from ..ensembles import Tree, grow
from ..export import Export
from ..registry import Outputs, Result, exports
from .members import Member, as_array, member, spread, summed
from .trees import supports_missing, tree_of

TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)


def _members(estimator: Any, x: Columns, to: Export) -> list[Member]:
    x = as_array(x, to)
    pairs = zip(estimator.estimators_, estimator.estimators_features_, strict=True)
    return [
        member(step, x.take(int(i) for i in features), to, str(position))
        for position, (step, features) in enumerate(pairs)
    ]


def _are_trees(estimator: Any) -> bool:
    """Whether the sums can be left to one `Trees`, which adds in the same order."""
    steps = estimator.estimators_
    same = len({supports_missing(step) for step in steps if type(step) in TREES}) == 1
    return same and all(type(step) in TREES for step in steps)


def _forest(estimator: Any, leaves: list[Array], outputs: int, x: Columns, to: Export) -> Value:
    """Leaf values of trees, each on its own columns, one behind the other in `outputs` columns
    or, as far as these do not suffice, summed."""
    trees = []
    rows = zip(estimator.estimators_, estimator.estimators_features_, leaves, strict=True)
    for position, (step, features, values) in enumerate(rows):
        tree = tree_of(step, values, position * values.shape[1] % outputs)
        trees.append(tree._replace(feature=_columns(tree, np.asarray(features))))
    base = np.zeros(outputs)
    op = grow(trees, compare="le", base=base, values=np.float64, threshold=np.float64)
    value = to.cast(as_array(x, to).numbers(), "float32")
    return to.add(op, _seen(estimator, value, x.sparse, to))


def _seen(estimator: Any, value: Value, sparse: bool, to: Export) -> Value:
    """The row; refused where a column that some tree sees is not finite."""
    seen = sorted({int(i) for features in estimator.estimators_features_ for i in features})
    allow_nan = supports_missing(estimator.estimators_[0]) and not sparse
    if len(seen) == value.type.width:
        return to.finite(value, allow_nan=allow_nan)
    places = {column: place for place, column in enumerate(seen)}
    checked = to.finite(to.select(value, seen), allow_nan=allow_nan)
    return to.select(checked, [places.get(i, 0) for i in range(value.type.width)])


def _columns(tree: Tree, features: Any) -> Any:
    return np.where(tree.left >= 0, features[np.where(tree.left >= 0, tree.feature, 0)], -1)


def _shares(step: Any, classes: int) -> Array:
    """(nodes, classes): the shares of all classes, also of those this tree has not seen."""
    values = np.asarray(step.tree_.value)[:, 0, :]
    result = np.zeros((len(values), classes))
    result[:, np.asarray(step.classes_, np.int64)] = values[:, : len(step.classes_)]
    return result


def _mean(estimator: Any, total: Value, to: Export) -> Value:
    return to.binary("divide", total, float(estimator.n_estimators))


@exports(BaggingRegressor)
def bagging_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The sum of the predictions over n_estimators."""
    if _are_trees(estimator) and all(step.n_outputs_ == 1 for step in estimator.estimators_):
        leaves = [np.asarray(step.tree_.value)[:, :, 0] for step in estimator.estimators_]
        total = _forest(estimator, leaves, 1, x, to)
    else:
        total = summed([each.value("predict") for each in _members(estimator, x, to)], to)
    mean = _mean(estimator, total, to)
    return {"predict": Result((mean,), "vector" if mean.type.width == 1 else "matrix")}


@exports(BaggingClassifier)
def bagging_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean probabilities, or the shares of the votes of those that know none."""
    classes = len(estimator.classes_)
    outputs: Outputs = {}
    if _are_trees(estimator):
        leaves = [_shares(step, classes) for step in estimator.estimators_]
        total = _forest(estimator, leaves, classes, x, to)
        with np.errstate(divide="ignore"):
            logs = [np.log(values) for values in leaves]
        every = _forest(estimator, logs, classes * len(logs), x, to)
        starts = range(0, classes * len(logs), classes)
        log_probas = [to.select(every, range(start, start + classes)) for start in starts]
        outputs["predict_log_proba"] = _log_mean(log_probas, to)
    else:
        members = _members(estimator, x, to)
        total = summed([_proba(each, classes, to) for each in members], to)
        if all(each.has("predict_log_proba") for each in members):
            log_probas = [_log_proba(each, classes, to) for each in members]
            outputs["predict_log_proba"] = _log_mean(log_probas, to)
        if members[0].has("decision_function"):
            decisions = summed([each.value("decision_function") for each in members], to)
            mean = _mean(estimator, decisions, to)
            shape = "vector" if mean.type.width == 1 else "matrix"
            outputs["decision_function"] = Result((mean,), shape)
    proba = _mean(estimator, total, to)
    return {
        "predict": to.argmax_labels(proba, estimator.classes_),
        "predict_proba": Result((proba,), "matrix"),
        "predict_log_proba": Result((to.unary("log", proba),), "matrix"),
        **outputs,
    }


def _proba(each: Member, classes: int, to: Export) -> Value:
    """float64 probabilities of all classes; a vote where there are none."""
    if not each.has("predict_proba"):
        return to.add(OneHot(classes, "float64"), to.cast(each.column("predict"), "int64"))
    proba = to.cast(each.value("predict_proba"), "float64")
    return spread(proba, each.estimator.classes_, classes, 0.0, to)


def _log_proba(each: Member, classes: int, to: Export) -> Value:
    value = to.cast(each.value("predict_log_proba"), "float64")
    return spread(value, each.estimator.classes_, classes, -np.inf, to)


def _log_mean(values: list[Value], to: Export) -> Result:
    """log Σ exp of the logarithms, pair by pair (numpy.logaddexp), less log n."""
    total = values[0]
    for value in values[1:]:
        total = _log_add(total, value, to)
    return Result((to.binary("subtract", total, float(np.log(len(values)))),), "matrix")


def _log_add(a: Value, b: Value, to: Export) -> Value:
    """m + log(exp(a − m) + exp(b − m)) with m = max(a, b), which is kept finite."""
    largest = to.binary("maximum", to.binary("maximum", a, b), -1e300)
    powers = [to.unary("exp", to.binary("subtract", x, largest)) for x in (a, b)]
    return to.binary("add", largest, to.unary("log", to.binary("add", *powers)))
