"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from contextlib import suppress

from . import (
    bagging,
    calibration,
    compose,
    delegates,
    discretization,
    distributions,
    dummy,
    encoders,
    feature_extraction,
    feature_selection,
    gradient_boosting,
    hist_gradient_boosting,
    iforest,
    impute,
    isotonic,
    labels,
    linear_model,
    multiclass,
    multioutput,
    pipeline,
    polynomial,
    preprocessing,
    stacking,
    text,
    trees,
    voting,
    weight_boosting,
)

with suppress(ImportError):  # scikit-learn before 1.6
    from . import frozen as frozen

__all__ = [
    "bagging",
    "calibration",
    "compose",
    "delegates",
    "discretization",
    "distributions",
    "dummy",
    "encoders",
    "feature_extraction",
    "feature_selection",
    "gradient_boosting",
    "hist_gradient_boosting",
    "iforest",
    "impute",
    "isotonic",
    "labels",
    "linear_model",
    "multiclass",
    "multioutput",
    "pipeline",
    "polynomial",
    "preprocessing",
    "stacking",
    "text",
    "trees",
    "voting",
    "weight_boosting",
]
