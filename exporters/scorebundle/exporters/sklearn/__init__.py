"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from . import (
    compose,
    discretization,
    distributions,
    encoders,
    feature_extraction,
    feature_selection,
    gradient_boosting,
    hist_gradient_boosting,
    impute,
    isotonic,
    labels,
    linear_model,
    pipeline,
    polynomial,
    preprocessing,
    text,
    trees,
)

__all__ = [
    "compose",
    "discretization",
    "distributions",
    "encoders",
    "feature_extraction",
    "feature_selection",
    "gradient_boosting",
    "hist_gradient_boosting",
    "impute",
    "isotonic",
    "labels",
    "linear_model",
    "pipeline",
    "polynomial",
    "preprocessing",
    "text",
    "trees",
]
