"""sklearn.gaussian_process: posterior means, deviations and class probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process._gpc import (
    COEFS,
    LAMBDAS,
    _BinaryGaussianProcessClassifierLaplace,
)

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce, Solve

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .gaussian_process_kernels import cross, diagonal, sees_rows
from .likelihoods import wide
from .linear_model import affine, two_columns
from .members import behind


@exports(GaussianProcessRegressor)
def regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """predict, and the standard deviation that return_std=True adds to it.

    mean = k(x, X) · alpha_, variance = k(x, x) − |L⁻¹ k(X, x)|², both scaled back.
    """
    if not hasattr(estimator, "X_train_"):
        to.block("it predicts from its prior: it is not fitted", "call fit first")
    value = to.finite(x.numbers())
    kernel = _kernel(estimator, value, to)
    scale, shift = estimator._y_train_std, estimator._y_train_mean
    mean = wide("multiply", affine(kernel, estimator.alpha_.T, 0.0, to), scale, to)
    mean = wide("add", mean, shift, to)
    variance = to.binary("maximum", _variance(estimator, kernel, value, to), 0)
    deviation = to.unary("sqrt", wide("multiply", variance, scale**2, to))
    shape = "vector" if mean.type.width == 1 else "matrix"
    return {"predict": Result((mean,), shape), "predict_std": Result((deviation,), shape)}


def _kernel(estimator: Any, x: Value, to: Export) -> Value:
    """k(x, X); if it is the same for all x, still for acceptable rows only."""
    kernel = cross(estimator.kernel_, x, estimator.X_train_, to)
    return kernel if sees_rows(estimator.kernel_) else behind(Columns.of(to, x), kernel, to)


def _variance(estimator: Any, kernel: Value, x: Value, to: Export) -> Value:
    """k(x, x) − |L⁻¹ k|²."""
    solved = to.add(Solve(np.tril(np.asarray(estimator.L_, np.float64))), kernel)
    explained = to.add(Reduce("sum"), to.unary("square", solved))
    return to.binary("subtract", diagonal(estimator.kernel_, x, to), explained)


@exports(GaussianProcessClassifier)
def classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """One binary classifier, or one per class or pair of classes."""
    value = to.finite(x.numbers())
    outputs = to.export(estimator.base_estimator_, Columns.of(to, value))
    probable = estimator.n_classes_ == 2 or estimator.multi_class == "one_vs_rest"
    names = ("predict", "predict_proba") if probable else ("predict",)
    return {name: outputs[name] for name in names}


@exports(_BinaryGaussianProcessClassifierLaplace)
def binary(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The sign of the latent mean; the logistic function averaged over the latent's Gaussian,
    as a sum of five error functions (Williams, Barber, 1998, appendix A)."""
    value = x.numbers()
    kernel = _kernel(estimator, value, to)
    mean = affine(kernel, estimator.y_train_ - estimator.pi_, 0.0, to)
    weighted = to.finite(to.binary("multiply", kernel, estimator.W_sr_))  # scipy.linalg.solve
    variance = _variance(estimator, weighted, value, to)
    return {
        "predict": to.positive_labels(to.binary("greater", mean, 0), estimator.classes_),
        "predict_proba": Result((two_columns(_averaged(mean, variance, to), to),), "matrix"),
    }


def _averaged(mean: Value, variance: Value, to: Export) -> Value:
    """∫ logistic(f) N(f; mean, variance) df."""
    alpha = to.binary("divide", to.constant(1.0), to.binary("multiply", variance, 2))
    below = to.binary("add", alpha, np.ravel(LAMBDAS**2))
    spread = to.unary("sqrt", to.binary("divide", alpha, below))
    inner = to.binary("multiply", to.binary("multiply", mean, np.ravel(LAMBDAS)), spread)
    root = to.unary("sqrt", to.binary("divide", to.constant(np.pi), alpha))
    twice = to.binary("multiply", to.binary("multiply", variance, 2), np.pi)
    scale = to.binary("multiply", to.unary("sqrt", twice), 2)
    integrals = to.binary("divide", to.binary("multiply", to.unary("erf", inner), root), scale)
    total = to.add(Reduce("sum"), to.binary("multiply", integrals, np.ravel(COEFS)))
    return to.binary("add", total, float(0.5 * COEFS.sum()))
