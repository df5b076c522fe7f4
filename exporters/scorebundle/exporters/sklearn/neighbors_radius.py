"""sklearn.neighbors: votes and means of all points within a radius."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.neighbors import (
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
    RadiusNeighborsTransformer,
)

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax, BinCount, LookupSum, Reduce

from ..columns import Columns
from ..export import Export, scalar
from ..registry import Outputs, Result, exports
from .neighbors import OVERFLOWS
from .neighbors_search import rows_of, search_of


class Within(NamedTuple):
    """All points of a row's radius.

    Attributes:
        distances: to all points, in the order they were given to fit.
        inside: 1 for points within the radius, else 0.
        some: whether there is such a point.
    """

    distances: Value
    inside: Value
    some: Value


def within(estimator: Any, x: Columns, to: Export) -> Within:
    """radius_neighbors: d ≤ radius; Euclidean distances are compared as squares."""
    rows, dtype = rows_of(estimator, x, to)
    search = search_of(estimator, dtype, to).in_order()
    if search.single:
        to.block("brute force finds radius neighbours in float32", "fit on float64")
    radius = float(estimator.radius)
    if search.metric == "euclidean":
        squares = to.add(search.distance("sqeuclidean"), rows)
        near, distances = to.binary("less_equal", squares, radius**2), to.unary("sqrt", squares)
    else:
        distances = to.add(search.distance(), rows)
        near = to.binary("less_equal", distances, radius)
    inside = to.cast(near, "float64")
    some = to.binary("greater", to.add(Reduce("maximum"), inside), 0)
    return Within(distances, inside, some)


def _weights(weights: Any, found: Within, to: Export) -> Value:
    """_get_weights within the radius, 0 outside."""
    if weights in (None, "uniform"):
        return found.inside
    if callable(weights):
        to.block("weights is a function that a bundle cannot hold", "use uniform or distance")
    near = to.cast(to.binary("less_equal", found.distances, OVERFLOWS), "float64")
    same = to.binary("multiply", near, found.inside)
    some = to.binary("greater", to.add(Reduce("maximum"), same), 0)
    inverse = to.binary("divide", to.constant(1.0), found.distances)
    inverse = to.where(to.binary("greater", found.inside, 0), inverse, 0.0)
    return to.where(some, same, inverse)


@exports(RadiusNeighborsClassifier)
def radius_neighbors_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Shares of the classes within the radius; outlier_label where there is nobody."""
    _check_outliers(estimator, to)
    found = within(estimator, x, to)
    uniform = estimator.weights in (None, "uniform")
    weights = _weights(estimator.weights, found, to)
    if estimator.outlier_label_ is None:  # "No neighbors found for test samples"
        weights = to.require("not missing", to.where(found.some, weights, float("nan")))
    targets = np.asarray(estimator._y, np.int64).reshape(len(estimator._y), -1)
    classes = estimator.classes_ if estimator.outputs_2d_ else [estimator.classes_]
    labels, shares = [], []
    for column, names in enumerate(classes):
        codes = to.constant(targets[:, column])
        order = "ordered" if uniform else "any order"
        votes = to.add(BinCount(len(names), order), codes, weights)
        label, share = _outcome(estimator, column, names, votes, found, to)
        labels.append(label)
        shares.append(share)
    return {
        "predict": Result(tuple(labels), "matrix" if estimator.outputs_2d_ else "vector"),
        "predict_proba": Result(tuple(shares), "list" if estimator.outputs_2d_ else "matrix"),
    }


def _outcome(
    estimator: Any, column: int, names: Any, votes: Value, found: Within, to: Export
) -> tuple[Value, Value]:
    """The label and the shares of one output."""
    outlier = None if estimator.outlier_label_ is None else estimator.outlier_label_[column]
    known = [i for i, name in enumerate(names) if name == outlier]
    if outlier is not None and known:
        alone = np.zeros(len(names))
        alone[known] = 1.0
        votes = to.where(found.some, votes, to.constant(alone))
    total = to.add(Reduce("sum"), votes)
    total = to.where(to.binary("equal", total, 0), 1, total)
    share = to.binary("divide", votes, total)
    best = to.add(ArgMax(), share)
    if outlier is None or known:
        return to.labels(best, names), share
    code = to.where(found.some, best, len(names))
    return to.labels(code, np.append(names, outlier)), share


def _check_outliers(estimator: Any, to: Export) -> None:
    """Brute force by RadiusNeighborsClassMode takes outlier_label for a class's position."""
    plain = estimator.weights == "uniform" and not estimator.outputs_2d_
    euclidean = estimator.metric in ("euclidean", "sqeuclidean") or (
        estimator.metric == "minkowski" and estimator.p == 2
    )
    if estimator._tree is None and plain and not euclidean and estimator.outlier_label is not None:
        to.block(
            "brute force compares outlier_label with positions of classes, or not, as the rows "
            "are an array or a frame",
            "use algorithm='kd_tree' or 'ball_tree'",
        )


@exports(RadiusNeighborsRegressor)
def radius_neighbors_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean, or weighted mean, of the targets within the radius; NaN where there are none."""
    found = within(estimator, x, to)
    weights = _weights(estimator.weights, found, to)
    targets = np.asarray(estimator._y)
    if targets.dtype == np.float32:
        to.block("means of float32 targets are rounded by their number", "use float64 targets")
    table = targets.astype(np.float64).reshape(len(targets), -1)
    codes = to.constant(np.arange(len(targets)))
    total = to.add(LookupSum(table, "any order"), codes, weights)
    count = to.add(Reduce("sum"), weights)
    with np.errstate(all="ignore"):
        nobody = np.full_like(targets[:1], np.nan).astype(np.float64).ravel()[0]
    mean = to.binary("divide", total, count)
    value = to.where(found.some, mean, float(scalar(nobody)))
    return {"predict": Result((value,), "vector" if targets.ndim == 1 else "matrix")}


@exports(RadiusNeighborsTransformer)
def radius_neighbors_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """radius_neighbors_graph: a column per point, with its distance or 1 within the radius."""
    found = within(estimator, x, to)
    graph = found.inside
    if estimator.mode == "distance":
        graph = to.where(to.binary("greater", found.inside, 0), found.distances, 0.0)
    return {"transform": Columns.of(to, graph, sparse=True)}
