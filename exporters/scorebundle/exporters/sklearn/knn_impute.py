"""sklearn.impute.KNNImputer: missing values from the nearest rows that have them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sklearn.impute import KNNImputer

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import LookupSum, Nearest, Reduce
from scorebundle.bundle.ops.nearest import everything

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .impute import checked, indicated, is_mark
from .neighbors import weights_of


@exports(KNNImputer)
def knn_imputer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Column by column, the mean of the nearest donors; distances ignore what is missing."""
    if estimator.metric != "nan_euclidean":
        to.block("metric is a function that a bundle cannot hold", "use nan_euclidean")
    value = checked(estimator, x, to)
    if value.type.dtype != "float64":
        to.block("weights of float32 rows are rounded by numpy.ma", "fit on float64")
    gaps = is_mark(estimator, value, to)
    rows = to.where(gaps, float("nan"), value)
    parts = []
    for column in range(value.type.width):
        old = to.select(value, [column])
        if estimator._valid_mask[column]:
            new = _imputed(estimator, column, rows, to)
            parts.append(to.where(to.select(gaps, [column]), new, old))
        elif estimator.keep_empty_features:  # a part of the row, so that it is checked
            zero = to.constant(0.0)
            parts.append(to.where(to.binary("equal", old, old), zero, zero))
    results = [Columns.of(to, to.concat(parts))] if parts else []
    if estimator.add_indicator:
        found = indicated(estimator.indicator_, x, to, text=False)
        if len(found):
            results.append(Columns.of(to, found.numbers("float64")))
    return {"transform": Columns(to, ()).joined(results, sparse=False)}


def _imputed(estimator: Any, column: int, rows: Value, to: Export) -> Value:
    """The weighted mean of the nearest donors; of all donors where no distance is defined."""
    points = np.where(estimator._mask_fit_X, np.nan, np.asarray(estimator._fit_X, np.float64))
    points = points[~estimator._mask_fit_X[:, column]]
    k = min(estimator.n_neighbors, len(points))
    both = to.add(_search(points, k), rows)
    distances = to.select(both, range(k))
    positions = to.cast(to.select(both, range(k, 2 * k)), "int64")
    known = to.cast(to.binary("less", distances, float("inf")), "float64")
    weights = (
        known if estimator.weights == "uniform" else weights_of(estimator.weights, distances, to)
    )
    if estimator.weights == "uniform" and _counts_far():
        shared = np.delete(~np.isnan(points), column, axis=1).sum(axis=0)
        if ((shared > 0) & (shared < k)).any():
            to.block(
                "this scikit-learn takes any donors of which a row has no distance",
                "use weights='distance', fewer n_neighbors, or scikit-learn 1.6",
            )
    donors = np.ascontiguousarray(points[:, column : column + 1])
    total = to.add(LookupSum(donors, "any order"), positions, weights)
    mean = to.binary("divide", total, to.add(Reduce("sum"), weights))
    some = to.binary("greater", to.add(Reduce("maximum"), known), 0)
    return to.where(some, mean, float(np.ma.array(donors).mean()))


@cache
def _counts_far() -> bool:
    """Whether donors that have no column in common with a row count as others: ask the library."""
    imputer = KNNImputer(n_neighbors=2).fit([[1.0, np.nan], [2.0, 5.0]])
    return bool(imputer.transform([[np.nan, 5.0]])[0, 0] != 2)


def _search(points: Array, k: int) -> Nearest:
    none, order = np.zeros((0, points.shape[1])), np.array([2.0])
    tree = everything(*points.shape)
    return Nearest(points, "nan_euclidean", order, none, "products", k, **tree, ties="any")
