"""sklearn.svm: linear machines, and machines of kernels."""

from __future__ import annotations

from typing import Any

from sklearn.svm import LinearSVC, LinearSVR

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .linear_model import decision, regressor

exports(LinearSVR)(regressor)


@exports(LinearSVC)
def linear_svc(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Classification by the sign, or the largest, of the decision values."""
    return decision(estimator, x, to)[1]
