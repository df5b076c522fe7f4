"""sklearn.semi_supervised: the label distributions of similar training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, LookupSum, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .neighbors import order_of
from .neighbors_search import dense, euclidean, neighbours


@exports(LabelPropagation, LabelSpreading)
def label_propagation(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Σ of the label distributions of the training rows, weighted by the kernel, normalised."""
    table = np.asarray(estimator.label_distributions_, np.float64)
    if estimator.kernel == "knn":
        weights = _nearest(estimator, x, table, to)
    elif estimator.kernel == "rbf":
        weights = _rbf(estimator, x, table, to)
    else:
        to.block("kernel is a function that a bundle cannot hold", "use knn or rbf")
    proba = to.binary("divide", weights, to.add(Reduce("sum"), weights))
    return {
        "predict": to.argmax_labels(proba, estimator.classes_),
        "predict_proba": Result((proba,), "matrix"),
    }


def _nearest(estimator: Any, x: Columns, table: Any, to: Export) -> Value:
    """numpy adds the rows of a table one after another, and a single column pairwise."""
    k = estimator.nn_fit.n_neighbors
    _, positions = neighbours(estimator.nn_fit, x, k, to)
    order = "ordered" if table.shape[1] > 1 else order_of(k)
    return to.add(LookupSum(table, order), positions, to.constant(np.ones(k)))


def _rbf(estimator: Any, x: Columns, table: Any, to: Export) -> Value:
    """exp(−γ |x − p|²) · table."""
    points = dense(estimator.X_).astype(estimator.X_.dtype)
    squares = euclidean(to.finite(x.floats()), points, to, squared=True)
    kernel = to.unary("exp", to.binary("multiply", squares, -float(estimator.gamma)))
    total = Affine(np.ascontiguousarray(table.T), np.zeros(table.shape[1]))
    return to.add(total, to.cast(kernel, "float64"))
