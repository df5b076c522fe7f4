"""Neighbours: ties that bounds leave open, what is refused, neighbours inside pipelines."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import neighbors as nb
from sklearn.cluster import FeatureAgglomeration
from sklearn.impute import KNNImputer
from sklearn.manifold import Isomap, LocallyLinearEmbedding
from sklearn.manifold._locally_linear import barycenter_weights
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading

from scorebundle.bundle import ExportError
from scorebundle.bundle.ops import Barycenter, Cast, Nearest, Select
from scorebundle.bundle.ops.nearest import everything
from scorebundle.exporters import export_bundle
from scorebundle.exporters.bounds import BOUNDS

from .data import DATA
from .test_operators import Bench

RANDOM = np.random.default_rng(0)
GRID = RANDOM.integers(0, 3, (600, 3)).astype(float)
LABELS = RANDOM.integers(0, 3, 600)


def proven(estimator: Any, X: Any, y: Any = None) -> Any:
    """The certificate of an export that the gate let pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return export_bundle(estimator.fit(X, y), X=X).manifest.certificate


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "jaccard", "hamming", "cosine"])
@pytest.mark.parametrize("dtype", [float, int])
def test_ties_that_hang_on_the_machine_are_left_open(metric: str, dtype: Any) -> None:
    """More points than one thread searches, most of them tied: labels may differ there only."""
    knn = nb.KNeighborsClassifier(metric=metric, algorithm="brute")
    proof = proven(knn, GRID.astype(dtype), LABELS)["predict"]
    assert "equal distances" in proof.contract or "BLAS" in proof.contract


def test_ties_of_trees_are_settled() -> None:
    proof = proven(nb.KNeighborsClassifier(algorithm="kd_tree", leaf_size=20), GRID, LABELS)
    assert proof["predict"].contract == "exact"
    assert proof["predict"].ties == 0


def opened(points: Any, row: Any, arithmetic: str, ties: str = "heap") -> bool:
    """Whether the bounds leave the nearest of the points open."""
    none, tree = np.zeros((0, 2)), everything(*points.shape)
    op = Nearest(points, "euclidean", np.ones(1), none, arithmetic, 1, **tree, ties=ties)
    bound = BOUNDS[Nearest](op, [row], [np.zeros_like(row)], np.zeros((1, 2)))
    return bool(np.isinf(bound[0, 1]))


def test_rows_are_open_where_distances_tie_within_their_errors() -> None:
    row = np.array([[0.1, 0.2]])
    tied = np.array([[0.4, 0.6], [0.4, 0.6]])
    near = tied + np.array([[0.0, 0.0], [1e-16, 0.0]])
    apart = tied + np.array([[0.0, 0.0], [1e-9, 0.0]])
    assert [opened(p, row, "products") for p in (tied, near, apart)] == [True, True, False]
    assert not opened(tied, row, "ordered")
    assert opened(tied, row, "ordered", "any")
    whole = np.array([[3.0, 4.0], [-3.0, 4.0]])
    assert not opened(whole, np.array([[0.0, 1.0]]), "products")
    assert opened(whole, np.array([[0.0, 0.1]]), "products")


REFUSED = {
    "weights is a function": (nb.KNeighborsRegressor(weights=np.sqrt), "regression"),
    "metric <function": (nb.KNeighborsRegressor(metric=lambda a, b: 0.0), "regression"),
    "metric 'correlation' is not exported": (
        nb.KNeighborsRegressor(metric="correlation"),
        "regression",
    ),
    "differences in float32": (
        nb.KNeighborsRegressor(metric="manhattan", algorithm="brute"),
        "regression float32",
    ),
    "radius neighbours in float32": (
        nb.RadiusNeighborsRegressor(algorithm="brute"),
        "regression float32",
    ),
    "novelty=False scores": (nb.LocalOutlierFactor(), "numbers"),
    "outlier_label with positions": (
        nb.RadiusNeighborsClassifier(metric="manhattan", algorithm="brute", outlier_label=0),
        "three classes",
    ),
    "norm of the cosine kernel": (nb.KernelDensity(kernel="cosine"), "scaled numbers"),
    "within a radius are not exported": (Isomap(n_neighbors=None, radius=9.0), "one scale"),
    "arithmetic of LAPACK": (LocallyLinearEmbedding(), "float32"),
    "rounded by numpy.ma": (KNNImputer(), "float32"),
    "pooling_func": (FeatureAgglomeration(2, pooling_func=np.median), "numbers"),
    "mahalanobis is given for 2 columns": (
        nb.KNeighborsRegressor(
            algorithm="brute", metric="mahalanobis", metric_params={"VI": np.eye(2)}
        ),
        "regression",
    ),
    "kernel is a function": (
        LabelSpreading(kernel=lambda a, b: np.ones((len(a), len(b)))),
        "some labels",
    ),
}


@pytest.mark.parametrize("problem", REFUSED)
def test_what_cannot_be_exact_is_refused(problem: str) -> None:
    estimator, data = REFUSED[problem]
    X, y = DATA[data]()
    with pytest.raises(ExportError, match=problem):
        proven(estimator, X, y)


def test_neighbours_follow_other_steps() -> None:
    X, y = DATA["three classes"]()
    learned = nb.NeighborhoodComponentsAnalysis(2, max_iter=5, random_state=0)
    for step in (StandardScaler(), learned):
        for knn in (nb.KNeighborsClassifier(3), nb.KNeighborsClassifier(3, algorithm="brute")):
            proof = proven(make_pipeline(step, knn), X, y)
            assert proof["predict"].ties == 0


def test_barycenter_is_scikit_learns() -> None:
    points = RANDOM.normal(size=(40, 3))
    rows = RANDOM.normal(size=(30, 3))
    codes = RANDOM.integers(0, 40, (30, 4))
    bench = Bench(width=7)
    picked = bench.build.add(Cast("int64"), bench.build.add(Select((0, 1, 2, 3)), bench.x))
    row = bench.build.add(Select((4, 5, 6)), bench.x)
    result = bench.build.add(Barycenter(points, np.array([1e-3])), picked, row)
    got = bench.run(np.hstack([codes, rows]), result)
    np.testing.assert_allclose(got, barycenter_weights(rows, points, codes), rtol=1e-9)
    lost = bench.run(np.hstack([codes - 100, rows]), result)
    assert np.isfinite(lost).all()
