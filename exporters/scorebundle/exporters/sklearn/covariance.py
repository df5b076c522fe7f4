"""sklearn.covariance.EllipticEnvelope: outliers by their Mahalanobis distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.covariance import EllipticEnvelope

from scorebundle.bundle.ops import Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import affine


@exports(EllipticEnvelope)
def elliptic_envelope(estimator: Any, x: Columns, to: Export) -> Outputs:
    """score = −√((x − µ) P (x − µ)ᵀ)², as scipy's cdist takes the root; +1 from offset_ on."""
    value = to.cast(to.finite(x.numbers()), "float64")
    centred = to.binary("subtract", value, estimator.location_)
    products = to.binary("multiply", centred, affine(centred, estimator.get_precision(), 0.0, to))
    distance = to.unary("sqrt", to.add(Reduce("sum"), products))
    score = to.unary("negative", to.unary("square", distance))
    shifted = to.binary("subtract", score, estimator.offset_)
    inside = to.binary("greater_equal", shifted, 0)
    return {
        "predict": to.positive_labels(inside, np.array([-1, 1])),
        "decision_function": Result((shifted,), "vector"),
        "score_samples": Result((score,), "vector"),
    }
