"""sklearn.random_projection."""

from __future__ import annotations

from typing import Any

from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .linear_model import affine


@exports(GaussianRandomProjection, SparseRandomProjection)
def random_projection(estimator: Any, x: Columns, to: Export) -> Outputs:
    """x · components_ᵀ."""
    value = affine(to.finite(x.floats()), estimator.components_, 0.0, to)
    sparse = x.sparse and not getattr(estimator, "dense_output", True)
    return {"transform": Columns.of(to, value, sparse)}
