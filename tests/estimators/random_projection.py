"""sklearn.random_projection."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from .case import Case


def cases() -> Iterator[Case]:
    for projection in (
        GaussianRandomProjection(3, random_state=0),
        SparseRandomProjection(3, random_state=0),
        SparseRandomProjection(3, density=1.0, dense_output=True, random_state=0),
    ):
        for data in ("numbers", "float32", "whole numbers"):
            yield Case(repr(projection), projection, data)
