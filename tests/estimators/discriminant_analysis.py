"""sklearn.discriminant_analysis."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .case import Case

CLASSES = ("two classes", "three classes", "text labels", "bool labels", "float labels")


def cases() -> Iterator[Case]:
    """Every row."""
    for linear in (
        LinearDiscriminantAnalysis(),
        LinearDiscriminantAnalysis(n_components=1),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1, n_components=1),
    ):
        for data in CLASSES:
            yield Case(repr(linear), linear, data)
    for data in ("three classes float32", "two classes float32", "small integers", "one feature"):
        yield Case("LDA", LinearDiscriminantAnalysis(), data)
    lda = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(), GaussianNB())
    yield Case("LDA as a transformer", lda, "three classes")
    for quadratic in (
        QuadraticDiscriminantAnalysis(tol=1e-12),
        QuadraticDiscriminantAnalysis(tol=1e-12, reg_param=0.1, priors=[0.5, 0.5]),
        QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.2),
    ):
        for data in CLASSES if quadratic.priors is None else ("two classes", "bool labels"):
            yield Case(repr(quadratic), quadratic, data)
    for data in ("three classes float32", "small integers", "one feature"):
        yield Case("QDA", QuadraticDiscriminantAnalysis(tol=1e-12), data)
