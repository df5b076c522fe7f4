"""What is solved for each row, against the library on random problems, easy and degenerate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import NMF, SparseCoder, sparse_encode
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression

from scorebundle.bundle.graph import Builder, Graph, Input, Output
from scorebundle.bundle.ops import (
    Affine,
    Multiplicative,
    NonNegative,
    Numbers,
    Operator,
    Reduce,
    SparseCode,
    Topics,
    Unary,
)
from scorebundle.exporters import check
from scorebundle.runtime import Runtime

SEEDS = range(12)
pytestmark = pytest.mark.filterwarnings("ignore:Orthogonal matching pursuit:RuntimeWarning")


def solved(op: Operator, rows: Any, *, dictionary: Any = None) -> Any:
    """The operator's result for rows, or for their products with a dictionary."""
    build = Builder()
    names = tuple(f"x{i}" for i in range(rows.shape[1]))
    value = x = build.add(Numbers(names, rows.dtype.name))
    if dictionary is not None:
        value = build.add(Affine(dictionary, np.zeros(len(dictionary), dictionary.dtype)), x)
    inputs = [value]
    if getattr(op, "method", "") == "lasso descent":
        inputs.append(build.add(Reduce("sum"), build.add(Unary("square"), x)))
    result = build.add(op, *inputs)
    columns = tuple(Input(name, rows.dtype.name) for name in names)
    graph = Graph(columns, tuple(build.nodes), (Output("w", (result.name,), "matrix"),))
    return Runtime(graph).score(dict(zip(names, rows.T, strict=True)))["w"]


def problem(seed: int) -> tuple[Any, Any]:
    """A dictionary, narrow, square or with more atoms than columns, and rows."""
    random = np.random.default_rng(seed)
    atoms, width = int(random.integers(1, 12)), int(random.integers(2, 9))
    dictionary = random.normal(size=(atoms, width))
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    rows = random.normal(size=(40, width)) * 10.0 ** random.integers(-2, 3, (40, 1))
    rows[3] = 0
    rows[4] = 2 * dictionary[0]
    return dictionary, rows


def code(dictionary: Any, method: str, **fields: Any) -> SparseCode:
    known = {"alpha": 0.0, "positive": "any sign", "rounds": 1000, **fields}
    known["alpha"] = np.array([known["alpha"]])
    samples = dictionary.shape[1]
    return SparseCode(gram=dictionary @ dictionary.T, method=method, samples=samples, **known)


def agree(got: Any, wanted: Any, tolerance: float) -> None:
    scale = np.abs(wanted).max(axis=1, keepdims=True)
    assert (np.abs(got - wanted) <= tolerance * scale + 1e-300).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("atoms", [1, 2, 5])
def test_matching_pursuit(seed: int, atoms: int) -> None:
    dictionary, rows = problem(seed)
    atoms = min(atoms, len(dictionary))
    wanted = sparse_encode(rows, dictionary, algorithm="omp", n_nonzero_coefs=atoms)
    agree(
        solved(code(dictionary, "pursuit", rounds=atoms), rows, dictionary=dictionary), wanted, 1e-9
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rounds", [1, 3, 20])
def test_least_angle_regression(seed: int, rounds: int) -> None:
    dictionary, rows = problem(seed)
    rounds = min(rounds, int(np.linalg.matrix_rank(dictionary)))  # beyond, rounding decides
    wanted = sparse_encode(rows, dictionary, algorithm="lars", n_nonzero_coefs=rounds)
    got = solved(code(dictionary, "angle", rounds=rounds), rows, dictionary=dictionary)
    agree(got, wanted, 1e-8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("alpha", [0.5, 0.02])
@pytest.mark.parametrize("positive", ["any sign", "positive"])
@pytest.mark.parametrize("method", ["lasso angle", "lasso descent"])
def test_lasso(seed: int, alpha: float, positive: str, method: str) -> None:
    dictionary, rows = problem(seed)
    library = {"lasso angle": "lasso_lars", "lasso descent": "lasso_cd"}[method]
    wanted = sparse_encode(
        rows, dictionary, algorithm=library, alpha=alpha, positive=positive == "positive"
    )
    width = dictionary.shape[1]
    alpha = alpha / width if method == "lasso angle" else alpha / width * width
    op = code(dictionary, method, alpha=alpha, positive=positive)
    agree(solved(op, rows, dictionary=dictionary), wanted, 1e-7)


def test_steps_are_bounded() -> None:
    rows = np.abs(np.random.default_rng(0).normal(size=(3, 4)))
    never, none = np.zeros(1), np.zeros(1)
    components = np.abs(np.random.default_rng(1).normal(size=(2, 4)))
    one = {"components": components, "tol": never}
    order = np.array([[1, 0]], np.int32)
    gram = components @ components.T
    descent = [NonNegative(gram=gram, order=order, tol=never, rounds=r) for r in (1, 2)]
    beta = np.array([2.0])
    updates = [
        Multiplicative(**one, beta=beta, l1=none, l2=none, stop="step", rounds=r) for r in (1, 2)
    ]
    topics = [Topics(**one, prior=np.ones(1), rounds=r) for r in (0, 1)]
    few, more = (solved(op, rows, dictionary=components) for op in descent)
    assert (few != more).any()
    for few, more in (updates, topics):
        assert (solved(few, rows) != solved(more, rows)).any()
    assert (solved(topics[0], rows) == 1).all()


def test_rows_do_not_depend_on_their_block() -> None:
    dictionary, _ = problem(3)
    rows = np.random.default_rng(2).normal(size=(1000, dictionary.shape[1]))
    for method, rounds in (("pursuit", 1), ("angle", 3), ("lasso angle", 9), ("lasso descent", 9)):
        op = code(dictionary, method, rounds=rounds)
        whole = solved(op, rows, dictionary=dictionary)
        for row in (0, 255, 256, 999):
            single = solved(op, rows[[row]], dictionary=dictionary)
            np.testing.assert_array_equal(single[0], whole[row])


def test_shapes_without_meaning_end() -> None:
    """Grams that belong to no dictionary, and rows that are not finite."""
    gram = np.array([[0.0, 5.0], [5.0, -1.0]])
    rows = np.array([[1.0, 2.0], [np.inf, 1.0], [np.nan, np.nan], [1e300, -1e300]])
    for method, rounds in (("pursuit", 2), ("angle", 50), ("lasso angle", 50)):
        op = SparseCode(
            gram=gram,
            method=method,
            alpha=np.zeros(1),
            positive="any sign",
            samples=2,
            rounds=rounds,
        )
        assert solved(op, rows).shape == (4, 2)


REFUSED = {
    "lars beyond the rank": (
        SparseCoder(
            np.eye(3)[[0, 1, 2, 0]], transform_algorithm="lars", transform_n_nonzero_coefs=4
        ),
        np.float64,
        "depend on each other",
    ),
    "float32 rows for a float64 dictionary": (SparseCoder(np.eye(3)), np.float32, "half in each"),
    "float32 for a duality gap": (
        SparseCoder(np.eye(3, dtype=np.float32), transform_algorithm="lasso_cd"),
        np.float32,
        "rounding decides where lasso_cd stops",
    ),
    "float32 for dependent atoms": (
        SparseCoder(np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]),
        np.float32,
        "rounding decides in float32",
    ),
    "coordinates in random order": (NMF(2, shuffle=True), np.float64, "without a seed"),
    "float32 rows for float64 factors": (NMF(2, random_state=0), np.float32, "gets float32"),
    "values drawn at random": (
        IterativeImputer(sample_posterior=True, max_iter=1),
        np.float64,
        "imputes at random",
    ),
    "predictions that are no numbers": (
        IterativeImputer(LogisticRegression(), max_iter=1, skip_complete=False),
        np.float64,
        "does not predict numbers",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_random_or_decided_by_rounding_is_refused(name: str) -> None:
    estimator, dtype, problem = REFUSED[name]
    rows = np.abs(np.random.default_rng(0).integers(0, 3, (30, 3))).astype(np.float64)
    blockers = check(clone(estimator).fit(rows), X=rows.astype(dtype)).blockers
    assert any(problem in blocker.problem for blocker in blockers), blockers


def test_powers_that_overflow_float32_are_refused() -> None:
    rows = np.random.default_rng(0).integers(1, 3, (30, 3)).astype(np.float32)
    model = NMF(2, solver="mu", beta_loss=3, random_state=0).fit(rows)
    (blocker,) = check(model, X=rows).blockers
    assert "float32 overflows" in blocker.problem
