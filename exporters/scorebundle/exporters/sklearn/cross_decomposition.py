"""sklearn.cross_decomposition: partial least squares and canonical correlation."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import affine, arithmetic, in_place


@exports(PLSRegression, PLSCanonical, CCA)
def partial_least_squares(estimator: Any, x: Columns, to: Export) -> Outputs:
    """transform: (x − mean) / std · x_rotations_; predict: (x − mean) · coef_ᵀ + intercept_."""
    centred = in_place("subtract", to.finite(x.floats()), estimator._x_mean, to)
    scaled = in_place("divide", centred, estimator._x_std, to)
    scores = affine(scaled, estimator.x_rotations_.T, 0.0, to)
    predicted = affine(centred, estimator.coef_, np.atleast_1d(estimator.intercept_), to)
    shape = "vector" if getattr(estimator, "_predict_1d", False) else "matrix"
    return {"transform": Columns.of(to, scores), "predict": Result((predicted,), shape)}


@exports(PLSSVD)
def pls_svd(estimator: Any, x: Columns, to: Export) -> Outputs:
    """(x − mean) / std · x_weights_."""
    centred = arithmetic("subtract", to.finite(x.numbers("float64")), estimator._x_mean, to)
    scaled = arithmetic("divide", centred, estimator._x_std, to)
    return {"transform": Columns.of(to, affine(scaled, estimator.x_weights_.T, 0.0, to))}
