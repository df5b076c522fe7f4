"""How operators on distances carry bounds (see `bounds.py`)."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Distance
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
    ulp = op.bound()[0] * EPS
    if op.metric == "cosine":
        return np.full(d.shape, ulp)
    if op.arithmetic != "products":
        return np.asarray(ulp * np.abs(d))
    x, points = np.nan_to_num(x), np.nan_to_num(op.points)
    scale = (x**2).sum(axis=1)[:, None] + (points**2).sum(axis=1)[None]
    exact: Array = _whole(x)[:, None] & _whole(points).all() & (scale < WHOLE)
    error = np.where(exact, 0.0, ulp * scale)
    if op.metric == "sqeuclidean":
        return error
    if op.metric == "nan_euclidean":
        error = error * x.shape[1]
    square = d**2
    high, low = np.sqrt(square + error), np.sqrt(np.maximum(square - error, 0))
    rounding = np.where(error > 0, ulp * d, 0.0)
    return np.asarray(np.maximum(high - d, d - low) + rounding)


def _whole(rows: Array) -> Array:
    result: Array = np.all(rows == np.rint(rows), axis=1)
    return result


def _moved(op: Measure, e: Array, d: Array) -> Array:
    """Distances are norms: they move by no more than the norm of what their input moves by."""

    def spread(norm: Array) -> Array:
        return np.broadcast_to(norm[:, None], d.shape)

    if op.metric in ("euclidean", "sqeuclidean"):
        norm = spread(np.sqrt((e**2).sum(axis=1)))
        return norm if op.metric == "euclidean" else np.asarray((2 * np.sqrt(d) + norm) * norm)
    if op.metric == "seuclidean":
        return spread(np.sqrt((e**2 / op.weights).sum(axis=1)))
    if op.metric == "manhattan":
        return spread(e.sum(axis=1))
    if op.metric == "chebyshev":
        return spread(e.max(axis=1))
    return spread(np.where(np.any(e > 0, axis=1), np.inf, 0.0))


@bounds_of(Distance)
def _distance(op: Distance, x: list[Array], e: list[Array], y: Array) -> Array:
    return gaps(op, x[0], e[0], y)
