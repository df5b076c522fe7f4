"""sklearn.ensemble.Voting*: the mean, or the most frequent, of what several estimators say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier, VotingRegressor

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import OneHot

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .members import Member, averaged, member, summed


def _members(estimator: Any, x: Columns, to: Export) -> list[Member]:
    names = [name for name, step in estimator.estimators if not _dropped(step)]
    pairs = zip(names, estimator.estimators_, strict=True)
    return [member(step, x, to, name) for name, step in pairs]


def _dropped(step: Any) -> bool:
    return isinstance(step, str) and step == "drop"


def _weights(estimator: Any) -> list[Any] | None:
    if estimator.weights is None:
        return None
    pairs = zip(estimator.estimators, estimator.weights, strict=True)
    return [weight for (_, step), weight in pairs if not _dropped(step)]


def _average(values: Sequence[Value], weights: Any, to: Export) -> Value:
    """numpy.average over the estimators: the weighted sum, over the sum of the weights."""
    if weights is None:
        return averaged(values, to)
    weights = np.asarray(weights)
    kinds = (value.type.dtype for value in values)
    dtype = np.result_type(weights.dtype, *kinds, np.float32)
    scaled = [
        to.binary("multiply", to.cast(value, dtype.name), weight)
        for value, weight in zip(values, weights.astype(dtype), strict=True)
    ]
    return to.binary("divide", summed(scaled, to), weights.sum(dtype=dtype))


@exports(VotingRegressor)
def voting_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The (weighted) mean of the predictions; `transform` is them side by side."""
    values = [each.column("predict") for each in _members(estimator, x, to)]
    mean = _average(values, _weights(estimator), to)
    side_by_side = to.concat([to.cast(value, mean.type.dtype) for value in values])
    return {
        "predict": Result((mean,), "vector"),
        "transform": Columns.of(to, side_by_side),
    }


@exports(VotingClassifier)
def voting_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """`hard`: the class with most votes; `soft`: with the largest mean probability."""
    members = _members(estimator, x, to)
    return (_soft if estimator.voting == "soft" else _hard)(estimator, members, to)


def _soft(estimator: Any, members: list[Member], to: Export) -> Outputs:
    probas = [each.value("predict_proba") for each in members]
    mean = _average(probas, _weights(estimator), to)
    outputs: Outputs = {
        "predict": to.argmax_labels(mean, estimator.classes_),
        "predict_proba": Result((mean,), "matrix"),
    }
    if estimator.flatten_transform:  # else an array of three dimensions
        side_by_side = to.concat([to.cast(proba, mean.type.dtype) for proba in probas])
        outputs["transform"] = Columns.of(to, side_by_side)
    return outputs


def _hard(estimator: Any, members: list[Member], to: Export) -> Outputs:
    """argmax of the votes' (weighted) count; the first class among equals."""
    codes = [each.column("predict") for each in members]
    weights = _weights(estimator) or [1] * len(codes)
    if min(weights) < 0:
        to.block("negative weights in a hard vote", "use weights of at least 0")
    votes = []
    for code, weight in zip(codes, weights, strict=True):
        vote = to.add(OneHot(len(estimator.classes_), "float64"), code)
        votes.append(vote if weight == 1 else to.binary("multiply", vote, float(weight)))
    return {
        "predict": to.argmax_labels(summed(votes, to), estimator.classes_),
        "transform": Columns.of(to, to.concat(codes)),
    }
