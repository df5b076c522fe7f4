"""Estimators behind one-hot columns: sparse, where the library checks and walks otherwise, and
dependent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import AffinityPropagation, Birch
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA, MiniBatchSparsePCA, SparsePCA
from sklearn.ensemble import IsolationForest, RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LassoCV
from sklearn.manifold import Isomap
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scorebundle.bundle import ExportError
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
    Isomap(n_neighbors=8),
]


def fitted(estimator: Any, sparse_threshold: float = 1) -> Any:
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]),
        (OneHotEncoder(handle_unknown="ignore"), ["v"]),
        sparse_threshold=sparse_threshold,
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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [MiniBatchSparsePCA, SparsePCA])
@pytest.mark.parametrize("seed", [0, 1])
def test_components_of_dependent_columns(kind: Any, seed: int) -> None:
    """Some are 0 and some alike; ridge_alpha alone settles what they get."""
    compare(fitted(kind(random_state=seed), sparse_threshold=0), TABLE[::2])


def test_components_that_nothing_settles_are_refused() -> None:
    pipeline = fitted(MiniBatchSparsePCA(ridge_alpha=0, random_state=0), sparse_threshold=0)
    with pytest.raises(ExportError, match="larger ridge_alpha"):
        export_bundle(pipeline)
