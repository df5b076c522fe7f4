"""sklearn.semi_supervised: labels spread along an RBF kernel."""

from __future__ import annotations

from typing import Any

from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from scorebundle.bundle.ops import Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .kernels import pairwise
from .linear_model import affine


@exports(LabelPropagation, LabelSpreading)
def label_propagation(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Kernel-weighted mean of the training rows' label distributions."""
    if estimator.kernel != "rbf":
        shown = "a Python function" if callable(estimator.kernel) else repr(estimator.kernel)
        to.block(f"its kernel is {shown}", "use kernel='rbf'")
    value = to.finite(x.numbers())
    kernel = pairwise(value, estimator.X_, "rbf", {"gamma": estimator.gamma}, to)
    weights = affine(kernel, estimator.label_distributions_.T, 0.0, to)
    proba = to.binary("divide", weights, to.add(Reduce("sum"), weights))
    return {
        "predict": to.argmax_labels(proba, estimator.classes_),
        "predict_proba": Result((proba,), "matrix"),
    }
