"""sklearn.kernel_ridge.KernelRidge: a kernel with the training rows, times dual coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .kernels import pairwise
from .linear_model import affine


@exports(KernelRidge)
def kernel_ridge(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Σ dual_coefᵢ k(x, xᵢ)."""
    params = {"gamma": estimator.gamma, "degree": estimator.degree, "coef0": estimator.coef0}
    value = to.finite(x.numbers())
    kernel = pairwise(value, estimator.X_fit_, estimator.kernel, params, to)
    dual = estimator.dual_coef_
    shape = "vector" if np.ndim(dual) == 1 else "matrix"
    return {"predict": Result((affine(kernel, dual.T, 0.0, to),), shape)}
