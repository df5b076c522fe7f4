"""sklearn.linear_model: x · coef_ᵀ + intercept_, and what each classifier makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import linear_model as lm

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Reduce, Softmax

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports


def affine(x: Value, coef: Any, intercept: Any, to: Export) -> Value:
    """x · coefᵀ + intercept for coef of (outputs, features) or (features,), in the dtypes that
    numpy gives the product and the sum."""
    weights = np.atleast_2d(np.asarray(coef))
    offsets = np.broadcast_to(np.asarray(intercept).ravel(), (len(weights),))
    product = np.result_type(weights.dtype, x.type.dtype)
    if product != np.float32:
        product = np.dtype(np.float64)
    total = product if isinstance(intercept, float) else np.result_type(product, offsets.dtype)
    x = to.cast(x, product.name)
    if total == product:
        return to.add(Affine(weights.astype(product), offsets.astype(product)), x)
    value = to.add(Affine(weights.astype(product), np.zeros(len(weights), product)), x)
    return to.binary("add", to.cast(value, total.name), offsets)


@exports(
    *(lm.LinearRegression, lm.Ridge, lm.RidgeCV, lm.Lasso, lm.LassoCV, lm.LassoLars),
    *(lm.LassoLarsCV, lm.LassoLarsIC, lm.ElasticNet, lm.ElasticNetCV, lm.Lars, lm.LarsCV),
    *(lm.MultiTaskLasso, lm.MultiTaskLassoCV, lm.MultiTaskElasticNet, lm.MultiTaskElasticNetCV),
    *(lm.OrthogonalMatchingPursuit, lm.OrthogonalMatchingPursuitCV, lm.HuberRegressor),
    *(lm.TheilSenRegressor, lm.SGDRegressor, lm.PassiveAggressiveRegressor),
)
def regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """LinearModel.predict: (rows,) for a vector of coefficients, else (rows, outputs)."""
    value = affine(to.finite(x.numbers()), estimator.coef_, estimator.intercept_, to)
    return {"predict": Result((value,), "vector" if np.ndim(estimator.coef_) == 1 else "matrix")}


def decision(estimator: Any, x: Columns, to: Export) -> tuple[Value, Outputs]:
    """decision_function and predict of LinearClassifierMixin."""
    value = affine(to.finite(x.numbers()), estimator.coef_, estimator.intercept_, to)
    if value.type.width == 1:
        labels = to.positive_labels(to.binary("greater", value, 0), estimator.classes_)
        return value, {"predict": labels, "decision_function": Result((value,), "vector")}
    labels = to.argmax_labels(value, estimator.classes_)
    return value, {"predict": labels, "decision_function": Result((value,), "matrix")}


@exports(lm.RidgeClassifier, lm.RidgeClassifierCV)
def ridge_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Classification by the sign, or the largest, of the decision values."""
    if np.ndim(estimator.classes_[0]):
        to.block("multi-label targets are not exported", "fit one RidgeClassifier per label")
    return decision(estimator, x, to)[1]


@exports(lm.Perceptron, lm.PassiveAggressiveClassifier)
def linear_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Classification by the sign, or the largest, of the decision values."""
    return decision(estimator, x, to)[1]


@exports(lm.LogisticRegression, lm.LogisticRegressionCV)
def logistic_regression(estimator: Any, x: Columns, to: Export) -> Outputs:
    """LogisticRegression.predict_proba: expit for two classes, softmax for more.

    Older releases: one expit per class, normalised, for multi_class="ovr" and liblinear;
    softmax of [−d, d] for a binary multi_class="multinomial".
    """
    value, outputs = decision(estimator, x, to)
    one_vs_rest = getattr(estimator, "multi_class", "auto") == "ovr" or (
        estimator.solver == "liblinear" and value.type.width > 1
    )
    if one_vs_rest and value.type.width > 1:
        proba = normalised_sigmoids(value, to)
    elif value.type.width > 1:
        proba = to.add(Softmax(), value)
    elif getattr(estimator, "multi_class", "auto") == "multinomial":
        proba = to.add(Softmax(), to.concat([to.unary("negative", value), value]))
    else:
        proba = two_columns(to.unary("expit", value), to)
    return {**outputs, **probabilities(proba, to)}


def two_columns(positive: Value, to: Export) -> Value:
    """[1 − p, p]."""
    return to.concat([to.complement(positive), positive])


def probabilities(proba: Value, to: Export) -> Outputs:
    """predict_proba and predict_log_proba."""
    return {
        "predict_proba": Result((proba,), "matrix"),
        "predict_log_proba": Result((to.unary("log", proba),), "matrix"),
    }


def normalised_sigmoids(value: Value, to: Export) -> Value:
    """LinearClassifierMixin._predict_proba_lr: expit of each decision over their sum."""
    return shared(to.unary("expit", value), to)


def shared(proba: Value, to: Export) -> Value:
    """Each row over its sum; a row of zeros is shared by all classes."""
    total = to.add(Reduce("sum"), proba)
    none = to.binary("equal", total, 0)
    total = to.where(none, float(proba.type.width), total)
    return to.binary("divide", to.where(none, 1, proba), total)


@exports(lm.SGDClassifier)
def sgd_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Probabilities for log_loss and modified_huber only, as in scikit-learn."""
    value, outputs = decision(estimator, x, to)
    if estimator.loss == "log_loss":
        proba = to.unary("expit", value)
    elif estimator.loss == "modified_huber":
        clipped = to.binary("minimum", to.binary("maximum", value, -1), 1)
        proba = to.binary("divide", to.binary("add", clipped, 1), 2)
    else:
        return outputs
    if value.type.width == 1:
        return {**outputs, **probabilities(two_columns(proba, to), to)}
    return {**outputs, **probabilities(shared(proba, to), to)}


@exports(lm.SGDOneClassSVM)
def sgd_one_class(estimator: Any, x: Columns, to: Export) -> Outputs:
    """decision_function = x · coef_ − offset_; predict is 1 where it is not negative, else −1."""
    scores = affine(to.finite(x.numbers()), estimator.coef_, 0.0, to)
    value = to.binary("subtract", scores, estimator.offset_)
    inside = to.binary("greater_equal", value, 0)
    return {
        "predict": to.positive_labels(inside, np.array([-1, 1], np.int32)),
        "decision_function": Result((value,), "vector"),
        "score_samples": Result((to.binary("add", value, estimator.offset_),), "vector"),
    }


__all__ = ["affine", "decision", "normalised_sigmoids", "probabilities", "two_columns"]
