"""sklearn.frozen (since scikit-learn 1.6): an estimator that fit leaves as it is."""

from __future__ import annotations

from typing import Any

from sklearn.frozen import FrozenEstimator

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..export import Export
from ..registry import INVERSES, Outputs, exports, inverted


@exports(FrozenEstimator)
def frozen(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The estimator inside, as it was fitted."""
    return to.export(estimator.estimator, x)


def _undone(estimator: Any, value: Value, to: Export) -> Value:
    return inverted(estimator.estimator, value, to)


INVERSES[FrozenEstimator] = _undone
