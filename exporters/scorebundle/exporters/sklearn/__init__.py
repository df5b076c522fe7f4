"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from . import (
    compose,
    encoders,
    gradient_boosting,
    hist_gradient_boosting,
    impute,
    linear_model,
    pipeline,
    preprocessing,
    trees,
)

__all__ = [
    "compose",
    "encoders",
    "gradient_boosting",
    "hist_gradient_boosting",
    "impute",
    "linear_model",
    "pipeline",
    "preprocessing",
    "trees",
]
