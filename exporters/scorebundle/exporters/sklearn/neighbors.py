"""sklearn.neighbors: votes, means and densities of the nearest points."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    KNeighborsTransformer,
    LocalOutlierFactor,
    NearestCentroid,
    NearestNeighbors,
    NeighborhoodComponentsAnalysis,
)

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax, BinCount, Distance, Lookup, LookupSum, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .discriminant_analysis import posteriors
from .linear_model import affine
from .neighbors_search import closest, euclidean, neighbours

PAIRWISE = 8
"""From so many numbers on numpy adds pairwise."""
OVERFLOWS = 2.0**-1024
"""The largest number whose reciprocal is infinite."""


def looked_up(table: Any, positions: Value, to: Export) -> Value:
    """The numbers of a vector at each position."""
    column = np.asarray(table).reshape(-1, 1)
    return to.add(Lookup(column, np.zeros(1, column.dtype)), positions)


def weights_of(weights: Any, distances: Value, to: Export) -> Value:
    """_get_weights: 1, or 1 / distance; where a distance is 0, 1 for those and 0 for others."""
    if weights in (None, "uniform"):
        return to.constant(np.ones(distances.type.width))
    if callable(weights):
        to.block("weights is a function that a bundle cannot hold", "use uniform or distance")
    near = to.binary("less_equal", distances, OVERFLOWS)
    ones = to.cast(near, "float64")
    some = to.binary("greater", to.add(Reduce("maximum"), ones), 0.0)
    inverse = to.binary("divide", to.constant(1.0), distances)
    return to.where(some, ones, inverse)


def order_of(count: int) -> str:
    """How numpy adds so many numbers."""
    return "ordered" if count < PAIRWISE else "any order"


@exports(KNeighborsClassifier)
def k_neighbors_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The class with the most weight among the nearest; the shares of all.

    predict's weighted_mode adds the weights of a class as numpy.sum does.
    """
    k, uniform = estimator.n_neighbors, estimator.weights in (None, "uniform")
    distances, positions = neighbours(estimator, x, k, to)
    weights = weights_of(estimator.weights, distances, to)
    if not uniform:  # "All neighbors of some sample is getting zero weights"
        none = to.binary("equal", to.add(Reduce("maximum"), weights), 0)
        mark = to.where(none, float("nan"), to.constant(0.0))
        weights = to.binary("add", weights, to.require("not missing", mark))
    targets = np.asarray(estimator._y, np.int64).reshape(len(estimator._y), -1)
    classes = estimator.classes_ if estimator.outputs_2d_ else [estimator.classes_]
    labels, shares = [], []
    for column, names in enumerate(classes):
        codes = looked_up(targets[:, column], positions, to)
        votes = to.add(BinCount(len(names), "ordered"), codes, weights)
        modes = votes if uniform else to.add(BinCount(len(names), order_of(k)), codes, weights)
        total = to.constant(float(k)) if uniform else to.add(Reduce("sum"), votes)
        labels.append(to.labels(to.add(ArgMax(), modes), names))
        shares.append(to.binary("divide", votes, total))
    return {
        "predict": Result(tuple(labels), "matrix" if estimator.outputs_2d_ else "vector"),
        "predict_proba": Result(tuple(shares), "list" if estimator.outputs_2d_ else "matrix"),
    }


@exports(KNeighborsRegressor)
def k_neighbors_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean, or weighted mean, of the targets of the nearest."""
    k = estimator.n_neighbors
    distances, positions = neighbours(estimator, x, k, to)
    targets = np.asarray(estimator._y)
    if estimator.weights in (None, "uniform"):
        table = targets if targets.dtype == np.float32 else targets.astype(np.float64)
        ones = to.constant(np.ones(k, table.dtype))
        value = mean_of(summed(table, positions, ones, to), k, to)
    else:
        weights = weights_of(estimator.weights, distances, to)
        total = summed(targets.astype(np.float64), positions, weights, to)
        value = to.binary("divide", total, to.add(Reduce("sum"), weights))
    return {"predict": Result((value,), "vector" if targets.ndim == 1 else "matrix")}


def summed(table: Array, positions: Value, weights: Value, to: Export) -> Value:
    """Σ weight · table[position], as numpy.sum adds."""
    rows = table.reshape(len(table), -1)
    return to.add(LookupSum(rows, order_of(positions.type.width)), positions, weights)


def mean_of(total: Value, count: int, to: Export) -> Value:
    """numpy.mean of a sum: a float32 sum is divided as float64."""
    mean = to.binary("divide", to.cast(total, "float64"), float(count))
    return to.cast(mean, total.type.dtype)


@exports(NearestNeighbors)
def nearest_neighbors(estimator: Any, x: Columns, to: Export) -> Outputs:
    """kneighbors: distances and positions, as two outputs."""
    distances, positions = neighbours(estimator, x, estimator.n_neighbors, to)
    return {
        "neigh_dist": Result((distances,), "matrix"),
        "neigh_ind": Result((positions,), "matrix"),
    }


@exports(KNeighborsTransformer)
def k_neighbors_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """kneighbors_graph: a column per point, with its distance or 1 if it is among the nearest."""
    k = estimator.n_neighbors + (estimator.mode == "distance")
    distances, positions = neighbours(estimator, x, k, to)
    weights = distances if estimator.mode == "distance" else to.constant(np.ones(k))
    graph = to.add(BinCount(estimator.n_samples_fit_, "ordered"), positions, weights)
    return {"transform": Columns.of(to, graph, sparse=True)}


@exports(LocalOutlierFactor)
def local_outlier_factor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """−(mean density of the neighbours / density of the row), for novelty=True."""
    if not estimator.novelty:
        to.block("novelty=False scores the rows it was fitted on only", "set novelty=True")
    k = estimator.n_neighbors_
    distances, positions = neighbours(estimator, x, k, to)
    density, radius = estimator._lrd, estimator._distances_fit_X_[:, k - 1]
    distances = to.cast(distances, density.dtype.name)
    reach = to.binary("maximum", distances, looked_up(radius, positions, to))
    mean = mean_of(to.add(Reduce("sum"), reach), k, to)
    own = to.binary("divide", to.constant(1, density.dtype), to.binary("add", mean, 1e-10))
    ratios = to.binary("divide", looked_up(density, positions, to), own)
    factor = mean_of(to.add(Reduce("sum"), ratios), k, to)
    scores = to.unary("negative", factor)
    decision = to.binary("subtract", scores, estimator.offset_)
    inside = to.binary("greater_equal", decision, 0)
    return {
        "predict": to.positive_labels(inside, np.array([-1, 1])),
        "decision_function": Result((decision,), "vector"),
        "score_samples": Result((scores,), "vector"),
    }


@exports(NearestCentroid)
def nearest_centroid(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The class of the nearest centroid; with unequal priors, of the largest −d² + 2 log prior."""
    priors, centroids = np.asarray(estimator.class_prior_), np.asarray(estimator.centroids_)
    outputs = posteriors(
        _discriminants(estimator, x, priors, centroids, to), estimator.classes_, to
    )
    if np.isclose(priors, 1 / len(priors)).all():
        outputs["predict"] = _closest_class(estimator, x, centroids, to)
    return outputs if estimator.metric == "euclidean" else {"predict": outputs["predict"]}


def _closest_class(estimator: Any, x: Columns, centroids: Array, to: Export) -> Result:
    rows = to.finite(x.numbers())
    if estimator.metric == "euclidean":
        code = closest(rows, centroids, to)
    else:
        distances = to.add(_manhattan(centroids), to.cast(rows, "float64"))
        code = to.add(ArgMax(), to.unary("negative", distances))
    return Result((to.labels(code, estimator.classes_),), "vector")


def _discriminants(
    estimator: Any, x: Columns, priors: Array, centroids: Array, to: Export
) -> Value:
    """Rows and centroids over the deviations within classes, where these are not 0."""
    if estimator.metric not in ("euclidean", "manhattan"):
        to.block(f"metric {estimator.metric!r} is not exported", "use euclidean or manhattan")
    deviations = np.asarray(estimator.within_class_std_dev_, np.float64)
    scale = np.where(deviations != 0, deviations, 1.0)
    rows = to.binary("divide", to.cast(to.finite(x.numbers()), "float64"), scale)
    points = centroids / scale
    if estimator.metric == "euclidean":
        distances = euclidean(rows, points, to)
    else:
        distances = to.add(_manhattan(points), rows)
    with np.errstate(divide="ignore"):
        offsets = 2.0 * np.log(priors)
    return to.binary("add", to.unary("negative", to.unary("square", distances)), offsets)


def _manhattan(points: Array) -> Distance:
    none = np.zeros((0, points.shape[1]))
    return Distance(np.asarray(points, np.float64), "manhattan", np.array([2.0]), none, "ordered")


@exports(NeighborhoodComponentsAnalysis)
def neighborhood_components_analysis(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · components_ᵀ."""
    return {
        "transform": Columns.of(to, affine(to.finite(x.numbers()), estimator.components_, 0.0, to))
    }
