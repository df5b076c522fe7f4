"""How the operators that solve a problem for each row carry bounds.

What moves the problem (the order of its sums, an inexact input) moves its solution by up to the
condition number; how much the steps on the way add was measured and stands in the contracts.
"""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Multiplicative, NonNegative, SparseCode, Topics

from .bounds import bounds_of

WORST = 1e6
"""Largest condition number that is counted with: a worse problem's result says nothing."""


def _condition(gram: Array) -> float:
    largest = np.linalg.eigvalsh(gram.astype(np.float64))
    return float(min(WORST, largest[-1] / max(largest[0], largest[-1] / WORST)))


def _moved(x: Array, e: Array, y: Array, unit: float, factor: float) -> Array:
    """factor · (relative error of the row + unit) · the largest number of the result."""
    size = np.abs(x).max(axis=1, keepdims=True)
    relative = np.where(size > 0, e.max(axis=1, keepdims=True) / size, 0) + unit
    return np.broadcast_to(factor * relative * np.abs(y).max(axis=1, keepdims=True), y.shape)


@bounds_of(NonNegative)
def _non_negative(op: NonNegative, x: list[Array], e: list[Array], y: Array) -> Array:
    wide = op.components.astype(np.float64)
    factor = op.bound()[0] * _condition(wide @ wide.T + op.l2 * np.eye(len(wide)))
    return _moved(x[0], e[0], y, float(np.finfo(op.components.dtype).eps), factor)


@bounds_of(Multiplicative)
def _multiplicative(op: Multiplicative, x: list[Array], e: list[Array], y: Array) -> Array:
    wide = op.components.astype(np.float64)
    factor = op.bound()[0] * _condition(wide @ wide.T) ** 0.5
    return _moved(x[0], e[0], y, float(np.finfo(op.components.dtype).eps), factor)


@bounds_of(Topics)
def _topics(op: Topics, x: list[Array], e: list[Array], y: Array) -> Array:
    return _moved(x[0], e[0], y, float(np.finfo(op.components.dtype).eps), op.bound()[0])


@bounds_of(SparseCode)
def _sparse_code(op: SparseCode, x: list[Array], e: list[Array], y: Array) -> Array:
    unit = float(np.finfo(op.gram.dtype).eps)
    factor = 1 if op.method == "lasso descent" else _condition(op.gram)
    return _moved(x[0], e[0], y, unit, op.bound()[0] * factor)
