"""sklearn.kernel_approximation: features whose products approximate a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .kernels import pairwise
from .likelihoods import wide
from .linear_model import affine

Complex = tuple[Value, Value]
"""Real and imaginary part."""

INTERVALS = {1: 0.8, 2: 0.5, 3: 0.4}
"""AdditiveChi2Sampler's sample_interval by sample_steps."""


@exports(Nystroem)
def nystroem(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The kernel with some training rows, times normalization_ᵀ."""
    params = dict(estimator.kernel_params or {})
    for name in ("gamma", "coef0", "degree"):
        if getattr(estimator, name) is not None:
            params[name] = getattr(estimator, name)
    value = to.finite(x.numbers())
    kernel = pairwise(value, estimator.components_, estimator.kernel, params, to)
    return {"transform": Columns.of(to, affine(kernel, estimator.normalization_, 0.0, to))}


@exports(RBFSampler)
def rbf_sampler(estimator: Any, x: Columns, to: Export) -> Outputs:
    """√(2 / n) cos(x · random_weights_ + random_offset_)."""
    factor = (2.0 / estimator.n_components) ** 0.5
    return {"transform": Columns.of(to, _waves(estimator, to.finite(x.numbers()), factor, to))}


def _waves(estimator: Any, x: Value, factor: Any, to: Export) -> Value:
    """factor · cos(x · random_weights_ + random_offset_), each in place."""
    projection = affine(x, estimator.random_weights_.T, 0.0, to)
    dtype = projection.type.dtype
    shifted = to.cast(wide("add", projection, estimator.random_offset_, to), dtype)
    return to.cast(wide("multiply", to.unary("cos", shifted), factor, to), dtype)


@exports(SkewedChi2Sampler)
def skewed_chi2(estimator: Any, x: Columns, to: Export) -> Outputs:
    """√(2 / n) cos(log(x + skewedness) · random_weights_ + random_offset_)."""
    skew = float(estimator.skewedness)
    value = x.floats()
    value = to.finite(_refused(to.binary("less_equal", value, -skew), value, to))
    logs = to.unary("log", to.binary("add", value, skew))
    factor = np.sqrt(2.0) / np.sqrt(estimator.n_components)
    return {"transform": Columns.of(to, _waves(estimator, logs, factor, to))}


def _refused(condition: Value, x: Value, to: Export) -> Value:
    """NaN, which the next step refuses, where the library raises."""
    return to.where(condition, np.nan, x)


@exports(AdditiveChi2Sampler)
def additive_chi2(estimator: Any, x: Columns, to: Export) -> Outputs:
    """√(x l), and √(2 x l / cosh(π j l)) times cos and sin of j l log(x), for x > 0."""
    dtype, value = x.numbers().type.dtype, x.floats()
    value = to.finite(_refused(to.binary("less", value, 0), value, to))
    interval = estimator.sample_interval
    interval = INTERVALS[estimator.sample_steps] if interval is None else float(interval)
    some = to.binary("not_equal", value, 0)
    root = to.unary("sqrt", to.binary("multiply", value, interval))
    parts = [to.cast(to.where(some, root, 0), dtype)]
    logs = to.binary("multiply", to.unary("log", value), interval)
    step = to.cast(to.binary("multiply", to.binary("multiply", value, 2), interval), "float64")
    for j in range(1, estimator.sample_steps):
        height = to.binary("divide", step, np.cosh(np.pi * j * interval))
        for function in ("cos", "sin"):
            wave = to.unary(function, to.binary("multiply", logs, j))
            product = to.binary("multiply", to.unary("sqrt", height), to.cast(wave, "float64"))
            parts.append(to.cast(to.where(some, product, 0), dtype))
    return {"transform": Columns.of(to, to.concat(parts))}


@exports(PolynomialCountSketch)
def count_sketch(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The count sketches of each degree, convolved around: multiplied as Fourier series."""
    value = to.cast(to.finite(x.numbers()), "float64")
    value = to.binary("multiply", value, float(np.sqrt(estimator.gamma)))
    size = estimator.n_components
    total: Complex | None = None
    for buckets, signs in zip(estimator.indexHash_, estimator.bitHash_, strict=True):
        part = _series(value, buckets, signs, estimator, to)
        total = part if total is None else _product(total, part, to)
    assert total is not None
    turns = _turns(np.outer(np.arange(size), np.arange(size)), size)
    back = np.hstack([turns.real, -turns.imag]) / size
    sketch = to.add(Affine(back, np.zeros(size)), to.concat(list(total)))
    return {"transform": Columns.of(to, sketch)}


def _turns(steps: Array, size: int) -> Array:
    """exp(2πi steps / size), whole turns taken off."""
    return np.asarray(np.exp(2j * np.pi * (steps % size) / size))


def _series(x: Value, buckets: Array, signs: Array, estimator: Any, to: Export) -> Complex:
    """The Fourier series of one count sketch, which is linear in x."""
    size = estimator.n_components
    waves = signs * _turns(-np.outer(np.arange(size), buckets.astype(np.int64)), size)
    offset = np.zeros(size, complex)
    if estimator.coef0 != 0:
        offset, waves = waves[:, -1] * np.sqrt(estimator.coef0), waves[:, :-1]
    real = to.add(Affine(waves.real.copy(), offset.real.copy()), x)
    return real, to.add(Affine(waves.imag.copy(), offset.imag.copy()), x)


def _product(a: Complex, b: Complex, to: Export) -> Complex:
    """Complex multiplication."""
    (p, q), (r, s) = a, b
    times = [to.binary("multiply", *pair) for pair in ((p, r), (q, s), (p, s), (q, r))]
    return to.binary("subtract", times[0], times[1]), to.binary("add", times[2], times[3])
