"""Distances against scikit-learn's own, metric by metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import DistanceMetric
from sklearn.metrics.pairwise import cosine_distances, nan_euclidean_distances

from scorebundle.bundle.ops import Distance
from scorebundle.bundle.ops.distance import LIBM, METRICS
from scorebundle.runtime.kernels import codes, measures

from .test_operators import Bench

RANDOM = np.random.default_rng(0)
WIDTH = 5
WEIGHTS = RANDOM.random((1, WIDTH)) + 0.1
COVARIANCE = np.linalg.inv(np.cov(RANDOM.normal(size=(50, WIDTH)), rowvar=False))
ARGUMENTS: dict[str, dict[str, Any]] = {
    "minkowski": {"p": 2.5, "w": WEIGHTS[0]},
    "seuclidean": {"V": WEIGHTS[0]},
    "mahalanobis": {"VI": COVARIANCE},
}
NUMBERS = {"normal": RANDOM.normal(size=(300, WIDTH)), "grid": RANDOM.integers(0, 3, (300, WIDTH))}


def distance(metric: str, points: Any, arithmetic: str = "ordered") -> Distance:
    weights = {"mahalanobis": COVARIANCE, "minkowski": WEIGHTS, "seuclidean": WEIGHTS}
    rows = weights.get(metric, np.zeros((0, points.shape[1])))
    return Distance(points, metric, np.array([2.5]), rows, arithmetic)


def librarys(metric: str, rows: Any, points: Any) -> Any:
    if metric == "cosine":
        return cosine_distances(rows, points)
    if metric == "nan_euclidean":
        return nan_euclidean_distances(rows, points)
    arguments = ARGUMENTS.get(metric, {})
    return DistanceMetric.get_metric(metric, **arguments).pairwise(rows, points)


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("metric", METRICS)
def test_distance_is_scikit_learns(metric: str, kind: str) -> None:
    if metric == "sqeuclidean":
        metric, square = "euclidean", True
    else:
        square = False
    width = 2 if metric == "haversine" else WIDTH
    rows = NUMBERS[kind].astype(float)[:, :width]
    points = np.concatenate([rows[:140], 0 * rows[:1], rows[3:4]])  # more than a tile
    if metric == "nan_euclidean":
        rows, points = (np.where(RANDOM.random(x.shape) < 0.3, np.nan, x) for x in (rows, points))
    name = "sqeuclidean" if square else metric
    inexact = metric in ("cosine", "nan_euclidean")
    op = distance(name, points, "any order" if inexact else "ordered")
    bench = Bench(width=width)
    got = bench.run(rows, bench.build.add(op, bench.x))
    expected = librarys(metric, rows, points)
    if square:
        np.testing.assert_array_equal(np.sqrt(got), expected)
    elif inexact or metric in LIBM:
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-7 if inexact else 0)
    else:
        np.testing.assert_array_equal(got, expected)


def test_metrics_have_the_codes_that_kernels_know() -> None:
    for name, code in codes.METRIC.items():
        assert getattr(measures, name.upper()) == code
