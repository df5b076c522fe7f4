"""sklearn.multiclass: several classes by classifiers of two."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.multiclass import (
    OneVsOneClassifier,
    OneVsRestClassifier,
    OutputCodeClassifier,
    _ConstantPredictor,
)

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, ArgMax, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import two_columns
from .members import Member, as_array, behind, member, summed


def _members(estimator: Any, x: Columns, to: Export) -> list[Member]:
    steps = enumerate(estimator.estimators_)
    return [member(step, x, to, str(position)) for position, step in steps]


def _threshold(step: Any) -> float:
    """_threshold_for_binary_predict: what the second class's score must exceed."""
    return 0.0 if hasattr(step, "decision_function") and is_classifier(step) else 0.5


@exports(_ConstantPredictor)
def constant_predictor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """A label that all training rows had, or none."""
    label = float(np.ravel(estimator.y_)[0])
    answer = Result((behind(x, to.constant(label), to),), "vector")
    proba = Result((behind(x, to.constant([1 - label, label]), to),), "matrix")
    return {"predict": answer, "decision_function": answer, "predict_proba": proba}


@exports(OneVsRestClassifier)
def one_vs_rest(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The class whose classifier is surest; for several labels, each that exceeds a threshold."""
    members = _members(estimator, x, to)
    scores = to.concat([to.cast(each.binary_score(), "float64") for each in members])
    outputs: Outputs = {"predict": _one_vs_rest_labels(estimator, scores, to)}
    if all(each.has("predict_proba") for each in members):
        probas = [to.select(each.value("predict_proba"), [1]) for each in members]
        outputs["predict_proba"] = Result((_normalised(estimator, probas, to),), "matrix")
    if members[0].has("decision_function"):
        decisions = [each.value("decision_function") for each in members]
        dtype = np.result_type(*(value.type.dtype for value in decisions)).name
        joined = to.concat([to.cast(value, dtype) for value in decisions])
        shape = "vector" if len(members) == 1 else "matrix"
        outputs["decision_function"] = Result((joined,), shape)
    return outputs


def _one_vs_rest_labels(estimator: Any, scores: Value, to: Export) -> Result:
    kind = estimator.label_binarizer_.y_type_
    if kind == "multiclass":
        if _first_of_equals():
            return to.argmax_labels(scores, estimator.classes_)
        turned = to.select(scores, range(scores.type.width - 1, -1, -1))
        return to.argmax_labels(turned, estimator.classes_[::-1])
    above = to.binary("greater", scores, _threshold(estimator.estimators_[0]))
    if kind == "binary":
        return to.positive_labels(above, estimator.classes_)
    return Result((to.cast(above, "int64"),), "matrix")


@cache
def _first_of_equals() -> bool:
    """Whether the first of equally sure classes wins, or the last as in older releases."""
    equally_sure = OneVsRestClassifier(DummyClassifier()).fit(np.zeros((3, 1)), [0, 1, 2])
    return int(equally_sure.predict(np.zeros((1, 1)))[0]) == 0


def _normalised(estimator: Any, probas: list[Value], to: Export) -> Value:
    """Probabilities side by side; over their sum, where a row has one label."""
    dtype = np.result_type(*(proba.type.dtype for proba in probas)).name
    proba = to.concat([to.cast(each, dtype) for each in probas])
    if len(probas) == 1:
        proba = two_columns(proba, to)
    if estimator.multilabel_:
        return proba
    total = to.add(Reduce("sum"), proba)
    return to.binary("divide", proba, to.where(to.binary("equal", total, 0), 1, total))


@exports(OneVsOneClassifier)
def one_vs_one(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Votes of all pairs, and below them, as tie-breakers, the sums of their scores."""
    if estimator.pairwise_indices_ is not None:
        to.block("OneVsOneClassifier over precomputed kernels", "use a kernel of rows")
    members = _members(estimator, as_array(x, to), to)
    classes = len(estimator.classes_)
    decision = _pairwise(members, classes, to)
    if classes == 2:
        decision = to.select(decision, [1])
        above = to.binary("greater", decision, _threshold(estimator.estimators_[0]))
        return {
            "predict": to.positive_labels(above, estimator.classes_),
            "decision_function": Result((decision,), "vector"),
        }
    return {
        "predict": to.argmax_labels(decision, estimator.classes_),
        "decision_function": Result((decision,), "matrix"),
    }


def _pairwise(members: list[Member], classes: int, to: Export) -> Value:
    """_ovr_decision_function: votes + s / (3 (|s| + 1)), where s sums a class's scores."""
    predictions = to.concat([to.cast(each.column("predict"), "float64") for each in members])
    scores = to.concat([to.cast(each.binary_score(), "float64") for each in members])
    signed = to.concat([to.unary("negative", scores), scores])
    first = to.cast(to.binary("equal", predictions, 0), "float64")
    second = to.cast(to.binary("equal", predictions, 1), "float64")
    votes = to.concat([first, second])
    turns = duels(classes)
    total = summed([to.select(signed, columns) for columns in turns], to)
    count = summed([to.select(votes, columns) for columns in turns], to)
    size = to.binary("add", to.unary("absolute", total), 1)
    share = to.binary("divide", total, to.binary("multiply", size, 3))
    return to.binary("add", count, share)


def duels(classes: int) -> list[list[int]]:
    """For each class, by column, its first, second, … pair: of those where it is the first
    class the pair's number, else that plus the number of pairs."""
    pairs = [(i, j) for i in range(classes) for j in range(i + 1, classes)]
    mine: list[list[int]] = [[] for _ in range(classes)]
    for number, (i, j) in enumerate(pairs):
        mine[i].append(number)
        mine[j].append(number + len(pairs))
    return [list(columns) for columns in zip(*mine, strict=True)]


@exports(OutputCodeClassifier)
def output_code(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The class whose code word is nearest to the scores: argmax of 2 s · c − |c|²."""
    members = _members(estimator, x, to)
    scores = to.concat([to.cast(each.binary_score(), "float64") for each in members])
    words = np.asarray(estimator.code_book_, np.float64)
    nearness = to.add(Affine(2 * words, -(words**2).sum(axis=1)), scores)
    return {
        "predict": Result((to.labels(to.add(ArgMax(), nearness), estimator.classes_),), "vector")
    }
