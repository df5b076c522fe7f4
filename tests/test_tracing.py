"""Functions of numpy operations: what cannot be traced is refused by what was met."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from scorebundle.exporters import check, export_bundle
from scorebundle.runtime import Runtime

X = np.abs(np.random.default_rng(0).normal(size=(50, 3))) + 0.1


def _in_place(X: Any) -> Any:
    X = np.copy(X)
    X[:, 1] = 0
    X[:, [0, 2]] = X[:, [2, 0]] * 2
    X *= 3
    X[np.isfinite(X) & (X > 1)] = 1
    X[:, 0] += X[:, 2]
    return X


def _selected(X: Any) -> Any:
    return np.select([X < 0.5, X < 1.0], [X * 2, -X], default=np.nan_to_num(X / X))


FUNCTIONS = (
    lambda X: X + 1,
    lambda X: 1 / X - X[:, :1] ** 3 + X**0.5,
    lambda X: np.float32(2) * X.astype(np.float32),
    lambda X: X[:, [1]] < X,
    lambda X: ~(X > 1) | (X.min(axis=1, keepdims=True) == X),
    lambda X: np.stack([X[:, 0], np.maximum(X[:, 1], X[:, 2])], axis=-1),
    lambda X: np.diff(X, axis=1) % 0.3,
    lambda X: np.mean(X, axis=1, keepdims=True) + np.array([1.0, 2.0]),
    lambda X: np.searchsorted([0.2, 0.7], X[:, 0], side="right").reshape(-1, 1),
    lambda X: np.round(X, 1) + np.round(X * 100, -1),
    lambda X: (X > 0.5).sum(axis=1, keepdims=True),
    lambda X: np.where(np.logical_not(X > 1), np.ones_like(X), np.full_like(X, 7.0)),
    lambda X: X.dot(np.array([1.0, 0.5, 0.25])),
    _in_place,
    _selected,
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_traced_functions_give_their_own_numbers(function: Any) -> None:
    model = FunctionTransformer(function).fit(X)
    got = Runtime.load(export_bundle(model, X=X)).transform(X)
    with np.errstate(all="ignore"):
        expected = function(X.copy())
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def _loop(X: Any) -> Any:
    return np.array([row * 2 for row in X])


def _branch(X: Any) -> Any:
    return X * 2 if (X > 0).all() else X


@pytest.mark.parametrize(
    "function, met",
    [
        (lambda X: X - X.mean(axis=0), "not over the columns of each row"),
        (lambda X: X / X.sum(), "not over the columns of each row"),
        (lambda X: np.fft.fft(X), "plain array|numpy.fft"),
        (lambda X: np.linalg.norm(X, axis=1), "numpy.norm"),
        (lambda X: X.T, "its argument's T"),
        (lambda X: X[0], "indexing by 0"),
        (lambda X: X[:10], "indexing by"),
        (lambda X: X + np.arange(50)[:, None], "shape|as long as the rows"),
        (lambda X: X * X[:, 0], "with \\(rows, columns\\)"),
        (lambda X: np.zeros((X.shape[0], 2)), "number of rows|TypeError"),
        (lambda X: np.ones((3, 3)), "gives ndarray"),
        (lambda X: X.astype("float16"), "dtype float16"),
        (lambda X: np.floor_divide(X, 2), "numpy.floor_divide"),
        (lambda X: X["age"], "a column 'age'"),
        (lambda X: X[X[:, 0] > 1], "chosen by a condition"),
        (_loop, "a loop over rows"),
        (_branch, "its argument's all"),
        (lambda X: {"a": 1}["key"], "KeyError"),
    ],
)
def test_what_cannot_be_traced_is_named(function: Any, met: str) -> None:
    model = FunctionTransformer(function)
    (blocker,) = check(model, X=X).blockers
    assert re.search(met, blocker.problem), blocker.problem


def test_a_function_that_changes_its_mind_is_caught_by_the_gate() -> None:
    calls = []

    def moody(X: Any) -> Any:
        calls.append(1)
        return X + len(calls)

    blockers = check(FunctionTransformer(moody), X=X).blockers
    assert "probe rows differ" in blockers[0].problem
