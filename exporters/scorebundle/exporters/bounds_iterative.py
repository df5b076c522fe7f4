"""How the operators that solve a problem for each row carry bounds.

What moves the problem (the order of its sums, an inexact input) moves its solution by up to the
condition number; how much the steps on the way add was measured and stands in the contracts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Multiplicative, NonNegative, SparseCode, Topics

from .bounds import bounds_of

WORST = 1e6
"""Largest condition number that is counted with: a worse problem's result says nothing."""


def _condition(gram: Array) -> float:
    eigenvalues = np.linalg.eigvalsh(gram.astype(np.float64))
    smallest, largest = eigenvalues[0], eigenvalues[-1]
    return float(largest / max(smallest, largest / WORST)) if largest > 0 else 1.0


def _moved(dtype: Any, ulp: int, x: Array, e: Array, y: Array, condition: float) -> Array:
    """condition · (relative error of the row + ulp) · the largest number of the result."""
    size = np.abs(x).max(axis=1, keepdims=True)
    relative = np.where(size > 0, e.max(axis=1, keepdims=True) / size, 0)
    relative = relative + ulp * float(np.finfo(dtype).eps)
    largest = np.abs(y).max(axis=1, keepdims=True)
    return np.broadcast_to(condition * relative * largest, y.shape)


@bounds_of(NonNegative)
def _non_negative(op: NonNegative, x: list[Array], e: list[Array], y: Array) -> Array:
    return _moved(op.gram.dtype, op.bound()[0], x[0], e[0], y, _condition(op.gram))


@bounds_of(Multiplicative)
def _multiplicative(op: Multiplicative, x: list[Array], e: list[Array], y: Array) -> Array:
    wide = op.components.astype(np.float64)
    condition = _condition(wide @ wide.T) ** 0.5
    return _moved(op.components.dtype, op.bound()[0], x[0], e[0], y, condition)


@bounds_of(Topics)
def _topics(op: Topics, x: list[Array], e: list[Array], y: Array) -> Array:
    return _moved(op.components.dtype, op.bound()[0], x[0], e[0], y, 1.0)


@bounds_of(SparseCode)
def _sparse_code(op: SparseCode, x: list[Array], e: list[Array], y: Array) -> Array:
    condition = 1.0 if op.method == "lasso descent" else _condition(op.gram)
    return _moved(op.gram.dtype, op.bound()[0], x[0], e[0], y, condition)
