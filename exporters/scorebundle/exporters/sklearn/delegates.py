"""Estimators that answer with the one inside: self-trained, robust, thresholded."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import RANSACRegressor
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.semi_supervised import SelfTrainingClassifier

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .members import Member, as_array, member, passed_on


@exports(SelfTrainingClassifier)
def self_training(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The classifier of the last iteration."""
    inside = to.export(estimator.estimator_, as_array(x, to), "estimator")
    return passed_on({name: result for name, result in inside.items() if name != "transform"})


@exports(RANSACRegressor)
def ransac(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The regressor fitted on the inliers."""
    inside = to.export(estimator.estimator_, as_array(x, to), "estimator")
    return {"predict": inside["predict"]}


@exports(FixedThresholdClassifier, TunedThresholdClassifierCV)
def threshold(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The positive class where its score is at least the threshold."""
    inside = member(getattr(estimator, "estimator_", estimator.estimator), x, to, "estimator")
    methods = estimator._get_response_method()
    method = inside.responds([methods] if isinstance(methods, str) else methods)
    positive = _positive(estimator)
    score = _score(inside, method, positive)
    fixed = isinstance(estimator, FixedThresholdClassifier)
    cut = estimator.threshold if fixed else estimator.best_threshold_
    if isinstance(cut, str):
        cut = 0.5 if method == "predict_proba" else 0.0
    classes = np.asarray(estimator.classes_)
    ordered = classes if positive == 1 else classes[::-1]
    kind = np.result_type(np.empty(1, score.type.dtype), cut).name
    reached = to.binary("greater_equal", to.cast(score, kind), cut)
    outputs = passed_on(inside.outputs)
    return {
        **{name: outputs[name] for name in outputs if name in LEFT},
        "predict": to.positive_labels(reached, ordered),
    }


LEFT = ("predict_proba", "predict_log_proba", "decision_function")
"""What a threshold leaves as it is."""


def _positive(estimator: Any) -> int:
    """Position of the positive class: pos_label's, or the second."""
    label = getattr(estimator, "pos_label", None)
    if isinstance(estimator, TunedThresholdClassifierCV):
        label = estimator._curve_scorer._get_pos_label()
    return 1 if label is None else int(np.flatnonzero(np.asarray(estimator.classes_) == label)[0])


def _score(inside: Member, method: str, positive: int) -> Value:
    if method == "predict_proba":
        return inside.to.select(inside.value(method), [positive])
    score = inside.column(method)
    return score if positive == 1 else inside.to.unary("negative", score)
