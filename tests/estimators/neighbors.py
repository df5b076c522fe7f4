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
    yield from _radii()
    yield from _centroids()
    yield from _densities()


def _classifiers() -> Iterator[Case]:
    labels = ("three classes", "text labels", "bool labels", "float labels", "two label columns")
    ties = ("grid", "whole grid", "copies", "one feature", "one class", "classes float32")
    for algorithm in ("kd_tree", "ball_tree", "brute"):
        for weights in ("uniform", "distance"):
            for data in (*labels, *ties):
                if (algorithm, data) == ("brute", "whole grid"):
                    continue  # argpartition settles ties as the CPU has it
                knn = nb.KNeighborsClassifier(4, weights=weights, algorithm=algorithm, leaf_size=7)
                yield Case(f"KNeighborsClassifier({algorithm}, {weights})", knn, data)
            targets = ("regression", "two targets", "whole targets", "float32 targets")
            for data in targets if algorithm != "brute" else targets[:3]:
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
            if (algorithm, data) != ("brute", "grid"):  # the call settles the order of ties
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


def _radii() -> Iterator[Case]:
    for algorithm in ("kd_tree", "ball_tree", "brute"):
        for weights in ("uniform", "distance"):
            for outlier, data in (
                (None, "grid"),
                (2, "grid"),
                ("most_frequent", "whole grid"),
                (7, "copies"),
                ("low", "text labels"),
                ([0, 6], "two label columns"),
            ):
                votes = nb.RadiusNeighborsClassifier(
                    2.0, weights=weights, algorithm=algorithm, outlier_label=outlier
                )
                yield Case(f"RadiusNeighborsClassifier({algorithm}, {weights})", votes, data)
            for data in ("grid", "two targets", "whole targets"):
                mean = nb.RadiusNeighborsRegressor(1.5, weights=weights, algorithm=algorithm)
                yield Case(f"RadiusNeighborsRegressor({algorithm}, {weights})", mean, data)
        for mode in ("distance", "connectivity"):
            graph = nb.RadiusNeighborsTransformer(radius=2.0, mode=mode, algorithm=algorithm)
            yield Case(f"RadiusNeighborsTransformer({algorithm}, {mode})", graph, "grid")
    votes = nb.RadiusNeighborsClassifier(2.0, metric="manhattan", algorithm="brute")
    yield Case("RadiusNeighborsClassifier(brute, manhattan)", votes, "grid")


def _centroids() -> Iterator[Case]:
    for metric in ("euclidean", "manhattan"):
        for priors in ("uniform", "empirical", [0.2, 0.5, 0.3]):
            for data in ("three classes", "text labels", "copies", "classes float32"):
                nearest = nb.NearestCentroid(metric=metric, priors=priors)
                yield Case(f"NearestCentroid({metric}, {priors})", nearest, data)
    for data in ("two classes", "bool labels"):
        yield Case("NearestCentroid(empirical)", nb.NearestCentroid(priors="empirical"), data)
    yield Case("NearestCentroid(shrunk)", nb.NearestCentroid(shrink_threshold=0.2), "text labels")
    for data in ("three classes", "classes float32"):
        learned = nb.NeighborhoodComponentsAnalysis(2, max_iter=5, random_state=0)
        yield Case("NeighborhoodComponentsAnalysis()", learned, data)


def _densities() -> Iterator[Case]:
    for kernel in ("gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine"):
        for data in ("grid", "coordinates" if kernel == "cosine" else "scaled numbers"):
            for rtol, tolerance in ((0, 1e-12), (1e-8, 1e-7)):
                density = nb.KernelDensity(bandwidth=1.2, kernel=kernel, rtol=rtol)
                yield Case(f"KernelDensity({kernel}, {rtol})", density, data, tolerance)
    for metric in ("manhattan", "chebyshev"):
        density = nb.KernelDensity(bandwidth="scott", metric=metric, rtol=0)
        yield Case(f"KernelDensity({metric})", density, "scaled numbers")
