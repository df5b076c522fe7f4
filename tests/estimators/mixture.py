"""sklearn.mixture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for covariance in ("full", "tied", "diag", "spherical"):
        for mixture in (
            GaussianMixture(3, covariance_type=covariance, random_state=0),
            GaussianMixture(1, covariance_type=covariance, random_state=0),
            BayesianGaussianMixture(n_components=3, covariance_type=covariance, random_state=0),
        ):
            for data in ("numbers", "float32", "one feature"):
                yield Case(repr(mixture), mixture, data)
            integers = make_pipeline(OrdinalEncoder(dtype=np.int64), mixture)
            yield Case(f"{mixture!r} of integers", integers, "whole numbers")
    dirichlet = BayesianGaussianMixture(
        n_components=4,
        weight_concentration_prior_type="dirichlet_distribution",
        random_state=np.random.RandomState(0),
    )
    yield Case("BayesianGaussianMixture(dirichlet_distribution)", dirichlet, "numbers")
