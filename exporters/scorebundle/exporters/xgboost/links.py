"""What a booster predicts: the objective's link of the margin (src/objective/, PredTransform)."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Softmax

from ..export import Export
from ..registry import Outputs, Result
from .margins import shape_of
from .model import EXPONENTIALS, SIGMOIDS

IDENTITIES = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "binary:logitraw",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
)
"""Objectives whose prediction is the margin itself."""


def linked(objective: str, margin: Value, to: Export) -> Value:
    """The objective's prediction."""
    if objective in IDENTITIES:
        return margin
    if objective in SIGMOIDS:
        return _sigmoid(margin, to)
    if objective in EXPONENTIALS:
        return to.unary("exp", margin)
    if objective == "binary:hinge":
        return to.cast(to.binary("greater", margin, 0), "float32")
    if objective in ("multi:softprob", "multi:softmax"):
        return to.add(Softmax(), margin)
    to.block(f"objective {objective!r} has no known link", "use a built-in objective")


def _sigmoid(margin: Value, to: Export) -> Value:
    """1 / (expf(min(−x, 88.7)) + 1 + 1e-16) in float32 (common/math.h, Sigmoid)."""
    exponent = to.binary("minimum", to.unary("negative", margin), 88.7)
    denominator = to.binary("add", to.unary("exp", exponent), 1)
    return to.unary("reciprocal", denominator)


def booster_outputs(objective: str, margin: Value, to: Export) -> Outputs:
    """Booster.predict; multi:softmax gives the class as a float."""
    outputs: Outputs = {"output_margin": Result((margin,), shape_of(margin))}
    if objective == "multi:softmax":
        classes = np.arange(margin.type.width, dtype=np.float32)
        return {"predict": to.argmax_labels(margin, classes), **outputs}
    value = linked(objective, margin, to)
    return {"predict": Result((value,), shape_of(value)), **outputs}


def classifier_outputs(objective: str, n_classes: int, margin: Value, to: Export) -> Outputs:
    """XGBClassifier.predict: the largest of several classes, else probability > 0.5."""
    outputs: Outputs = {"output_margin": Result((margin,), shape_of(margin))}
    classes = np.arange(n_classes, dtype=np.int64)
    proba = linked(objective, margin, to)
    if margin.type.width == 1:
        positive = to.binary("greater", proba, 0.5)
        outputs["predict"] = to.positive_labels(positive, classes)
        proba = to.concat([to.complement(proba), proba])
    elif objective == "multi:softmax":
        codes = np.arange(margin.type.width, dtype=np.int32)
        outputs["predict"] = to.argmax_labels(margin, codes)
    elif n_classes != 2:
        outputs["predict"] = to.argmax_labels(proba, classes)
    else:  # several labels per row
        chosen = to.cast(to.binary("greater", proba, 0.5), "float64")
        outputs["predict"] = Result((chosen,), "matrix")
    outputs["predict_proba"] = Result((proba,), "matrix")
    return outputs
