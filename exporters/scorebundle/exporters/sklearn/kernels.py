"""sklearn.metrics.pairwise: kernels between a row and stored points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Distance, Reduce

from ..export import Export

Kernel = Callable[[Value, Array, Mapping[str, Any], Export], Value]

REMEDY = "use one of linear, poly, rbf, sigmoid, laplacian, cosine, chi2, additive_chi2"


def pairwise(x: Value, points: Any, metric: Any, params: Mapping[str, Any], to: Export) -> Value:
    """pairwise_kernels(x, points, metric, filter_params=True, **params).

    float32 only where both sides are (check_pairwise_arrays).
    """
    if callable(metric):
        to.block("its kernel is a Python function, which a bundle cannot hold", REMEDY)
    if metric == "precomputed":
        problem = (
            "kernel='precomputed' leaves the kernel to the caller, who needs the training rows"
        )
        to.block(problem, REMEDY)
    if metric not in KERNELS:
        to.block(f"the kernel {metric!r} is not exported", REMEDY)
    points = points.toarray() if hasattr(points, "toarray") else np.asarray(points)
    single = x.type.dtype == points.dtype == "float32"
    dtype = "float32" if single else "float64"
    return KERNELS[metric](to.cast(x, dtype), points.astype(dtype), params, to)


def products(x: Value, points: Array, to: Export) -> Value:
    """x · pointsᵀ."""
    return to.add(Affine(points, np.zeros(len(points), points.dtype)), x)


def distances(x: Value, points: Array, metric: str, arithmetic: str, to: Export) -> Value:
    """Distances of the row to each point, in x's dtype; float32 rows are measured in float64."""
    wide = np.ascontiguousarray(points, np.float64)
    none = np.zeros((0, wide.shape[1]))
    op = Distance(wide, metric, np.array([2.0]), none, arithmetic)
    return to.cast(to.add(op, to.cast(x, "float64")), x.type.dtype)


def unit_rows(x: Value, to: Export) -> Value:
    """x / ‖x‖; a row of zeros stays (sklearn.preprocessing.normalize)."""
    norms = to.unary("sqrt", to.add(Reduce("sum"), to.unary("square", x)))
    return to.binary("divide", x, to.where(to.binary("equal", norms, 0), 1, norms))


def _gamma(points: Array, params: Mapping[str, Any]) -> float:
    gamma = params.get("gamma")
    return 1.0 / points.shape[1] if gamma is None else float(gamma)


def _linear(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    return products(x, points, to)


def _scaled(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    """γ x · p + coef0."""
    value = to.binary("multiply", products(x, points, to), _gamma(points, params))
    coef0 = params.get("coef0")
    return to.binary("add", value, 1.0 if coef0 is None else float(coef0))


def _polynomial(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    degree = params.get("degree")
    return power(_scaled(x, points, params, to), 3 if degree is None else degree, to)


def power(x: Value, exponent: float, to: Export) -> Value:
    """x ** exponent; numpy squares, roots and inverts where that is the same."""
    shortcuts = {1.0: None, 2.0: "square", 0.5: "sqrt", -1.0: "reciprocal"}
    if float(exponent) not in shortcuts:
        return to.binary("power", x, float(exponent))
    shortcut = shortcuts[float(exponent)]
    return x if shortcut is None else to.unary(shortcut, x)


def _sigmoid(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    return to.unary("tanh", _scaled(x, points, params, to))


def _rbf(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    squares = distances(x, points, "sqeuclidean", "products", to)
    return to.unary("exp", to.binary("multiply", squares, -_gamma(points, params)))


def _laplacian(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    sums = distances(to.cast(x, "float64"), points, "manhattan", "any order", to)
    return to.unary("exp", to.binary("multiply", sums, -_gamma(points, params)))


def _cosine(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    norms = np.sqrt((points**2).sum(axis=1, keepdims=True))
    return products(unit_rows(x, to), points / np.where(norms == 0, 1, norms), to)


def _additive_chi2(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    """−Σ (x − p)² / (x + p); a negative x is refused."""
    if x.type.dtype == "float32":
        problem = "the chi2 kernel of float32 rows rounds each difference to float32"
        to.block(problem, "train on float64")
    x = to.finite(to.where(to.binary("less", x, 0), np.nan, x))
    return to.unary("negative", distances(x, points, "chi2", "ordered", to))


def _chi2(x: Value, points: Array, params: Mapping[str, Any], to: Export) -> Value:
    gamma = float(params.get("gamma") or 1.0)
    sums = _additive_chi2(x, points, params, to)
    return to.unary("exp", to.binary("multiply", sums, gamma))


KERNELS: dict[str, Kernel] = {
    "linear": _linear,
    "poly": _polynomial,
    "polynomial": _polynomial,
    "sigmoid": _sigmoid,
    "rbf": _rbf,
    "laplacian": _laplacian,
    "cosine": _cosine,
    "additive_chi2": _additive_chi2,
    "chi2": _chi2,
}
"""By scikit-learn's names."""
