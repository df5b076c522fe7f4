"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from . import (
    compose,
    covariance,
    discriminant_analysis,
    encoders,
    gradient_boosting,
    hist_gradient_boosting,
    impute,
    linear_model,
    mixture,
    naive_bayes,
    pipeline,
    preprocessing,
    svm,
    trees,
)

__all__ = [
    "compose",
    "covariance",
    "discriminant_analysis",
    "encoders",
    "gradient_boosting",
    "hist_gradient_boosting",
    "impute",
    "linear_model",
    "mixture",
    "naive_bayes",
    "pipeline",
    "preprocessing",
    "svm",
    "trees",
]
