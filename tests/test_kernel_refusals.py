"""Kernels that a bundle cannot hold are refused by name, with what to do instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import KernelPCA
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import linear_kernel
from sklearn.svm import SVC, OneClassSVM

from scorebundle.exporters import check

X = np.random.default_rng(0).normal(size=(30, 3))
Y = X[:, 0] > 0
SQUARE = X @ X.T


class Own(RBF):  # type: ignore[misc]
    """A kernel of the user's."""


@pytest.mark.parametrize(
    "estimator, rows, problem",
    [
        (SVC(kernel=linear_kernel), X, "its kernel is a Python function"),
        (SVC(kernel="precomputed"), SQUARE, "kernel='precomputed'"),
        (OneClassSVM(kernel="precomputed"), SQUARE, "kernel='precomputed'"),
        (KernelRidge(kernel=np.dot), X, "its kernel is a Python function"),
        (KernelRidge(kernel="precomputed"), SQUARE, "kernel='precomputed'"),
        (KernelPCA(kernel=np.dot), X, "its kernel is a Python function"),
        (KernelPCA(kernel="precomputed"), SQUARE, "kernel='precomputed'"),
        (Nystroem(kernel=np.dot, n_components=5), X, "its kernel is a Python function"),
        (GaussianProcessRegressor(Own(), optimizer=None), X, "kernel Own is not exported"),
        (GaussianProcessRegressor(Matern(nu=0.7), optimizer=None), X, "Bessel function"),
    ],
)
def test_kernel_is_refused_by_name(estimator: Any, rows: Any, problem: str) -> None:
    (blocker,) = check(estimator.fit(rows, Y.astype(float)), X=rows).blockers
    assert problem in blocker.problem
    assert blocker.remedy.startswith(("use ", "compose "))
