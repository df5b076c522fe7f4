"""sklearn.cluster: the nearest centre, and distances to all centres."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cluster import (
    AffinityPropagation,
    Birch,
    BisectingKMeans,
    FeatureAgglomeration,
    KMeans,
    MeanShift,
    MiniBatchKMeans,
)
from sklearn.utils.extmath import row_norms

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, ArgMax, BinCount, Lookup, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import dense
from .members import behind
from .neighbors_search import closest, euclidean

POOLS = {np.max: "maximum", np.amax: "maximum", np.min: "minimum", np.amin: "minimum"}
"""numpy's functions that are folds."""


def proximity(x: Value, centers: Array, to: Export) -> Value:
    """2 x·c − |c|²: how near each centre is, |x|² aside (lloyd_iter_chunked_dense)."""
    norms = row_norms(centers, squared=True)
    return to.add(Affine(2 * centers, -np.asarray(norms, centers.dtype)), x)


def _rows(estimator: Any, x: Columns, to: Export) -> tuple[Value, Array]:
    """Rows and centres; Lloyd's loop takes them in one dtype."""
    value = to.finite(x.floats())
    centers = np.asarray(estimator.cluster_centers_)
    if centers.dtype.name != value.type.dtype:
        to.block(
            f"it was fitted on {centers.dtype.name} and is asked with {value.type.dtype}",
            "give X, so that the dtype of its columns is known",
        )
    return value, centers


def _numbered(code: Value, count: int, dtype: Any, to: Export) -> Result:
    return Result((to.labels(code, np.arange(count, dtype=dtype)),), "vector")


@exports(KMeans, MiniBatchKMeans)
def k_means(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The nearest centre; distances to all."""
    value, centers = _rows(estimator, x, to)
    code = to.add(ArgMax(), proximity(value, centers, to))
    return {
        "predict": _numbered(code, len(centers), np.int32, to),
        "transform": Columns.of(to, euclidean(value, centers, to)),
    }


@exports(BisectingKMeans)
def bisecting_k_means(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Down the tree of splits, to the nearer of two centres each time."""
    value, centers = _rows(estimator, x, to)
    splits: list[Any] = []
    waiting = [estimator._bisecting_tree]
    while waiting:
        node = waiting.pop()
        if node.left is not None:
            splits.append(node)
            waiting += [node.left, node.right]
    alone = behind(Columns.of(to, value), to.constant(np.array([0])), to)
    leaves = {id(estimator._bisecting_tree): alone}
    if splits:
        pairs = np.vstack([[node.left.center, node.right.center] for node in splits])
        pairs = pairs.reshape(2 * len(splits), -1).astype(centers.dtype)
        near = proximity(value, pairs + getattr(estimator, "_X_mean", 0), to)
        _merge(splits, near, leaves, to)
    code = leaves[id(estimator._bisecting_tree)]
    return {
        "predict": _numbered(code, len(centers), np.int32, to),
        "transform": Columns.of(to, euclidean(value, centers, to)),
    }


def _merge(splits: list[Any], near: Value, codes: dict[int, Value], to: Export) -> None:
    """The label of each node for a row, from the leaves up."""
    for place in range(len(splits) - 1, -1, -1):
        node = splits[place]
        for child in (node.left, node.right):
            if child.left is None:
                codes[id(child)] = to.constant(np.array([int(child.label)]))
        left, right = to.select(near, [2 * place]), to.select(near, [2 * place + 1])
        nearer = to.binary("greater", right, left)
        codes[id(node)] = to.where(nearer, codes[id(node.right)], codes[id(node.left)])


@exports(MeanShift)
def mean_shift(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The nearest centre."""
    centers = np.asarray(estimator.cluster_centers_)
    code = closest(to.finite(x.floats()), centers, to)
    return {"predict": _numbered(code, len(centers), np.int64, to)}


@exports(AffinityPropagation)
def affinity_propagation(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The nearest exemplar; −1 for every row if it did not converge."""
    if estimator.affinity == "precomputed":
        to.block("it knows affinities and no points", "use affinity='euclidean'")
    value, centers = to.finite(x.floats()), dense(estimator.cluster_centers_)
    if not len(centers):
        nobody = to.add(Lookup(np.array([[0]]), np.array([0])), to.add(ArgMax(), value))
        return {"predict": Result((to.labels(nobody, np.array([-1])),), "vector")}
    return {"predict": _numbered(closest(value, centers, to), len(centers), np.int64, to)}


@exports(Birch)
def birch(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The cluster of the nearest subcluster; distances to all subclusters."""
    value, centers = to.finite(x.floats()), np.asarray(estimator.subcluster_centers_)
    names, codes = np.unique(estimator.subcluster_labels_, return_inverse=True)
    table = np.asarray(codes, np.int64).reshape(-1, 1)
    code = to.add(Lookup(table, np.array([-1])), closest(value, centers, to))
    return {
        "predict": Result((to.labels(code, names),), "vector"),
        "transform": Columns.of(to, euclidean(value, centers, to)),
    }


@exports(FeatureAgglomeration)
def feature_agglomeration(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean (numpy.bincount over sizes), maximum or minimum of each cluster of columns."""
    value, labels = to.finite(x.numbers()), np.asarray(estimator.labels_, np.int64)
    size = np.bincount(labels)
    rows = to.cast(value, "float64")
    if estimator.pooling_func == np.mean:
        total = to.add(BinCount(len(size), "ordered"), to.constant(labels), rows)
        return {"transform": Columns.of(to, to.binary("divide", total, size.astype(np.float64)))}
    if estimator.pooling_func not in POOLS:
        to.block(
            f"pooling_func {estimator.pooling_func!r} is code that a bundle cannot hold",
            "use numpy.mean, numpy.max or numpy.min",
        )
    fold = Reduce(POOLS[estimator.pooling_func])
    pools = [
        to.add(fold, to.select(rows, np.flatnonzero(labels == i).tolist()))
        for i in range(len(size))
    ]
    return {"transform": Columns.of(to, to.cast(to.concat(pools), value.type.dtype))}
