"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from . import (
    cluster,
    compose,
    covariance,
    discriminant_analysis,
    encoders,
    gradient_boosting,
    hist_gradient_boosting,
    impute,
    knn_impute,
    linear_model,
    manifold,
    mixture,
    naive_bayes,
    neighbors,
    neighbors_radius,
    pipeline,
    preprocessing,
    semi_supervised,
    svm,
    trees,
)

__all__ = [
    "cluster",
    "compose",
    "covariance",
    "discriminant_analysis",
    "encoders",
    "gradient_boosting",
    "hist_gradient_boosting",
    "impute",
    "knn_impute",
    "linear_model",
    "manifold",
    "mixture",
    "naive_bayes",
    "neighbors",
    "neighbors_radius",
    "pipeline",
    "preprocessing",
    "semi_supervised",
    "svm",
    "trees",
]
