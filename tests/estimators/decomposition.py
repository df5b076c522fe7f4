"""sklearn.decomposition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.decomposition import (
    NMF,
    PCA,
    DictionaryLearning,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    LatentDirichletAllocation,
    MiniBatchDictionaryLearning,
    MiniBatchNMF,
    MiniBatchSparsePCA,
    SparseCoder,
    SparsePCA,
    TruncatedSVD,
)

from .case import Case

BETAS = ("frobenius", "kullback-leibler", "itakura-saito", 0.5, 1.5, 2.5, 3)
LAST_ROUND = 2e-2
"""In float32 rounding may decide which round is the last."""

ATOMS = np.random.default_rng(16).normal(size=(9, 5))
"""More atoms than columns."""


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _projections()
    yield from _factors()
    yield from _topics()
    yield from _codes()


def _factors() -> Iterator[Case]:
    def nmf(data: str = "counts with noise", **options: Any) -> Case:
        options = {"n_components": 3, "random_state": 0, **options}
        near = LAST_ROUND if "float32" in data else 1e-12
        return Case(f"NMF({options})", NMF(**options), data, near, alone=True)

    def mini_batch(data: str = "counts with noise", **options: Any) -> Case:
        options = {"n_components": 3, "random_state": 0, **options}
        return Case(f"MiniBatchNMF({options})", MiniBatchNMF(**options), data, alone=True)

    for make in (nmf, mini_batch):
        for data in ("counts with noise", "counts with noise float32", "word counts"):
            yield make(data)
            yield make(data, alpha_W=0.01, l1_ratio=0.5)
    yield nmf(alpha_W=0.1)
    yield nmf(shuffle=True)
    yield nmf(tol=0, max_iter=20)
    yield nmf(n_components=1)
    yield nmf(n_components=8, init="random", max_iter=30)
    for beta in BETAS:
        narrow = ("positive counts float32",) if beta in BETAS[:2] else ()
        for data in ("positive counts", *narrow):
            yield nmf(data, solver="mu", beta_loss=beta)
            yield mini_batch(data, beta_loss=beta, transform_max_iter=50)
        yield nmf("positive counts", solver="mu", beta_loss=beta, alpha_W=0.01, l1_ratio=0.5)
        yield mini_batch("positive counts", beta_loss=beta, alpha_W=0.01, l1_ratio=0.5)


def _topics() -> Iterator[Case]:
    for model in (
        LatentDirichletAllocation(3, random_state=0),
        LatentDirichletAllocation(2, learning_method="online", random_state=0),
        LatentDirichletAllocation(4, doc_topic_prior=0.9, mean_change_tol=1e-9, random_state=0),
        LatentDirichletAllocation(1, max_doc_update_iter=2, random_state=0),
    ):
        for data in (
            "word counts",
            "sparse word counts",
            "word counts float32",
            "counts with noise",
        ):
            near = LAST_ROUND if "float32" in data else 1e-12
            yield Case(repr(model), model, data, near)


def _projections() -> Iterator[Case]:
    for projection in (
        PCA(),
        PCA(2, whiten=True),
        PCA(0.9, svd_solver="full"),
        PCA(2, svd_solver="arpack", random_state=0),
        PCA(2, svd_solver="randomized", random_state=0),
        PCA("mle"),
        IncrementalPCA(2),
        IncrementalPCA(2, whiten=True),
        TruncatedSVD(2, random_state=0),
        FactorAnalysis(2, random_state=0),
        FactorAnalysis(2, svd_method="lapack", rotation="varimax"),
        FastICA(2, random_state=0),
        FastICA(2, whiten="arbitrary-variance", algorithm="deflation", random_state=0),
        FastICA(whiten=False, random_state=0),
        SparsePCA(2, random_state=0),
        SparsePCA(6, ridge_alpha=0.5, random_state=0),
        MiniBatchSparsePCA(2, random_state=0, max_iter=5),
    ):
        for data in ("correlated", "correlated float32", "word counts"):
            yield Case(repr(projection), projection, data)
    yield Case(
        "IncrementalPCA(whiten) divides noise by noise",
        IncrementalPCA(whiten=True),
        "degenerate",
        0.5,
    )
    yield Case("PCA of a constant column", PCA(), "constant feature")
    yield Case("PCA of one feature", PCA(), "one column alone")
    for sparse in (PCA(2, svd_solver="arpack"), TruncatedSVD(2), IncrementalPCA(2)):
        yield Case(f"{sparse!r} fitted on a sparse matrix", sparse, "sparse numbers")


def _codes() -> Iterator[Case]:
    options: tuple[dict[str, Any], ...] = (
        {"transform_algorithm": "omp"},
        {"transform_algorithm": "omp", "transform_n_nonzero_coefs": 3},
        {"transform_algorithm": "omp", "transform_n_nonzero_coefs": 6, "split_sign": True},
        {"transform_algorithm": "lars", "transform_n_nonzero_coefs": 2},
        {"transform_algorithm": "lars", "transform_n_nonzero_coefs": 4},
        {"transform_algorithm": "lasso_lars", "transform_alpha": 0.1},
        {"transform_algorithm": "lasso_lars", "transform_alpha": 0.01, "positive_code": True},
        {"transform_algorithm": "lasso_lars", "transform_max_iter": 3, "transform_alpha": 0.001},
        {"transform_algorithm": "lasso_cd", "transform_alpha": 0.1},
        {"transform_algorithm": "lasso_cd", "transform_alpha": 0.01, "positive_code": True},
        {"transform_algorithm": "lasso_cd", "transform_max_iter": 4, "split_sign": True},
        {"transform_algorithm": "threshold", "transform_alpha": 0.3},
        {"transform_algorithm": "threshold", "positive_code": True, "split_sign": True},
    )
    for option in options:
        fitted = {"n_components": 6, "max_iter": 5, "random_state": 0, **option}
        descent = option["transform_algorithm"] == "lasso_cd"
        near = 1e-9 if descent else 1e-11
        for name, data, coder in (
            ("DictionaryLearning", "correlated", DictionaryLearning(fit_algorithm="cd", **fitted)),
            ("MiniBatchDictionaryLearning", "word counts", MiniBatchDictionaryLearning(**fitted)),
            ("SparseCoder", "correlated", SparseCoder(ATOMS, **option)),
        ):
            if "Mini" in name and option.get("positive_code"):
                coder.set_params(fit_algorithm="cd")
            yield Case(f"{name}({option})", coder, data, near)
        if not descent:
            narrow = SparseCoder(ATOMS[:4].astype(np.float32), **option)
            if option.get("transform_n_nonzero_coefs") == 6:
                narrow.set_params(transform_n_nonzero_coefs=4)
            yield Case(f"SparseCoder({option})", narrow, "correlated float32", 1e-4)
    coder = SparseCoder(ATOMS, transform_algorithm="threshold")
    yield Case("SparseCoder(threshold) of float64 for float32", coder, "correlated float32")
