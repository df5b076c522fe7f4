"""sklearn.calibration: probabilities of a classifier's scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce, Softmax

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .isotonic import isotonic
from .linear_model import two_columns
from .members import Member, averaged, member

SCORES = ("decision_function", "predict_proba")


@exports(CalibratedClassifierCV)
def calibrated_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean of the calibrated classifiers' probabilities."""
    probas = [
        _calibrated(each, x, to, str(position))
        for position, each in enumerate(estimator.calibrated_classifiers_)
    ]
    mean = averaged([to.cast(proba, "float64") for proba in probas], to)
    return {
        "predict": to.argmax_labels(mean, estimator.classes_),
        "predict_proba": Result((mean,), "matrix"),
    }


def _calibrated(calibrated: Any, x: Columns, to: Export, name: str) -> Value:
    """_CalibratedClassifier.predict_proba."""
    inside = member(calibrated.estimator, x, to, name)
    method = inside.responds(SCORES)
    scores = inside.value(method)
    binary = len(calibrated.estimator.classes_) <= 2
    if method == "predict_proba" and binary:
        scores = to.select(scores, [1])
    if calibrated.method == "temperature":
        proba = _tempered(calibrated, scores, method, to)
    else:
        proba = _one_by_one(calibrated, inside, scores, to)
    return _not_above_one(proba, to)


def _one_by_one(calibrated: Any, inside: Member, scores: Value, to: Export) -> Value:
    """Each class's score through its own calibrator; rows divided by their sums."""
    classes = list(calibrated.classes)
    values = [
        _through(calibrator, to.select(scores, [column]), to)
        for column, calibrator in enumerate(calibrated.calibrators)
    ]
    if len(classes) == 2:
        return two_columns(values[0], to)
    columns: list[Value] = [to.constant(0.0)] * len(classes)
    for label, value in zip(inside.estimator.classes_, values, strict=False):
        columns[classes.index(label)] = value
    proba = to.concat(columns)
    total = to.add(Reduce("sum"), proba)
    if calibrated.method == "sigmoid":  # never 0
        return to.binary("divide", proba, total)
    none = to.binary("equal", total, 0)
    shared = to.binary("divide", proba, to.where(none, 1, total))
    return to.where(none, 1 / len(classes), shared)


def _through(calibrator: Any, score: Value, to: Export) -> Value:
    """Isotonic regression, or expit(−(a · score + b))."""
    if isinstance(calibrator, IsotonicRegression):
        score = to.finite(to.cast(score, calibrator.X_thresholds_.dtype.name))
        return to.cast(isotonic(calibrator, score, to), "float64")
    score = to.cast(score, np.result_type(score.type.dtype, np.asarray(calibrator.a_)).name)
    line = to.binary("add", to.binary("multiply", score, calibrator.a_), calibrator.b_)
    return to.cast(to.unary("expit", to.unary("negative", line)), "float64")


def _tempered(calibrated: Any, scores: Value, method: str, to: Export) -> Value:
    """softmax(beta_ · logits); the logits of probabilities are log(p + 1e-12)."""
    scores = to.finite(scores)
    if method == "predict_proba":
        if scores.type.width == 1:
            scores = two_columns(scores, to)
        logits = to.unary("log", to.binary("add", scores, 1e-12))
    elif scores.type.width == 1:
        logits = to.concat([to.unary("negative", scores), scores])
    else:
        logits = scores
    beta = np.asarray(calibrated.calibrators[0].beta_)
    logits = to.cast(logits, np.result_type(logits.type.dtype, beta).name)
    return to.add(Softmax(), to.binary("multiply", logits, beta))


def _not_above_one(proba: Value, to: Export) -> Value:
    """min(p, 1): scikit-learn sets what rounding has brought above 1 to 1."""
    return to.binary("minimum", proba, 1)
