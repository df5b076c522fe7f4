"""sklearn.cross_decomposition."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression

from .case import Case


def cases() -> Iterator[Case]:
    for kind in (PLSRegression, PLSCanonical, CCA, PLSSVD):
        for scale in (True, False):
            for data in ("two targets", "two targets float32"):
                model = kind(n_components=1, scale=scale)
                yield Case(repr(model), model, data)
    yield Case("PLSRegression(3)", PLSRegression(n_components=3), "two targets")
    yield Case("PLSSVD(2)", PLSSVD(n_components=2), "two targets")
    yield Case("PLSRegression of one target", PLSRegression(n_components=2), "regression")
    yield Case("PLSRegression of one target in a matrix", PLSRegression(), "one target in a matrix")
    yield Case("PLSRegression of whole numbers", PLSRegression(), "regression int")
