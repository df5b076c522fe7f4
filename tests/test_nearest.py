"""The search for the nearest points against scikit-learn's own, ties included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import BallTree, KDTree, NearestNeighbors

from scorebundle.bundle.ops import LookupSum, Nearest, Select
from scorebundle.bundle.ops.nearest import everything
from scorebundle.exporters.sklearn.neighbors_search import ranges_of

from .test_distances import ARGUMENTS, COVARIANCE, WEIGHTS, WIDTH
from .test_operators import Bench

RANDOM = np.random.default_rng(0)
DATA = {
    "normal": RANDOM.normal(size=(700, WIDTH)),
    "grid": RANDOM.integers(0, 3, (700, WIDTH)).astype(float),
    "copies": np.repeat(RANDOM.normal(size=(20, WIDTH)), 35, axis=0),
}
ROWS = {"weights": {"mahalanobis": COVARIANCE, "minkowski": WEIGHTS, "seuclidean": WEIGHTS}}


def found(rows: Any, k: int, points: Any, metric: str, **tree: Any) -> tuple[Any, Any]:
    weights = ROWS["weights"].get(metric, np.zeros((0, points.shape[1])))
    if metric == "minkowski" and "w" not in ARGUMENTS[metric]:
        weights = np.ones((1, points.shape[1]))
    op = Nearest(points, metric, np.array([2.5]), weights, "ordered", k, **tree, ties="heap")
    bench = Bench(width=points.shape[1])
    both = bench.run(rows, bench.build.add(op, bench.x))
    return both[:, :k], both[:, k:]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("k", [1, 5, 40, 300])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
@pytest.mark.parametrize("kind", [KDTree, BallTree])
def test_search_follows_the_librarys_trees(kind: Any, metric: str, k: int, data: str) -> None:
    tree = kind(DATA[data][:600], leaf_size=10, metric=metric)
    distances, positions = tree.query(DATA[data][200:], k)
    points, ranges = ranges_of(tree)
    got, at = found(DATA[data][200:], k, points, metric, **ranges)
    np.testing.assert_array_equal(got, distances)
    np.testing.assert_array_equal(at, positions)


@pytest.mark.parametrize("metric", ["minkowski", "seuclidean", "mahalanobis", "haversine"])
def test_balls_bound_every_metric(metric: str) -> None:
    width = 2 if metric == "haversine" else WIDTH
    rows = DATA["normal"][:, :width].copy()
    tree = BallTree(rows[:600], leaf_size=10, metric=metric, **ARGUMENTS.get(metric, {}))
    distances, positions = tree.query(rows[200:], 20)
    points, ranges = ranges_of(tree)
    got, at = found(rows[200:], 20, points, metric, **ranges)
    np.testing.assert_allclose(got, distances, rtol=1e-14)
    np.testing.assert_array_equal(at, positions)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("k", [1, 7, 50])
def test_search_through_all_points_keeps_the_same_heap(data: str, k: int) -> None:
    """Up to 256 points are one chunk of scikit-learn's, for any number of threads."""
    points = DATA[data][:250]
    model = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="manhattan").fit(points)
    distances, positions = model.kneighbors(DATA[data])
    got, at = found(DATA[data], k, points, "manhattan", **everything(*points.shape))
    np.testing.assert_array_equal(got, distances)
    np.testing.assert_array_equal(at, positions)


def test_more_equal_distances_than_fit_the_sort() -> None:
    """All distances equal, a thousand of them: ranges, pivots and the heap sort's turn."""
    points = np.zeros((3000, 2))
    points[::3] = 1.0
    tree = KDTree(points, leaf_size=50)
    rows = np.array([[0.0, 0.0], [0.5, 0.5], [3.0, 1.0]])
    distances, positions = tree.query(rows, 2500)
    stored, ranges = ranges_of(tree)
    got, at = found(rows, 2500, stored, "euclidean", **ranges)
    np.testing.assert_array_equal(got, distances)
    np.testing.assert_array_equal(at, positions)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lookup_sum(dtype: str) -> None:
    bench = Bench(dtype, width=4)
    build = bench.build
    table = RANDOM.normal(size=(5, 3)).astype(dtype)
    from scorebundle.bundle.ops import Cast

    codes = build.add(Cast("int64"), build.add(Select((0, 1)), bench.x))
    total = build.add(LookupSum(table), codes, build.add(Select((2, 3)), bench.x))
    rows = RANDOM.integers(-2, 7, (50, 4)).astype(dtype) + np.array([0, 0, 0.5, 0.25], dtype)
    padded = np.vstack([table, np.zeros((3, 3), dtype)])
    at = rows[:, :2].astype(int)
    at[at < 0] = 6
    expected = rows[:, 2:3] * padded[at[:, 0]] + rows[:, 3:] * padded[at[:, 1]]
    np.testing.assert_array_equal(bench.run(rows, total), expected)
