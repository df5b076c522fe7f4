"""sklearn.decomposition.KernelPCA and sklearn.preprocessing.KernelCenterer."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import KernelPCA
from sklearn.preprocessing import KernelCenterer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .kernels import pairwise
from .likelihoods import wide
from .linear_model import affine


@exports(KernelCenterer)
def kernel_centerer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The columns are a kernel with the training rows; it is centred in feature space."""
    return {"transform": Columns.of(to, _centred(estimator, to.finite(x.floats()), to))}


def _centred(centerer: Any, kernel: Value, to: Export) -> Value:
    """K − mean of training columns − mean of the row + mean of all, in K's dtype."""
    dtype, count = kernel.type.dtype, len(centerer.K_fit_rows_)
    mean = to.binary("divide", to.add(Reduce("sum"), kernel), float(count))
    value = to.cast(wide("subtract", kernel, centerer.K_fit_rows_, to), dtype)
    value = to.binary("subtract", value, mean)
    return to.cast(wide("add", value, centerer.K_fit_all_, to), dtype)


@exports(KernelPCA)
def kernel_pca(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The centred kernel times eigenvectors over the roots of their eigenvalues."""
    params = {"degree": estimator.degree, "coef0": estimator.coef0}
    params["gamma"] = getattr(estimator, "gamma_", estimator.gamma)
    value = to.finite(x.numbers())
    kernel = to.finite(pairwise(value, estimator.X_fit_, estimator.kernel, params, to))
    some = np.flatnonzero(estimator.eigenvalues_)
    scaled = np.zeros_like(estimator.eigenvectors_)
    scaled[:, some] = estimator.eigenvectors_[:, some] / np.sqrt(estimator.eigenvalues_[some])
    centred = _centred(estimator._centerer, kernel, to)
    return {"transform": Columns.of(to, affine(centred, scaled.T, 0.0, to))}
