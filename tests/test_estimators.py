"""One contract over every exported estimator: the bundle's numbers are the library's own."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from scorebundle.bundle import Bundle
from scorebundle.bundle.ops import Affine
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

from .data import DATA
from .estimators import Case, cases

ALL = list(cases())


def fitted(case: Case) -> tuple[Any, Any]:
    """The fitted estimator and the rows it was fitted on."""
    X, y = DATA[case.data]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = clone(case.estimator)
        return (estimator.fit(X) if y is None else estimator.fit(X, y)), X


@pytest.mark.parametrize("case", ALL, ids=[f"{c.name}|{c.data}" for c in ALL])
def test_bundle_gives_the_librarys_numbers(case: Case) -> None:
    estimator, X = fitted(case)
    bundle = export_bundle(estimator, X=X if _needs_rows(case) else None)
    nodes = bundle.graph.nodes
    runtime = Runtime.load(Bundle.open(bundle.to_bytes()), verify=True)
    scores = runtime.score(X)
    for name, value in scores.items():
        expected = _expected(estimator, name, X)
        tolerance = 0.0 if bundle.manifest.certificate[name].contract == "exact" else 1e-12
        if tolerance and getattr(value, "dtype", None) == np.float32:
            tolerance = 1e-5
        if any(isinstance(n.op, Affine) and n.op.coef.dtype == np.float32 for n in nodes):
            tolerance = 1e-5
        _assert_equal(value, expected, tolerance)
    _assert_rows_do_not_depend_on_each_other(runtime, X, scores)


def _needs_rows(case: Case) -> bool:
    """A pipeline does not say that it was fitted on float32; rows do."""
    return "float32" in case.data


def _expected(estimator: Any, method: str, X: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return getattr(estimator, method)(X)


def _assert_equal(got: Any, expected: Any, tolerance: float) -> None:
    if isinstance(expected, list):
        assert isinstance(got, list)
        for part, wanted in zip(got, expected, strict=True):
            _assert_equal(part, wanted, tolerance)
        return
    expected = expected.toarray() if hasattr(expected, "toarray") else np.asarray(expected)
    assert got.shape == expected.shape
    assert got.dtype.kind == expected.dtype.kind or expected.dtype == object
    if got.dtype.kind != "f":
        assert got.tolist() == expected.tolist()
        return
    assert got.dtype == expected.dtype
    scale = np.nanmax(np.abs(expected[np.isfinite(expected)]), initial=1.0)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)


def _assert_rows_do_not_depend_on_each_other(runtime: Runtime, X: Any, scores: Any) -> None:
    single = X.iloc[[5]] if hasattr(X, "iloc") else X[5:6]
    for name, value in runtime.score(single).items():
        parts = (
            zip(value, scores[name], strict=True)
            if isinstance(value, list)
            else [(value, scores[name])]
        )
        for part, whole in parts:
            np.testing.assert_array_equal(part[0], whole[5])
