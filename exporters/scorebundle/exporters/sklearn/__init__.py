"""Exporters for scikit-learn, one file per family, named after its modules."""

from __future__ import annotations

from . import (
    compose,
    cross_decomposition,
    decomposition,
    dictionary_learning,
    encoders,
    factorization,
    gradient_boosting,
    hist_gradient_boosting,
    impute,
    iterative_imputer,
    linear_model,
    neural_network,
    pipeline,
    preprocessing,
    random_projection,
    trees,
)

__all__ = [
    "compose",
    "cross_decomposition",
    "decomposition",
    "dictionary_learning",
    "encoders",
    "factorization",
    "gradient_boosting",
    "hist_gradient_boosting",
    "impute",
    "iterative_imputer",
    "linear_model",
    "neural_network",
    "pipeline",
    "preprocessing",
    "random_projection",
    "trees",
]
