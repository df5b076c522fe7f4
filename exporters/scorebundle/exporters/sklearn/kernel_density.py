"""sklearn.neighbors.KernelDensity: the logarithm of a mean of kernels around stored points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neighbors import KernelDensity

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Distance, Reduce, Tolerance
from scorebundle.bundle.ops.distance import METRICS

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .neighbors_search import SAME, extras

NOISE = 1e-13
"""Rounding of the sums and differences by which the tree bounds a density, of the number of
points: where a density is smaller than that, the library's own logarithm is noise."""


@exports(KernelDensity)
def kernel_density(estimator: Any, x: Columns, to: Export) -> Outputs:
    """log Σ w K(d / h) + log norm − log Σ w, within atol and rtol of that."""
    rows = to.cast(to.finite(x.numbers()), "float64")
    tree = estimator.tree_
    points = np.asarray(tree.get_arrays()[0], np.float64)
    metric = SAME.get(estimator.metric, estimator.metric)
    if metric not in METRICS:
        to.block(f"metric {estimator.metric!r} is not exported", "use one of " + ", ".join(METRICS))
    order, weights = extras(metric, estimator.metric_params or {}, points, to)
    distances = to.add(Distance(points, metric, order, weights, "ordered"), rows)
    terms = KERNELS[estimator.kernel](distances, float(estimator.bandwidth_), to)
    total = float(len(points))
    if tree.sample_weight is not None:
        with np.errstate(divide="ignore"):
            terms = to.binary("add", terms, np.log(np.asarray(tree.sample_weight)))
        total = float(tree.sum_weight)
    norm = log_norm(float(estimator.bandwidth_), points.shape[1], estimator.kernel)
    if math.isnan(norm):
        to.block(
            f"scikit-learn's norm of the {estimator.kernel} kernel is NaN for so many columns",
            "use another kernel",
        )
    absolute = total * (NOISE + estimator.atol * math.exp(-norm))
    relative = float(estimator.rtol) + NOISE
    density = to.add(Reduce("logsumexp"), terms)
    known = Tolerance(np.array([absolute]), np.array([relative]), "log")
    scaled = to.binary("add", to.add(known, density), norm)
    value = to.binary("subtract", scaled, float(np.log(total)))
    return {"score_samples": Result((value,), "vector")}


def _gaussian(d: Value, h: float, to: Export) -> Value:
    half = to.binary("multiply", to.unary("square", d), -0.5)
    return to.binary("divide", half, h * h)


def _tophat(d: Value, h: float, to: Export) -> Value:
    return to.where(to.binary("less", d, h), to.constant(0.0), -math.inf)


def _epanechnikov(d: Value, h: float, to: Export) -> Value:
    share = to.complement(to.binary("divide", to.unary("square", d), h * h))
    return to.where(to.binary("less", d, h), to.unary("log", share), -math.inf)


def _exponential(d: Value, h: float, to: Export) -> Value:
    return to.binary("divide", to.unary("negative", d), h)


def _linear(d: Value, h: float, to: Export) -> Value:
    share = to.complement(to.binary("divide", d, h))
    return to.where(to.binary("less", d, h), to.unary("log", share), -math.inf)


def _cosine(d: Value, h: float, to: Export) -> Value:
    angle = to.binary("divide", to.binary("multiply", d, 0.5 * math.pi), h)
    return to.where(to.binary("less", d, h), to.unary("log", to.unary("cos", angle)), -math.inf)


KERNELS: dict[str, Callable[[Value, float, Export], Value]] = {
    "gaussian": _gaussian,
    "tophat": _tophat,
    "epanechnikov": _epanechnikov,
    "exponential": _exponential,
    "linear": _linear,
    "cosine": _cosine,
}


def log_norm(h: float, d: int, kernel: str) -> float:
    """The logarithm of a kernel's norm in d dimensions (_log_kernel_norm)."""
    if kernel == "gaussian":
        factor = 0.5 * d * math.log(2 * math.pi)
    elif kernel == "tophat":
        factor = _log_ball(d)
    elif kernel == "epanechnikov":
        factor = _log_ball(d) + math.log(2.0 / (d + 2.0))
    elif kernel == "exponential":
        factor = _log_sphere(d - 1) + math.lgamma(d)
    elif kernel == "linear":
        factor = _log_ball(d) - math.log(d + 1.0)
    else:
        factor, term = 0.0, 2.0 / math.pi
        for k in range(1, d + 1, 2):
            factor += term
            term *= -(d - k) * (d - k - 1) * (2.0 / math.pi) ** 2
        factor = math.log(factor) + _log_sphere(d - 1) if factor > 0 else math.nan
    return -factor - d * math.log(h)


def _log_ball(n: int) -> float:
    return 0.5 * n * math.log(math.pi) - math.lgamma(0.5 * n + 1)


def _log_sphere(n: int) -> float:
    return math.log(2 * math.pi) + _log_ball(n - 1)
