"""sklearn.decomposition."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.decomposition import (
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    MiniBatchSparsePCA,
    SparsePCA,
    TruncatedSVD,
)

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _projections()


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
        for data in ("correlated", "correlated float32", "counts"):
            yield Case(repr(projection), projection, data)
    yield Case(
        "IncrementalPCA(whiten) divides noise by noise",
        IncrementalPCA(whiten=True),
        "degenerate",
        0.5,
    )
    yield Case("PCA of one feature", PCA(), "one column")
    for sparse in (PCA(2, svd_solver="arpack"), TruncatedSVD(2), IncrementalPCA(2)):
        yield Case(f"{sparse!r} fitted on a sparse matrix", sparse, "sparse numbers")
