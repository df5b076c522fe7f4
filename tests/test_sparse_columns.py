"""Estimators behind a sparse matrix, in which the library checks and walks otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import AffinityPropagation, Birch
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LassoCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "a": RANDOM.normal(size=200),
        "b": RANDOM.normal(size=200),
        "v": RANDOM.choice(list("abcdefghijkl"), 200),
    }
)
TARGET = np.asarray(TABLE["a"] * 2 + RANDOM.normal(size=200))
BEHIND = [
    Lasso(0.01),
    ElasticNet(0.01, positive=True),
    LassoCV(),
    IsolationForest(n_estimators=5, random_state=0),
    RandomForestRegressor(n_estimators=5, random_state=0),
    AffinityPropagation(random_state=0),
    Birch(),
    PCA(2, svd_solver="arpack", random_state=0),
]


def fitted(estimator: Any) -> Any:
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]),
        (OneHotEncoder(handle_unknown="ignore"), ["v"]),
        sparse_threshold=1,
    )
    return make_pipeline(columns, estimator).fit(TABLE, TARGET)


def compare(pipeline: Any, rows: pd.DataFrame) -> None:
    method = "predict" if hasattr(pipeline, "predict") else "transform"
    got = Runtime.load(export_bundle(pipeline).to_bytes(), verify=True).score(rows)[method]
    np.testing.assert_allclose(got, getattr(pipeline, method)(rows), rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", BEHIND, ids=repr)
def test_estimators_behind_sparse_columns(estimator: Any) -> None:
    rows = TABLE.assign(a=TABLE["a"] * 1.5, v=TABLE["v"].where(TABLE["b"] < 1, "unseen"))
    compare(fitted(estimator), rows)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator", [Lasso(0.01), IsolationForest(n_estimators=5, random_state=0)], ids=repr
)
def test_nan_in_a_sparse_matrix_where_the_library_does_not_look(estimator: Any) -> None:
    """Lasso multiplies it, the trees of an IsolationForest send it to the right."""
    compare(fitted(estimator), TABLE.assign(a=np.nan))
