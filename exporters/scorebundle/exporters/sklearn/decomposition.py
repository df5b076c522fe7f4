"""sklearn.decomposition: projections on components."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.decomposition import (
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    MiniBatchSparsePCA,
    SparsePCA,
    TruncatedSVD,
)

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import affine, arithmetic, in_place, quadratic


@exports(PCA, IncrementalPCA)
def pca(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · components_ᵀ − mean_ · components_ᵀ, over √explained_variance_ if whitened."""
    value = to.finite(x.floats())
    centre = estimator.mean_.reshape(1, -1) @ estimator.components_.T
    result = affine(value, estimator.components_, 0.0, to)
    result = in_place("subtract", result, centre.ravel(), to)
    if estimator.whiten:
        scale = np.sqrt(estimator.explained_variance_)
        result = in_place("divide", result, np.maximum(scale, np.finfo(scale.dtype).eps), to)
    outputs: Outputs = {"transform": Columns.of(to, result)}
    if hasattr(estimator, "score_samples") and not x.sparse:  # which it refuses
        outputs |= _log_likelihood(estimator, value, to)
    return outputs


def _log_likelihood(estimator: Any, x: Value, to: Export) -> Outputs:
    """score_samples: −½ (x − μ) Λ (x − μ)ᵀ − ½ (d log 2π − log |Λ|) for the precision matrix Λ;
    nothing where the covariance has no inverse, for which the library raises."""
    try:
        precision = estimator.get_precision()
    except np.linalg.LinAlgError:
        return {}
    centred = arithmetic("subtract", x, estimator.mean_, to)
    halved = to.binary("multiply", quadratic(centred, precision, to), -0.5)
    sign, logarithm = np.linalg.slogdet(precision)
    determinant = logarithm if sign > 0 else -np.inf
    constant = 0.5 * (len(precision) * math.log(2 * np.pi) - determinant)
    return {"score_samples": Result((to.binary("subtract", halved, constant),), "vector")}


@exports(FactorAnalysis)
def factor_analysis(estimator: Any, x: Columns, to: Export) -> Outputs:
    """(x − mean_) · (W / Ψ)ᵀ · (I + (W / Ψ) Wᵀ)⁻¹ for components W and noise Ψ."""
    value = to.finite(x.numbers())
    loadings = estimator.components_
    weighted = loadings / estimator.noise_variance_
    covariance = np.linalg.inv(np.eye(len(loadings)) + weighted @ loadings.T)
    centred = arithmetic("subtract", value, estimator.mean_, to)
    result = affine(affine(centred, weighted, 0.0, to), covariance.T, 0.0, to)
    return {"transform": Columns.of(to, result), **_log_likelihood(estimator, value, to)}


@exports(FastICA)
def fast_ica(estimator: Any, x: Columns, to: Export) -> Outputs:
    """(x − mean_) · components_ᵀ; not centred where nothing was whitened."""
    value = to.finite(x.floats())
    if estimator.whiten:
        value = in_place("subtract", value, estimator.mean_, to)
    return {"transform": Columns.of(to, affine(value, estimator.components_, 0.0, to))}


@exports(TruncatedSVD)
def truncated_svd(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · components_ᵀ."""
    value = affine(to.finite(x.numbers()), estimator.components_, 0.0, to)
    return {"transform": Columns.of(to, value)}


@exports(SparsePCA, MiniBatchSparsePCA)
def sparse_pca(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Ridge regression of x − mean_ on the components, by the normal equations that
    `ridge_regression` solves: of the columns where there are fewer than components."""
    components = estimator.components_
    count, width = components.shape
    gram = components @ components.T if count <= width else components.T @ components
    gram = gram + estimator.ridge_alpha * np.eye(len(gram))
    if np.linalg.matrix_rank(gram) < len(gram):
        to.block(
            "ridge_alpha does not settle its dependent components", "give a larger ridge_alpha"
        )
    inverse = np.linalg.inv(gram).astype(components.dtype)
    factors = [components, inverse] if count <= width else [inverse, components]
    value = arithmetic("subtract", to.finite(x.numbers()), estimator.mean_, to)
    for factor in factors:
        value = affine(value, factor, 0.0, to)
    return {"transform": Columns.of(to, value)}
