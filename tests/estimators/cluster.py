"""sklearn.cluster."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn import cluster as cl

from .case import Case


def cases() -> Iterator[Case]:
    for data in ("numbers", "float32", "grid", "one feature"):
        for model in (
            cl.KMeans(5, n_init=1, random_state=0),
            cl.MiniBatchKMeans(4, n_init=1, random_state=0),
            cl.BisectingKMeans(6, random_state=0),
            cl.BisectingKMeans(1, random_state=0),
            cl.MeanShift(bandwidth=2.0),
            cl.AffinityPropagation(random_state=0),
            cl.AffinityPropagation(max_iter=2, random_state=0),
        ):
            yield Case(repr(model), model, data)
    for data in ("scaled numbers", "float32", "grid"):
        for count in (3, None):  # a distance of 0 is the root of what rounding left of products
            tree = cl.Birch(n_clusters=count, threshold=0.5)
            yield Case(f"Birch({count})", tree, data, tolerance=1e-7)
    for pool in (np.mean, np.max, np.min):
        for data in ("numbers", "float32", "grid"):
            merged = cl.FeatureAgglomeration(2, pooling_func=pool)
            yield Case(f"FeatureAgglomeration({pool.__name__})", merged, data)
