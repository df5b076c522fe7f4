"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from . import (
    bagging,
    calibration,
    compose,
    delegates,
    dummy,
    encoders,
    gradient_boosting,
    hist_gradient_boosting,
    iforest,
    impute,
    isotonic,
    linear_model,
    multiclass,
    multioutput,
    pipeline,
    preprocessing,
    stacking,
    trees,
    voting,
    weight_boosting,
)

__all__ = [
    "bagging",
    "calibration",
    "compose",
    "delegates",
    "dummy",
    "encoders",
    "gradient_boosting",
    "hist_gradient_boosting",
    "iforest",
    "impute",
    "isotonic",
    "linear_model",
    "multiclass",
    "multioutput",
    "pipeline",
    "preprocessing",
    "stacking",
    "trees",
    "voting",
    "weight_boosting",
]
