"""How functions given by knots, and norms, carry bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.interpolate import BSpline

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Bin, Interpolate, Normalize, Spline

from .bounds import bounds_of


@bounds_of(Bin)
def _bin(op: Bin, x: list[Array], e: list[Array], y: Array) -> Array:
    """Open if an edge lies within the bound."""
    low = np.searchsorted(op.edges, x[0] - e[0], side="left")
    high = np.searchsorted(op.edges, x[0] + e[0], side="right")
    return np.where((low != high) & (e[0] > 0), np.inf, 0.0)


def _from_both_sides(function: Callable[[Array], Any], x: Array, e: Array, y: Array) -> Array:
    sides = [np.asarray(function(at)) for at in ((x - e)[:, 0], (x + e)[:, 0])]
    gaps = [np.abs(side.reshape(y.shape) - y) for side in sides]
    return np.where(e > 0, np.maximum(*gaps), 0.0)


@bounds_of(Interpolate)
def _interpolate(op: Interpolate, x: list[Array], e: list[Array], y: Array) -> Array:
    """The steepest slope times the bound, or what lies on both sides of a jump."""
    run = np.diff(op.x)
    slopes = np.where(run > 0, np.abs(np.diff(op.y)) / run, 0.0)
    steepest = np.where(e[0] > 0, slopes.max(initial=0.0) * e[0], 0.0)
    sides = _from_both_sides(lambda at: np.interp(at, op.x, op.y), x[0], e[0], y)
    return np.maximum(steepest, sides)


@bounds_of(Spline)
def _spline(op: Spline, x: list[Array], e: list[Array], y: Array) -> Array:
    spline = BSpline.construct_fast(op.knots, op.coef, op.degree, extrapolate=True)
    return _from_both_sides(spline, x[0], e[0], y)


@bounds_of(Normalize)
def _normalize(op: Normalize, x: list[Array], e: list[Array], y: Array) -> Array:
    """(e + |y| · ‖e‖) / ‖x‖."""
    order = {"l1": 1, "l2": 2, "max": np.inf}[op.norm]
    lengths = np.linalg.norm(x[0], order, axis=1, keepdims=True)
    moved = np.linalg.norm(e[0], order, axis=1, keepdims=True)
    bound = (e[0] + np.abs(y) * moved) / np.maximum(lengths - moved, 0)
    return np.where(moved > 0, bound, 0.0)
