"""sklearn.mixture: log weight + log density of each Gaussian component."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import digamma
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.mixture._gaussian_mixture import _compute_log_det_cholesky

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .likelihoods import normalised, shifted, squared_norms, wide
from .linear_model import affine


@exports(GaussianMixture)
def gaussian_mixture(estimator: Any, x: Columns, to: Export) -> Outputs:
    """log weights_ + log N(x; mean, covariance)."""
    with np.errstate(all="ignore"):
        weights = np.log(estimator.weights_)
    return _outputs(shifted(_log_density(estimator, x, to), weights, to), to)


@exports(BayesianGaussianMixture)
def bayesian_mixture(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The same, with expectations over the posterior of weights and precisions."""
    features, freedom = estimator.means_.shape[1], estimator.degrees_of_freedom_
    density = wide("subtract", _log_density(estimator, x, to), 0.5 * features * np.log(freedom), to)
    halves = 0.5 * (freedom - np.arange(0, features)[:, np.newaxis])
    log_lambda = features * np.log(2.0) + np.sum(digamma(halves), 0)
    expected = 0.5 * (log_lambda - features / estimator.mean_precision_)
    joint = shifted(shifted(density, expected, to), _log_weights(estimator), to)
    return _outputs(joint, to)


def _log_weights(estimator: Any) -> Array:
    """Expected log weight of each component: of a stick-breaking process, or a Dirichlet."""
    concentration = estimator.weight_concentration_
    if estimator.weight_concentration_prior_type == "dirichlet_process":
        total = digamma(concentration[0] + concentration[1])
        rest = np.cumsum(digamma(concentration[1]) - total)[:-1]
        return np.asarray(digamma(concentration[0]) - total + np.hstack((0, rest)))
    return np.asarray(digamma(concentration) - digamma(np.sum(concentration)))


def _outputs(joint: Value, to: Export) -> Outputs:
    total, logs = normalised(joint, to)
    return {
        "predict": Result((to.add(ArgMax(), joint),), "vector"),
        "predict_proba": Result((to.unary("exp", logs),), "matrix"),
        "score_samples": Result((total,), "vector"),
    }


def _log_density(estimator: Any, x: Columns, to: Export) -> Value:
    """−½ (n log 2π + ‖(x − mean) · P‖²) + log det P, P being the precision's Cholesky factor."""
    kind, features = estimator.covariance_type, estimator.means_.shape[1]
    factors = estimator.precisions_cholesky_
    distances = DISTANCES[kind](to.finite(x.numbers()), estimator.means_, factors, to)
    inner = to.binary("add", distances, features * math.log(2 * math.pi))
    with np.errstate(all="ignore"):
        determinants = _compute_log_det_cholesky(factors, kind, features)
    return shifted(to.binary("multiply", inner, -0.5), np.atleast_1d(determinants), to)


def _full(x: Value, means: Array, factors: Array, to: Export) -> Value:
    """Σ (x · P − mean · P)²."""
    weights = np.concatenate([factor.T for factor in factors])
    offsets = np.concatenate([mean @ factor for mean, factor in zip(means, factors, strict=True)])
    norms = squared_norms(affine(x, weights, -offsets, to), len(means), to)
    return _kept(norms, x, to)


def _tied(x: Value, means: Array, factor: Array, to: Export) -> Value:
    """Σ (x · P − mean · P)² with one P."""
    product = affine(x, factor.T, 0.0, to)
    centred = [wide("subtract", product, mean @ factor, to) for mean in means]
    return _kept(to.concat([squared_norms(part, 1, to) for part in centred]), x, to)


def _kept(norms: Value, x: Value, to: Export) -> Value:
    """scikit-learn stores these sums in an array of x's dtype: of integers, they are cut off."""
    stored = to.cast(norms, x.type.dtype)
    return stored if stored.type.dtype != "int64" else to.cast(stored, "float64")


def _diagonal(x: Value, means: Array, factors: Array, to: Export) -> Value:
    """Σ mean² p − 2 x · (mean p) + x² · p, p being the precisions."""
    precisions = factors**2
    product = to.binary("multiply", affine(x, means * precisions, 0.0, to), 2.0)
    constant = np.sum(means**2 * precisions, axis=1)
    squares = affine(to.unary("square", _floats(x, to)), precisions, 0.0, to)
    return _joined(constant, product, squares, to)


def _spherical(x: Value, means: Array, factors: Array, to: Export) -> Value:
    """Σ mean² p − 2 (x · mean) p + ‖x‖² p."""
    precisions = factors**2
    product = wide("multiply", affine(x, means, 0.0, to), precisions, to)
    constant = np.sum(means**2, axis=1) * precisions
    norms = to.add(Reduce("sum"), to.unary("square", _floats(x, to)))
    outer = wide("multiply", norms, precisions, to)
    return _joined(constant, to.binary("multiply", product, 2.0), outer, to)


def _joined(constant: Array, product: Value, squares: Value, to: Export) -> Value:
    """constant − product + squares."""
    dtype = np.result_type(constant.dtype, product.type.dtype).name
    difference = to.binary("subtract", to.constant(constant, dtype), to.cast(product, dtype))
    total = np.result_type(dtype, squares.type.dtype).name
    return to.binary("add", to.cast(difference, total), to.cast(squares, total))


def _floats(x: Value, to: Export) -> Value:
    return x if x.type.dtype == "float32" else to.cast(x, "float64")


DISTANCES = {"full": _full, "tied": _tied, "diag": _diagonal, "spherical": _spherical}
"""Squared Mahalanobis distances to every component, by covariance_type."""
