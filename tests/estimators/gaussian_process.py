"""sklearn.gaussian_process."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    DotProduct,
    ExpSineSquared,
    Matern,
    PairwiseKernel,
    RationalQuadratic,
    WhiteKernel,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .case import Case

KERNELS = [
    None,
    ConstantKernel(2.0) * RBF(0.7) + WhiteKernel(0.1),
    RBF([1.0, 2.0, 0.5, 3.0]) + ConstantKernel(0.3),
    Matern(nu=0.5) + WhiteKernel(),
    Matern(nu=1.5) * Matern([1.0, 2.0, 0.5, 3.0], nu=2.5) + WhiteKernel(0.01),
    Matern(nu=np.inf) + WhiteKernel(0.1),
    RationalQuadratic(0.9, 0.4) + WhiteKernel(0.01),
    RationalQuadratic(alpha=2) * ExpSineSquared(1.5, 2.5) + WhiteKernel(0.1),
    DotProduct(0.5) ** 2 + WhiteKernel(0.1),
    (DotProduct(1.0) + RBF()) ** 3 + WhiteKernel(1.0),
    WhiteKernel(0.1),
    *(
        PairwiseKernel(gamma=0.1, metric=metric) + WhiteKernel(0.5)
        for metric in ("linear", "poly", "rbf", "laplacian", "cosine")
    ),
]


def cases() -> Iterator[Case]:
    """Every row; without an optimizer, which would only make them alike."""
    for kernel in KERNELS:
        plain = GaussianProcessRegressor(kernel, optimizer=None, alpha=1e-3)
        scaled = make_pipeline(StandardScaler(), plain)
        yield Case(f"scaled {plain!r}", scaled, "regression", tolerance=1e-7)
    kernel = 2.0 * RBF() + WhiteKernel()
    normalised = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    for data in ("regression", "two targets", "one target column", "regression float32"):
        yield Case("GPR", make_pipeline(StandardScaler(), normalised), data, tolerance=1e-9)
    classifiers = (
        GaussianProcessClassifier(kernel, random_state=0),
        GaussianProcessClassifier(RBF(0.5), optimizer=None),
        GaussianProcessClassifier(Matern(nu=1.5) * 3, optimizer=None, multi_class="one_vs_one"),
    )
    for classifier in classifiers:
        for data in ("two classes", "text labels", "bool labels"):
            scaled = make_pipeline(StandardScaler(), classifier)
            yield Case(f"scaled {classifier!r}", scaled, data, tolerance=1e-8)
    unscaled = RBF(0.5) + WhiteKernel(0.3)
    for data in ("coordinates", "one feature"):
        yield Case("GPC", GaussianProcessClassifier(unscaled, optimizer=None), data, tolerance=1e-8)
    for data in ("one column", "whole targets", "float32 targets"):
        yield Case("GPR", GaussianProcessRegressor(unscaled, optimizer=None), data, tolerance=1e-8)
