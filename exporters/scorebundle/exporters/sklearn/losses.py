"""From raw boosted scores to what a loss's link makes of them (sklearn._loss)."""

from __future__ import annotations

from typing import Any

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Softmax

from ..export import Export
from ..registry import Outputs, Result
from .linear_model import probabilities, two_columns


def classified(estimator: Any, raw: Value, positive: str, to: Export) -> Outputs:
    """decision_function, probabilities and labels of a boosted classifier.

    Args:
        raw: (rows, 1) for two classes, else one column per class.
        positive: the comparison with 0 that says the second class.
    """
    link = type(estimator._loss.link).__name__
    if raw.type.width == 1:
        labels = to.positive_labels(to.binary(positive, raw, 0), estimator.classes_)
        # HalfLogitLink (exponential loss): expit(2 · raw)
        score = to.binary("multiply", raw, 2) if link == "HalfLogitLink" else raw
        proba = two_columns(to.unary("expit", score), to)
        shape = "vector"
    else:
        labels = to.argmax_labels(raw, estimator.classes_)
        proba = to.add(Softmax(), raw)
        shape = "matrix"
    return {
        "predict": labels,
        **probabilities(proba, to),
        "decision_function": Result((raw,), shape),
    }


def predicted(estimator: Any, raw: Value, to: Export) -> Outputs:
    """predict of a boosted regressor: the loss's inverse link."""
    link = type(estimator._loss.link).__name__
    if link == "LogLink":
        raw = to.unary("exp", raw)
    elif link != "IdentityLink":
        to.block(f"loss {estimator.loss!r} has the unknown link {link}", "use another loss")
    return {"predict": Result((raw,), "vector")}
