"""One contract over every exported estimator: the bundle's numbers are the library's own."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import sklearn
from scipy.sparse import issparse
from sklearn.base import clone

from scorebundle.bundle import Bundle
from scorebundle.bundle.graph import Graph
from scorebundle.exporters import export_bundle
from scorebundle.exporters.reference import NEIGHBOURS
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
        try:
            return (estimator.fit(X) if y is None else estimator.fit(X, y)), X
        except ValueError as error:
            if "does not accept missing values" not in str(error):
                raise
            pytest.skip(f"scikit-learn {sklearn.__version__}: {error}")


@pytest.mark.parametrize("case", ALL, ids=[f"{c.name}|{c.data}" for c in ALL])
def test_bundle_gives_the_librarys_numbers(case: Case) -> None:
    estimator, X = fitted(case)
    bundle = export_bundle(estimator, X=X if _needs_rows(case, estimator) else None)
    X = X.toarray() if issparse(X) else X  # fitted on sparse rows, asked with dense ones
    runtime = Runtime.load(Bundle.open(bundle.to_bytes()), verify=True)
    scores = runtime.score(X)
    for name, value in scores.items():
        expected = _alone(estimator, name, X) if case.alone else _expected(estimator, name, X)
        tolerance = 0.0 if bundle.manifest.certificate[name].contract == "exact" else case.tolerance
        if tolerance and _rounds_float32(bundle.graph, name):
            tolerance = max(tolerance, 1e-5)
        _assert_equal(value, expected, tolerance)
    _assert_rows_do_not_depend_on_each_other(runtime, X, scores)


def _rounds_float32(graph: Graph, output: str) -> bool:
    """Whether an inexact operator works in float32."""
    nodes = graph.needed([output])
    return any(n.op.bound()[0] and graph.types[n.output].dtype == "float32" for n in nodes)


def _needs_rows(case: Case, estimator: Any) -> bool:
    """A pipeline does not say that it was fitted on float32, nor a dummy on how many columns;
    rows do."""
    return "float32" in case.data or not hasattr(estimator, "n_features_in_")


def _expected(estimator: Any, method: str, X: Any) -> Any:
    X = deepcopy(X)  # IterativeImputer of scikit-learn 1.8 writes into it
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if method in NEIGHBOURS:
            return estimator.kneighbors(X)[NEIGHBOURS.index(method)]
        if method == "predict_std":
            return estimator.predict(X, return_std=True)[1]
        if method == "output_margin":
            return estimator.predict(X, output_margin=True)
        return getattr(estimator, method)(X)


def _alone(estimator: Any, method: str, X: Any) -> Any:
    """What the library gives for each row by itself."""
    rows = [X.iloc[[i]] if hasattr(X, "iloc") else X[i : i + 1] for i in range(len(X))]
    return np.concatenate([_dense(_expected(estimator, method, row)) for row in rows])


def _dense(answer: Any) -> Any:
    return answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)


def _assert_equal(got: Any, expected: Any, tolerance: float) -> None:
    if isinstance(expected, list):
        assert isinstance(got, list)
        for part, wanted in zip(got, expected, strict=True):
            _assert_equal(part, wanted, tolerance)
        return
    expected = _dense(expected)
    assert got.shape == expected.shape
    assert got.dtype.kind == expected.dtype.kind or expected.dtype == object
    if got.dtype.kind != "f":
        assert got.tolist() == expected.tolist()
        return
    assert got.dtype == expected.dtype
    if tolerance and got.dtype == np.float32:
        tolerance = max(tolerance, 1e-6)
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
