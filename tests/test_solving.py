"""Operators that solve: triangular systems, and probabilities of pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_triangular

from scorebundle.bundle.ops import Coupling, Solve
from scorebundle.exporters.bounds_solved import coupled

from .test_operators import Bench


def test_forward_substitution() -> None:
    random = np.random.default_rng(0)
    lower = np.tril(random.normal(size=(5, 5))) + 3 * np.eye(5)
    rows = random.normal(size=(300, 5))
    bench = Bench(width=5)
    got = bench.run(rows, bench.build.add(Solve(lower), bench.x))
    np.testing.assert_allclose(got, solve_triangular(lower, rows.T, lower=True).T, rtol=1e-13)


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_coupling_is_its_definition(classes: int) -> None:
    pairs = classes * (classes - 1) // 2
    rows = np.random.default_rng(0).uniform(1e-7, 1 - 1e-7, (300, pairs))
    rows[:3] = [[1e-7], [0.5], [1 - 1e-7]]
    bench = Bench(width=pairs)
    got = bench.run(rows, bench.build.add(Coupling(classes), bench.x))
    np.testing.assert_allclose(got, coupled(rows, classes), rtol=1e-9)
    np.testing.assert_allclose(got.sum(axis=1), 1, rtol=1e-12)
