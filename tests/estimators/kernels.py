"""sklearn.kernel_ridge, kernel_approximation, KernelPCA and KernelCenterer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.decomposition import KernelPCA
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KernelCenterer, StandardScaler

from .case import Case

KERNELS: list[dict[str, Any]] = [
    {"kernel": "linear"},
    {"kernel": "rbf"},
    {"kernel": "rbf", "gamma": 0.3},
    {"kernel": "poly", "degree": 2, "gamma": 0.2},
    {"kernel": "poly", "degree": 2.5, "coef0": 50, "gamma": 0.01},
    {"kernel": "sigmoid", "gamma": 0.05, "coef0": 0.2},
    {"kernel": "laplacian"},
    {"kernel": "cosine"},
]


def cases() -> Iterator[Case]:
    """Every row."""
    for kernel in KERNELS:
        ridge = KernelRidge(alpha=0.5, **kernel)
        nystroem = Nystroem(n_components=7, random_state=0, **kernel)
        pca = KernelPCA(n_components=3, **kernel)
        for machine, data in ((ridge, "regression"), (nystroem, "numbers"), (pca, "numbers")):
            if machine is pca and kernel["kernel"] == "laplacian":
                continue  # KernelPCA knows it not
            scaled = make_pipeline(StandardScaler(), machine)
            yield Case(f"scaled {machine!r}", scaled, data, tolerance=1e-7)
    for machine in (KernelRidge(kernel="rbf"), KernelRidge(kernel="laplacian")):
        for data in ("two targets", "regression float32"):
            yield Case(f"scaled {machine!r}", make_pipeline(StandardScaler(), machine), data)
    for chi2 in (
        KernelRidge(kernel="chi2", gamma=0.2),
        KernelRidge(kernel="additive_chi2"),
        Nystroem(kernel="chi2", n_components=7, random_state=0),
        Nystroem(kernel="additive_chi2", n_components=7, random_state=0),
    ):
        yield Case(repr(chi2), chi2, "counts", tolerance=1e-7)
    yield Case("KernelRidge sparse", KernelRidge(kernel="poly", degree=2), "sparse counts")
    yield Case("KernelPCA all", KernelPCA(kernel="rbf", remove_zero_eig=True), "counts")
    yield Case("KernelCenterer", make_pipeline(StandardScaler(), KernelCenterer()), "square")
    for data in ("square", "square float32"):
        yield Case("KernelCenterer", KernelCenterer(), data)
    for sampler in (
        RBFSampler(n_components=9, random_state=0),
        RBFSampler(gamma="scale", random_state=0),
        PolynomialCountSketch(n_components=8, random_state=0),
        PolynomialCountSketch(gamma=0.5, degree=3, coef0=2, n_components=15, random_state=0),
        PolynomialCountSketch(degree=1, n_components=4, random_state=0),
        SkewedChi2Sampler(n_components=6, skewedness=0.1, random_state=0),
        AdditiveChi2Sampler(),
        AdditiveChi2Sampler(sample_steps=3),
        AdditiveChi2Sampler(sample_steps=4, sample_interval=0.3),
    ):
        for data in ("counts", "counts float32"):
            yield Case(repr(sampler), sampler, data)
