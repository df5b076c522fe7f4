"""sklearn.dummy: answers that do not look at the row."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from scorebundle.bundle.fields import Array

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .members import behind


@exports(DummyRegressor)
def dummy_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """constant_, of any strategy."""
    constant = np.ravel(estimator.constant_)
    if constant.dtype.name not in ("float32", "float64", "int64"):
        constant = constant.astype(np.float64)
    shape = "vector" if estimator.n_outputs_ == 1 else "matrix"
    return {"predict": Result((behind(x, to.constant(constant), to),), shape)}


@exports(DummyClassifier)
def dummy_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The most frequent or the constant class; their frequencies for strategy `prior`."""
    strategy = estimator.strategy
    if strategy in ("stratified", "uniform"):
        to.block(f"strategy={strategy!r} draws at random", "use strategy='prior'")
    single = estimator.n_outputs_ == 1
    targets = [(estimator.classes_, estimator.class_prior_, estimator.constant)]
    if not single:
        constants = estimator.constant or [None] * estimator.n_outputs_
        targets = list(zip(estimator.classes_, estimator.class_prior_, constants, strict=True))
    answers = np.ravel([_answer(strategy, *target) for target in targets])
    nothing = behind(x, to.constant(np.zeros(1, np.int64)), to)
    labels = tuple(to.labels(nothing, answer) for answer in answers.reshape(-1, 1))
    probas = [_proba(strategy, *target) for target in targets]
    with np.errstate(divide="ignore"):
        logs = [np.log(proba) for proba in probas]
    shape = "matrix" if single else "list"
    return {
        "predict": Result(labels, "vector" if single else "matrix"),
        "predict_proba": Result(tuple(behind(x, to.constant(p), to) for p in probas), shape),
        "predict_log_proba": Result(tuple(behind(x, to.constant(p), to) for p in logs), shape),
    }


def _answer(strategy: str, classes: Array, prior: Array, constant: Any) -> Any:
    return np.ravel(constant)[0] if strategy == "constant" else classes[np.argmax(prior)]


def _proba(strategy: str, classes: Array, prior: Array, constant: Any) -> Array:
    if strategy == "prior":
        return np.asarray(prior, np.float64)
    answer = _answer(strategy, classes, prior, constant)
    return np.asarray(np.asarray(classes) == answer, np.float64)
