"""How operators on distances, and look-ups of many points, carry bounds (see `bounds.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Distance, LookupSum, Nearest
from scorebundle.bundle.ops.distance import Measure

from .bounds import bounds_of

EPS = float(np.finfo(np.float64).eps)
WHOLE = 2.0**52
"""Sums of whole numbers below this are exact in any order."""


def gaps(op: Measure, x: Array, e: Array, d: Array) -> Array:
    """By how much the library's distances may differ from d, (rows, points).

    What a moved input does, and what the library's own arithmetic does.
    """
    result = _arithmetic(op, x, d)
    return np.asarray(result + _moved(op, e, d)) if e.any() else result


def _arithmetic(op: Measure, x: Array, d: Array) -> Array:
    """The errors of the library's own sums; 0 where they are sums of whole numbers."""
    ulp = Measure.bound(op)[0] * EPS
    if op.metric == "cosine":
        return np.full(d.shape, ulp)
    if op.arithmetic != "products":
        return np.asarray(ulp * np.abs(d))
    x, points = np.nan_to_num(x), np.nan_to_num(op.points)
    scale = (x**2).sum(axis=1)[:, None] + (points**2).sum(axis=1)[None]
    exact = _whole(x)[:, None] & _whole(points).all() & (scale < WHOLE)
    error = np.where(exact, 0.0, ulp * scale)
    if op.metric == "sqeuclidean":
        return error
    if op.metric == "nan_euclidean":
        error = error * x.shape[1]
    square = d**2
    high, low = np.sqrt(square + error), np.sqrt(np.maximum(square - error, 0))
    rounding = np.where(error > 0, ulp * d, 0.0)
    return np.asarray(np.maximum(high - d, d - low) + rounding)


def _whole(rows: Any) -> Array:
    return np.asarray((rows == np.rint(rows)).all(axis=1))


def _moved(op: Measure, e: Array, d: Array) -> Array:
    """Distances are norms: they move by no more than the norm of what their input moves by."""
    norm = np.zeros_like(d)
    if op.metric in ("euclidean", "sqeuclidean"):
        norm += np.sqrt((e**2).sum(axis=1, keepdims=True))
        return norm if op.metric == "euclidean" else np.asarray((2 * np.sqrt(d) + norm) * norm)
    if op.metric == "seuclidean":
        return norm + np.sqrt((e**2 / op.weights).sum(axis=1, keepdims=True))
    if op.metric == "manhattan":
        return norm + e.sum(axis=1, keepdims=True)
    if op.metric == "chebyshev":
        return norm + e.max(axis=1, keepdims=True)
    return np.where(e.any(axis=1)[:, None], np.inf, norm)


@bounds_of(Distance, complete=True)
def _distance(op: Distance, x: list[Array], e: list[Array], y: Array) -> Array:
    return gaps(op, x[0], e[0], y)


@bounds_of(Nearest, complete=True)
def _nearest(op: Nearest, x: list[Array], e: list[Array], y: Array) -> Array:
    """A row is open where two of the nearest tie within their bounds, or one with the next."""
    d = distances(op, x[0])
    gap = gaps(op, x[0], e[0], d)
    order = np.argsort(d, axis=1, kind="stable")[:, : op.k + 1]
    near, moves = np.take_along_axis(d, order, axis=1), np.take_along_axis(gap, order, axis=1)
    step, room = np.diff(near, axis=1), moves[:, 1:] + moves[:, :-1]
    strange = ~np.isfinite(near[:, : op.k].sum(axis=1))
    ties = (step <= room) & ((room > 0) | (op.ties == "any"))
    reach = (near + moves)[:, : op.k].max(axis=1)
    crowd = ((d - gap < reach[:, None]).sum(axis=1) > op.k) & moves.any(axis=1)
    open_ = (ties.any(axis=1) | crowd | strange)[:, None]
    result = np.zeros(y.shape)
    result[:, : op.k] = moves[:, : op.k].max(axis=1, keepdims=True)
    return np.where(open_ & (np.arange(y.shape[1]) >= op.k), np.inf, result)


def distances(op: Measure, x: Array) -> Array:
    """Distances of rows to all points, by SciPy and scikit-learn."""
    from scipy.spatial.distance import cdist
    from sklearn.metrics.pairwise import haversine_distances, nan_euclidean_distances

    name = {"manhattan": "cityblock", "matching": "hamming"}.get(op.metric, op.metric)
    if op.metric == "nan_euclidean":
        return np.asarray(nan_euclidean_distances(x, op.points))
    if op.metric == "haversine":
        return np.asarray(haversine_distances(x, op.points))
    if op.metric in ("matching", "jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath"):
        return np.asarray(cdist(x != 0, op.points != 0, name))
    arguments: dict[str, dict[str, Any]] = {
        "minkowski": {"p": float(op.order[0]), "w": op.weights[0] if len(op.weights) else None},
        "seuclidean": {"V": op.weights[0] if len(op.weights) else None},
        "mahalanobis": {"VI": op.weights},
    }
    return np.asarray(cdist(x, op.points, name, **arguments.get(op.metric, {})))


@bounds_of(LookupSum, complete=True)
def _lookup_sum(op: LookupSum, x: list[Array], e: list[Array], y: Array) -> Array:
    """Weights that move, and roundings, each times what they weigh."""
    codes = x[0].astype(np.int64)
    known = (codes >= 0) & (codes < len(op.table))
    rows = np.abs(op.table.astype(np.float64))[np.where(known, codes, 0)] * known[:, :, None]
    unit = float(np.finfo(op.table.dtype).eps) * op.bound()[0]
    weights = np.abs(x[1])
    exact = _whole(x[1]) & _whole(op.table).all() & (weights.sum(axis=1) < WHOLE)
    moves = e[1] + np.where(exact[:, None], 0.0, unit * weights)
    result = (moves[:, :, None] * rows).sum(axis=1)
    return np.where((e[0] > 0).any(axis=1)[:, None], np.inf, result)
