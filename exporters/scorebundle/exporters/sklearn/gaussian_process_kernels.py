"""sklearn.gaussian_process.kernels: k(x, x') with stored points, and k(x, x).

Each kernel registers two functions: `CROSS`, of the row with every training point, and `DIAGONAL`,
of the row with itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.gaussian_process import kernels as gp

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce

from ..export import Export
from .kernels import distances, pairwise, power, unit_rows
from .likelihoods import wide
from .linear_model import affine

Cross = Callable[[Any, Value, Array, Export], Value]
Diagonal = Callable[[Any, Value, Export], Value]
CROSS: dict[type, Cross] = {}
DIAGONAL: dict[type, Diagonal] = {}

REMEDY = "compose the kernel of those in sklearn.gaussian_process.kernels"


def cross(kernel: Any, x: Value, points: Array, to: Export) -> Value:
    """kernel(x, points): one column per point."""
    function = CROSS.get(type(kernel))
    if function is None:
        to.block(f"the kernel {type(kernel).__name__} is not exported", REMEDY)
    return function(kernel, x, points, to)


def diagonal(kernel: Any, x: Value, to: Export) -> Value:
    """kernel.diag(x): one column."""
    return DIAGONAL[type(kernel)](kernel, x, to)


def sees_rows(kernel: Any) -> bool:
    """Whether the kernel with stored points depends on the row at all."""
    parts = [getattr(kernel, name) for name in ("k1", "k2", "kernel") if hasattr(kernel, name)]
    if parts:
        return any(sees_rows(part) for part in parts)
    return not isinstance(kernel, (gp.ConstantKernel, gp.WhiteKernel))


def _register(kind: type, across: Cross, own: Diagonal) -> None:
    CROSS[kind], DIAGONAL[kind] = across, own


def _one(kernel: Any, x: Value, to: Export) -> Value:
    return to.constant(1.0)


def _constants(kernel: gp.ConstantKernel, x: Value, points: Array, to: Export) -> Value:
    return to.constant(np.full(len(points), kernel.constant_value, np.float64))


def _constant(kernel: gp.ConstantKernel, x: Value, to: Export) -> Value:
    return to.constant(float(kernel.constant_value))


def _zeros(kernel: gp.WhiteKernel, x: Value, points: Array, to: Export) -> Value:
    return to.constant(np.zeros(len(points)))


def _noise(kernel: gp.WhiteKernel, x: Value, to: Export) -> Value:
    return to.constant(float(kernel.noise_level))


_register(gp.ConstantKernel, _constants, _constant)
_register(gp.WhiteKernel, _zeros, _noise)


def _combined(op: str) -> tuple[Cross, Diagonal]:
    def across(kernel: Any, x: Value, points: Array, to: Export) -> Value:
        parts = (cross(part, x, points, to) for part in (kernel.k1, kernel.k2))
        return to.binary(op, *parts)

    def own(kernel: Any, x: Value, to: Export) -> Value:
        return to.binary(op, *(diagonal(part, x, to) for part in (kernel.k1, kernel.k2)))

    return across, own


_register(gp.Sum, *_combined("add"))
_register(gp.Product, *_combined("multiply"))


def _powers(kernel: gp.Exponentiation, x: Value, points: Array, to: Export) -> Value:
    return power(cross(kernel.kernel, x, points, to), kernel.exponent, to)


def _power(kernel: gp.Exponentiation, x: Value, to: Export) -> Value:
    return power(diagonal(kernel.kernel, x, to), kernel.exponent, to)


_register(gp.Exponentiation, _powers, _power)


def _measured(x: Value, points: Array, metric: str, to: Export) -> Value:
    """scipy's cdist, in float64."""
    return distances(to.cast(x, "float64"), points, metric, "any order", to)


def _scaled(kernel: Any, x: Value, points: Array, metric: str, to: Export) -> Value:
    """Distances of x / length_scale."""
    scale = np.squeeze(kernel.length_scale).astype(float)
    return _measured(wide("divide", x, scale, to), points / scale, metric, to)


def _rbf(kernel: gp.RBF, x: Value, points: Array, to: Export) -> Value:
    """exp(−d² / 2)."""
    squares = _scaled(kernel, x, points, "sqeuclidean", to)
    return to.unary("exp", to.binary("multiply", squares, -0.5))


def _matern(kernel: gp.Matern, x: Value, points: Array, to: Export) -> Value:
    """exp(−d), (1 + t) exp(−t), (1 + t + t² / 3) exp(−t) or exp(−d² / 2), by nu."""
    if kernel.nu not in (0.5, 1.5, 2.5, np.inf):
        problem = f"Matern(nu={kernel.nu}) needs a Bessel function, which a bundle has not"
        to.block(problem, "use nu=0.5, 1.5, 2.5 or inf")
    d = _scaled(kernel, x, points, "euclidean", to)
    if kernel.nu == np.inf:
        half = to.binary("divide", to.unary("negative", to.unary("square", d)), 2)
        return to.unary("exp", half)
    t = d if kernel.nu == 0.5 else to.binary("multiply", d, math.sqrt(2 * kernel.nu))
    fall = to.unary("exp", to.unary("negative", t))
    if kernel.nu == 0.5:
        return fall
    rise = to.binary("add", t, 1)
    if kernel.nu == 2.5:
        rise = to.binary("add", rise, to.binary("divide", to.unary("square", t), 3))
    return to.binary("multiply", rise, fall)


def _rational(kernel: gp.RationalQuadratic, x: Value, points: Array, to: Export) -> Value:
    """(1 + d² / (2 α l²)) ^ −α."""
    squares = _measured(x, points, "sqeuclidean", to)
    scale = 2 * kernel.alpha * kernel.length_scale**2
    base = to.binary("add", to.binary("divide", squares, float(scale)), 1)
    return power(base, -float(kernel.alpha), to)


def _periodic(kernel: gp.ExpSineSquared, x: Value, points: Array, to: Export) -> Value:
    """exp(−2 (sin(π d / p) / l)²)."""
    d = _measured(x, points, "euclidean", to)
    wave = to.unary("sin", to.binary("multiply", d, float(np.pi / kernel.periodicity)))
    square = to.unary("square", to.binary("divide", wave, float(kernel.length_scale)))
    return to.unary("exp", to.binary("multiply", square, -2))


for _kind, _across in (
    (gp.RBF, _rbf),
    (gp.Matern, _matern),
    (gp.RationalQuadratic, _rational),
    (gp.ExpSineSquared, _periodic),
):
    _register(_kind, _across, _one)


def _square(x: Value, to: Export) -> Value:
    """x · x."""
    return to.add(Reduce("sum"), to.unary("square", to.cast(x, "float64")))


def _products(kernel: gp.DotProduct, x: Value, points: Array, to: Export) -> Value:
    """x · p + σ₀²."""
    product = affine(x, points, 0.0, to)
    return to.cast(wide("add", product, kernel.sigma_0**2, to), "float64")


def _product(kernel: gp.DotProduct, x: Value, to: Export) -> Value:
    return to.binary("add", _square(x, to), float(kernel.sigma_0**2))


_register(gp.DotProduct, _products, _product)


def _pairwise(kernel: gp.PairwiseKernel, x: Value, points: Array, to: Export) -> Value:
    value = pairwise(x, points, kernel.metric, {"gamma": float(kernel.gamma)}, to)
    return to.cast(value, "float64")


def _own(kernel: gp.PairwiseKernel, x: Value, to: Export) -> Value:
    """The named kernel of a row with itself."""
    metric = kernel.metric
    if metric in ("rbf", "laplacian", "chi2"):
        return to.constant(1.0)
    if metric == "additive_chi2":
        return to.constant(0.0)
    if metric == "cosine":
        return _square(unit_rows(to.cast(x, "float64"), to), to)
    square = _square(x, to)
    if metric == "linear":
        return square
    inner = to.binary("add", to.binary("multiply", square, float(kernel.gamma)), 1)
    return to.unary("tanh", inner) if metric == "sigmoid" else power(inner, 3, to)


_register(gp.PairwiseKernel, _pairwise, _own)
