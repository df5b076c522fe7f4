"""sklearn.neighbors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import neighbors as nb

from .case import Case

WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])
INVERSE = np.diag([1.0, 0.01, 100.0, 1e-8]) + 1e-9
PARAMETERS: dict[str, Any] = {
    "seuclidean": {"V": WEIGHTS},
    "mahalanobis": {"VI": INVERSE},
    "minkowski": {"w": WEIGHTS},
}
FLAGS = ("jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "hamming")


def cases() -> Iterator[Case]:
    yield from _classifiers()
    yield from _metrics()
    yield from _others()


def _classifiers() -> Iterator[Case]:
    labels = ("three classes", "text labels", "bool labels", "float labels", "two label columns")
    ties = ("grid", "whole grid", "copies", "one feature", "one class", "classes float32")
    for algorithm in ("kd_tree", "ball_tree", "brute"):
        for weights in ("uniform", "distance"):
            for data in (*labels, *ties):
                knn = nb.KNeighborsClassifier(4, weights=weights, algorithm=algorithm, leaf_size=7)
                yield Case(f"KNeighborsClassifier({algorithm}, {weights})", knn, data)
            for data in ("regression", "two targets", "whole targets", "float32 targets"):
                mean = nb.KNeighborsRegressor(3, weights=weights, algorithm=algorithm)
                yield Case(f"KNeighborsRegressor({algorithm}, {weights})", mean, data)
    for k in (1, 9, 25, 60):
        for weights in ("uniform", "distance"):
            many = nb.KNeighborsClassifier(k, weights=weights)
            yield Case(f"KNeighborsClassifier({k}, {weights})", many, "grid")
            mean = nb.KNeighborsRegressor(k, weights=weights)
            yield Case(f"KNeighborsRegressor({k}, {weights})", mean, "grid")


def _metrics() -> Iterator[Case]:
    numeric = ("manhattan", "chebyshev", "canberra", "braycurtis", "cosine", "sqeuclidean")
    for metric in (*numeric, "nan_euclidean", *PARAMETERS):
        knn = nb.KNeighborsClassifier(
            metric=metric, algorithm="brute", p=3, metric_params=PARAMETERS.get(metric)
        )
        yield Case(f"KNeighborsClassifier(brute, {metric})", knn, "three classes")
    for metric in ("manhattan", "chebyshev", "canberra", "braycurtis", *PARAMETERS):
        knn = nb.KNeighborsClassifier(
            metric=metric, algorithm="ball_tree", p=3, metric_params=PARAMETERS.get(metric)
        )
        yield Case(f"KNeighborsClassifier(ball_tree, {metric})", knn, "three classes")
    for metric in (*FLAGS, "sokalmichener"):
        knn = nb.KNeighborsClassifier(metric=metric, algorithm="ball_tree")
        yield Case(f"KNeighborsClassifier(ball_tree, {metric})", knn, "flags")
    for algorithm in ("brute", "ball_tree"):
        knn = nb.KNeighborsClassifier(metric="haversine", algorithm=algorithm)
        yield Case(f"KNeighborsClassifier({algorithm}, haversine)", knn, "coordinates")
    for p in (1, 1.5, 3, np.inf):
        yield Case(f"KNeighborsClassifier(p={p})", nb.KNeighborsClassifier(p=p), "three classes")
    knn = nb.KNeighborsRegressor(metric="nan_euclidean")
    yield Case("KNeighborsRegressor(nan_euclidean)", knn, "regression with missing")


def _others() -> Iterator[Case]:
    for algorithm in ("kd_tree", "brute"):
        for data in ("numbers", "grid"):
            found = nb.NearestNeighbors(n_neighbors=4, algorithm=algorithm)
            yield Case(f"NearestNeighbors({algorithm})", found, data)
            for mode in ("distance", "connectivity"):
                graph = nb.KNeighborsTransformer(n_neighbors=4, mode=mode, algorithm=algorithm)
                yield Case(f"KNeighborsTransformer({algorithm}, {mode})", graph, data)
            for contamination in ("auto", 0.2):
                factor = nb.LocalOutlierFactor(
                    9, novelty=True, algorithm=algorithm, contamination=contamination
                )
                yield Case(f"LocalOutlierFactor({algorithm}, {contamination})", factor, data)
    yield Case("LocalOutlierFactor()", nb.LocalOutlierFactor(5, novelty=True), "float32")
