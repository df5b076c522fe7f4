"""sklearn.multioutput: an estimator per target, side by side or one after another."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .members import Member, as_finite, member


def _members(estimator: Any, x: Columns, to: Export) -> list[Member]:
    steps = enumerate(estimator.estimators_)
    return [member(step, x, to, str(position)) for position, step in steps]


@exports(MultiOutputRegressor)
def multi_output_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Every regressor's prediction."""
    values = [each.column("predict") for each in _members(estimator, x, to)]
    dtype = np.result_type(*(value.type.dtype for value in values)).name
    joined = to.concat([to.cast(value, dtype) for value in values])
    return {"predict": Result((joined,), "matrix")}


@exports(MultiOutputClassifier)
def multi_output_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Every classifier's label; a list of their probabilities."""
    members = _members(estimator, x, to)
    predictions = [each.outputs["predict"] for each in members]
    labels = [value for result in predictions for value in _values(result)]
    outputs: Outputs = {"predict": Result(tuple(labels), "matrix")}
    if all("predict_proba" in each.outputs for each in members):
        probas = [each.value("predict_proba") for each in members]
        outputs["predict_proba"] = Result(tuple(probas), "list")
    return outputs


def _values(result: Any) -> tuple[Value, ...]:
    assert isinstance(result, Result)
    return result.values


@exports(ClassifierChain, RegressorChain)
def chain(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Each estimator also sees what the ones before it answered (chain_method_)."""
    x = as_finite(x, to, "float64")
    feature = getattr(estimator, "chain_method_", "predict")
    members = []
    for position, step in enumerate(estimator.estimators_):
        each = member(step, x, to, str(position))
        members.append(each)
        if position < len(estimator.estimators_) - 1:
            x = x.joined([Columns.of(to, _answer(each, feature))], sparse=False)
    outputs: Outputs = {}
    order = [int(position) for position in np.argsort(np.asarray(estimator.order_))]
    for method in ("predict", "predict_proba", "decision_function"):
        if method == "predict" or all(_answers(each, method) for each in members):
            answers = [_answer(members[position], method) for position in order]
            outputs[method] = Result((to.concat(answers),), "matrix")
    proba = outputs.get("predict_proba")
    if isinstance(proba, Result):
        logs = to.unary("log", proba.values[0])
        outputs["predict_log_proba"] = Result((logs,), "matrix")
    return outputs


def _answers(each: Member, method: str) -> bool:
    """Whether a classifier has the method, and gives one number for two classes."""
    return method in each.outputs and len(each.estimator.classes_) == 2


def _answer(each: Member, method: str) -> Value:
    """One float64 number per row; of probabilities, the second class's."""
    value = each.value(method)
    if method in ("predict_proba", "predict_log_proba"):
        value = each.to.select(value, [1])
    if value.type.width != 1:
        each.to.block(f"{method} in a chain gives several numbers", "use one number per target")
    return each.to.cast(value, "float64")
