"""sklearn.linear_model: x · coef_ᵀ + intercept_, and what each classifier makes of it."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from sklearn import linear_model as lm

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Reduce, Softmax

from ..columns import Columns
from ..export import Export
from ..reference import quiet
from ..registry import Outputs, Result, exports


def dense(matrix: Any) -> Any:
    """An array of what may be a sparse matrix (`sparsify`, random projections)."""
    return matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)


def in_place(op: str, a: Value, b: Any, to: Export) -> Value:
    """a op= b for an array b: numpy computes in the wider dtype and rounds to a's."""
    wide = np.result_type(a.type.dtype, np.asarray(b).dtype).name
    return to.cast(to.binary(op, to.cast(a, wide), b), a.type.dtype)


def arithmetic(op: str, a: Value, b: Any, to: Export) -> Value:
    """a op b for an array b, in the dtype that numpy gives the two."""
    wide = np.result_type(a.type.dtype, np.asarray(b).dtype).name
    return to.binary(op, to.cast(a, wide), b)


SPARSIFIED = (lm.SGDRegressor, lm.PassiveAggressiveRegressor)
"""Of one target, although `sparsify` makes coef_ a matrix."""


def affine(x: Value, coef: Any, intercept: Any, to: Export) -> Value:
    """x · coefᵀ + intercept for coef of (outputs, features) or (features,), in the dtypes that
    numpy gives the product and the sum."""
    weights = np.atleast_2d(dense(coef))
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
    lm.QuantileRegressor,
)
def regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """LinearModel.predict: (rows,) for a vector of coefficients, else (rows, outputs)."""
    _refuse_whole(estimator, to)
    unchecked = x.sparse and isinstance(estimator, lm.ElasticNet)  # its _decision_function
    rows = x.numbers() if unchecked else to.finite(x.numbers())
    value = affine(rows, estimator.coef_, estimator.intercept_, to)
    vector = estimator.coef_.ndim == 1 or isinstance(estimator, SPARSIFIED)
    return {"predict": Result((value,), "vector" if vector else "matrix")}


def _refuse_whole(estimator: Any, to: Export) -> None:
    """RidgeCV and RidgeClassifierCV of scikit-learn 1.8 keep coefficients in the rows' dtype."""
    if getattr(estimator.coef_, "dtype", np.dtype("f8")).kind in "iu":
        to.block("whole numbers as rows cut its coefficients to such", "fit it on floats")


@exports(lm.PoissonRegressor, lm.GammaRegressor, lm.TweedieRegressor)
def generalised(estimator: Any, x: Columns, to: Export) -> Outputs:
    """_GeneralizedLinearRegressor.predict: the inverse link of the linear predictor."""
    value = affine(to.finite(x.floats()), estimator.coef_, estimator.intercept_, to)
    link = type(estimator._base_loss.link).__name__
    if link == "LogLink":
        value = to.unary("exp", value)
    elif link != "IdentityLink":
        to.block(f"its loss has the unknown link {link}", "use another regressor")
    return {"predict": Result((value,), "vector")}


@exports(lm.BayesianRidge, lm.ARDRegression)
def bayesian(estimator: Any, x: Columns, to: Export) -> Outputs:
    """predict, and the standard deviation that return_std=True adds to it.

    predict_std: √(Σ ((x − X_offset_) · sigma_) ∘ (x − X_offset_) + 1 / alpha_), of ARDRegression
    for the columns whose lambda_ is below its threshold. Older releases do not centre x.
    """
    value = to.finite(x.numbers())
    mean = affine(value, estimator.coef_, estimator.intercept_, to)
    centred = value
    if _centres(estimator):
        centred = arithmetic("subtract", value, np.asarray(estimator.X_offset_), to)
    if isinstance(estimator, lm.ARDRegression):
        kept = np.flatnonzero(estimator.lambda_ < estimator.threshold_lambda)
        if not len(kept):
            return {"predict": Result((mean,), "vector")}
        centred = to.select(centred, kept.tolist())
    variance = quadratic(centred, estimator.sigma_, to)
    variance = arithmetic("add", variance, 1.0 / estimator.alpha_, to)
    std = to.unary("sqrt", variance)
    return {"predict": Result((mean,), "vector"), "predict_std": Result((std,), "vector")}


def _centres(estimator: Any) -> bool:
    """Whether return_std counts from X_offset_: there it is then the noise alone."""
    with quiet():
        std = estimator.predict(np.atleast_2d(estimator.X_offset_), return_std=True)[1]
    return bool(np.allclose(std, np.sqrt(1.0 / estimator.alpha_), rtol=1e-6))


def quadratic(x: Value, matrix: Any, to: Export) -> Value:
    """Σ (x · matrix) ∘ x of each row."""
    product = affine(x, matrix.T, 0.0, to)
    return to.add(Reduce("sum"), to.binary("multiply", product, to.cast(x, product.type.dtype)))


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
    """Classification by the sign, or the largest, of the decision values; of several labels
    those whose decision value is positive."""
    _refuse_whole(estimator, to)
    value, outputs = decision(estimator, x, to)
    if estimator._label_binarizer.y_type_.startswith("multilabel"):
        labels = to.cast(to.binary("greater", value, 0), "int64")
        outputs["predict"] = Result((labels,), "matrix")
        if estimator._label_binarizer.sparse_input_:
            to.block("predict gives a sparse matrix", "fit it on a dense matrix of labels")
    return outputs


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
    if value.type.width > 1 and _one_vs_rest(estimator):
        proba = normalised_sigmoids(value, to, _shares_nothing(estimator))
    elif value.type.width > 1:
        proba = to.add(Softmax(), value)
    elif getattr(estimator, "multi_class", "auto") == "multinomial":
        proba = to.add(Softmax(), to.concat([to.unary("negative", value), value]))
    else:
        proba = two_columns(to.unary("expit", value), to)
    return {**outputs, **probabilities(proba, to)}


def _one_vs_rest(estimator: Any) -> bool:
    """Whether probabilities of several classes are expits over their sum, and not the softmax: a
    row tells, whatever the release and its options."""
    row = np.random.default_rng(0).normal(size=(1, estimator.coef_.shape[1]))
    with quiet():
        scores, proba = estimator.decision_function(row)[0], estimator.predict_proba(row)[0]
        sigmoids, powers = 1 / (1 + np.exp(-scores)), np.exp(scores - scores.max())
    gaps = [np.abs(proba - shares / shares.sum()).max() for shares in (sigmoids, powers)]
    return bool(gaps[0] < gaps[1])


def _shares_nothing(estimator: Any) -> bool:
    """Whether a row of which no class wants anything is shared by all, and not 0 / 0."""
    nobody = copy(estimator)
    nobody.coef_ = np.zeros(estimator.coef_.shape)
    nobody.intercept_ = np.full(len(nobody.coef_), -1e6)
    with quiet():
        return bool(np.isfinite(nobody.predict_proba(nobody.coef_[:1])).all())


def two_columns(positive: Value, to: Export) -> Value:
    """[1 − p, p]."""
    return to.concat([to.complement(positive), positive])


def probabilities(proba: Value, to: Export) -> Outputs:
    """predict_proba and predict_log_proba."""
    return {
        "predict_proba": Result((proba,), "matrix"),
        "predict_log_proba": Result((to.unary("log", proba),), "matrix"),
    }


def normalised_sigmoids(value: Value, to: Export, zeros: bool = True) -> Value:
    """LinearClassifierMixin._predict_proba_lr: expit of each decision over their sum."""
    return shared(to.unary("expit", value), to, zeros)


def shared(proba: Value, to: Export, zeros: bool = True) -> Value:
    """Each row over its sum; a row of zeros is shared by all classes, or else NaN."""
    total = to.add(Reduce("sum"), proba)
    if not zeros:
        return to.binary("divide", proba, total)
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
    zeros = estimator.loss != "log_loss" or _shares_nothing(estimator)
    return {**outputs, **probabilities(shared(proba, to, zeros), to)}


@exports(lm.SGDOneClassSVM)
def sgd_one_class(estimator: Any, x: Columns, to: Export) -> Outputs:
    """decision_function = x · coef_ − offset_; predict is 1 where it is not negative, else −1."""
    scores = affine(to.finite(x.numbers()), estimator.coef_, 0.0, to)
    value = arithmetic("subtract", scores, estimator.offset_, to)
    inside = to.binary("greater_equal", value, 0)
    return {
        "predict": to.positive_labels(inside, np.array([-1, 1], np.int32)),
        "decision_function": Result((value,), "vector"),
        "score_samples": Result((arithmetic("add", value, estimator.offset_, to),), "vector"),
    }


__all__ = [
    "affine",
    "arithmetic",
    "decision",
    "dense",
    "in_place",
    "normalised_sigmoids",
    "probabilities",
    "quadratic",
    "two_columns",
]
