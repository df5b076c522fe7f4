"""sklearn.discriminant_analysis: Gaussian classes, of one covariance or of one each."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce, Softmax

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .likelihoods import shifted, squared_norms, wide
from .linear_model import affine, decision, two_columns


@exports(LinearDiscriminantAnalysis)
def linear(estimator: Any, x: Columns, to: Export) -> Outputs:
    """A linear classifier whose decision values are log P(class | x) up to a constant."""
    value, outputs = decision(estimator, x, to)
    if value.type.width == 1:
        proba = two_columns(to.unary("expit", value), to)
    else:
        proba = to.add(Softmax(), value)
    tiny = float(np.finfo(proba.type.dtype).smallest_normal)
    logs = to.unary("log", to.where(to.binary("equal", proba, 0), tiny, proba))
    outputs["predict_proba"] = Result((proba,), "matrix")
    outputs["predict_log_proba"] = Result((logs,), "matrix")
    if estimator.solver != "lsqr":
        outputs["transform"] = Columns.of(to, _projected(estimator, x, to))
    return outputs


def _projected(estimator: Any, x: Columns, to: Export) -> Value:
    """(x − xbar_) · scalings_, without xbar_ for solver="eigen"."""
    value = to.finite(x.numbers())
    if estimator.solver == "svd":
        value = wide("subtract", value, estimator.xbar_, to)
    scalings = estimator.scalings_[:, : estimator._max_components]
    return affine(value, scalings.T, 0.0, to)


@exports(QuadraticDiscriminantAnalysis)
def quadratic(estimator: Any, x: Columns, to: Export) -> Outputs:
    """−½ (‖(x − mean) R S^−½‖² + Σ log S) + log prior, class by class."""
    value = to.finite(x.numbers())
    norms = to.concat([_norm(estimator, value, i, to) for i in range(len(estimator.classes_))])
    with np.errstate(all="ignore"):
        logs = np.asarray([np.sum(np.log(scaling)) for scaling in estimator.scalings_])
        priors = np.log(estimator.priors_)
    scores = shifted(to.binary("multiply", shifted(norms, logs, to), -0.5), priors, to)
    top = to.binary("subtract", scores, to.add(Reduce("maximum"), scores))
    total = to.add(Reduce("sum"), to.unary("exp", top))
    log_proba = to.binary("subtract", top, to.unary("log", total))
    return {
        "predict": to.argmax_labels(scores, estimator.classes_),
        "decision_function": _decision(scores, to),
        "predict_proba": Result((to.unary("exp", log_proba),), "matrix"),
        "predict_log_proba": Result((log_proba,), "matrix"),
    }


def _norm(estimator: Any, x: Value, i: int, to: Export) -> Value:
    rotation, scaling = estimator.rotations_[i], estimator.scalings_[i]
    centred = wide("subtract", x, estimator.means_[i], to)
    return squared_norms(affine(centred, (rotation * scaling ** (-0.5)).T, 0.0, to), 1, to)


def _decision(scores: Value, to: Export) -> Result:
    if scores.type.width != 2:
        return Result((scores,), "matrix")
    first, second = to.select(scores, [0]), to.select(scores, [1])
    return Result((to.binary("subtract", second, first),), "vector")
