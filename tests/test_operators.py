"""Every operator's kernel against numpy, and trees against a walk in plain Python."""

from __future__ import annotations

import math
import string
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.interpolate import BSpline
from scipy.sparse import csr_array
from scipy.special import erf, erfc, logsumexp, ndtr, ndtri
from sklearn.preprocessing import normalize

from scorebundle.bundle.graph import Builder, Graph, Input, Output, Value
from scorebundle.bundle.ops import (
    OPERATORS,
    ArgMax,
    Bin,
    Binary,
    Cast,
    Concat,
    Constant,
    Interpolate,
    Lookup,
    Match,
    Missing,
    Normalize,
    Numbers,
    OneHot,
    Order,
    Reduce,
    Require,
    Select,
    Softmax,
    Spline,
    Trees,
    Unary,
    WeightedMedian,
    Where,
    missing,
)
from scorebundle.bundle.ops.elementwise import (
    ARITHMETIC,
    COMPARISONS,
    EXACT_UNARY,
    LIBM_UNARY,
)
from scorebundle.runtime import Runtime
from scorebundle.runtime.fused import FUSED
from scorebundle.runtime.lowering import LOWERINGS, trees

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 1e-310, 1e300, -1e300, math.inf, -math.inf]
ROWS = np.array([[a, b] for a in [*EDGES, math.nan] for b in [*EDGES, math.nan]])
BOUNDED = settings(max_examples=60, deadline=None, derandomize=True)


class Bench:
    """A graph that reads columns a, b, … and returns some values of it."""

    def __init__(self, dtype: str = "float64", width: int = 2) -> None:
        self.build = Builder()
        self.names = tuple(string.ascii_letters[:width])
        self.x = self.build.add(Numbers(self.names, dtype))
        self.inputs = tuple(Input(name, dtype) for name in self.names)

    def run(self, rows: Any, *values: Value) -> Any:
        outputs = tuple(Output(value.name, (value.name,), "matrix") for value in values)
        runtime = Runtime(Graph(self.inputs, tuple(self.build.nodes), outputs))
        scores = runtime.score({n: rows[:, i] for i, n in enumerate(self.names)}, errors="mark")
        results = [scores[value.name] for value in values]
        return results[0] if len(results) == 1 else results


def test_every_operator_is_lowered() -> None:
    assert set(LOWERINGS) == {*OPERATORS.values(), *FUSED}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op", [*EXACT_UNARY, *LIBM_UNARY])
def test_unary(op: str, dtype: str) -> None:
    bench = Bench(dtype)
    with np.errstate(all="ignore"):
        rows = ROWS.astype(dtype)
        got = bench.run(rows, bench.build.add(Unary(op), bench.x))
        named = {"expit": lambda x: 1 / (1 + np.exp(-x)), "erf": erf, "erfc": erfc}
        named |= {"ndtr": ndtr, "ndtri": ndtri}
        expected = (named.get(op) or getattr(np, op))(rows)
    if op in EXACT_UNARY:
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_array_max_ulp(np.nan_to_num(got), np.nan_to_num(expected), 4, dtype)
        np.testing.assert_array_equal(np.isfinite(got), np.isfinite(expected))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op", [*ARITHMETIC, *COMPARISONS])
def test_binary_with_columns_widths_and_constants(op: str, dtype: str) -> None:
    bench = Bench(dtype)
    build, x = bench.build, bench.x
    a, b = build.add(Select((0,)), x), build.add(Select((1,)), x)
    numbers = np.array([0.5, -3], dtype)
    constant = build.add(Constant(numbers))
    name = {"and": "logical_and", "or": "logical_or"}.get(op, op)
    with np.errstate(all="ignore"):
        rows = ROWS.astype(dtype)
        results = bench.run(
            rows,
            build.add(Binary(op), a, b),
            build.add(Binary(op), x, a),
            build.add(Binary(op), b, x),
            build.add(Binary(op), x, constant),
            build.add(Binary(op), constant, x),
        )
        function = getattr(np, name)
        p, q = rows[:, :1], rows[:, 1:]
        expected = [
            function(p, q),
            function(rows, p),
            function(q, rows),
            function(rows, numbers),
            function(numbers, rows),
        ]
    for got, wanted in zip(results, expected, strict=True):
        if op == "power":
            np.testing.assert_allclose(got, wanted, rtol=1e-6 if dtype == "float32" else 1e-15)
        else:
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("to", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("via", ["float32", "float64", "int64", "bool"])
def test_casts(via: str, to: str) -> None:
    bench = Bench()
    rows = ROWS[(np.abs(ROWS) < 1e6).all(axis=1)]  # beyond int64, C leaves the result open
    middle = bench.build.add(Cast(via), bench.x)
    got = bench.run(rows, bench.build.add(Cast(to), middle))
    np.testing.assert_array_equal(got, rows.astype(via).astype(to))


def test_cast_of_what_does_not_fit_int64_is_defined() -> None:
    bench = Bench(width=1)
    rows = np.array([[np.nan], [np.inf], [-np.inf], [1e300], [2.0**63], [-(2.0**63)]])
    assert (bench.run(rows, bench.build.add(Cast("int64"), bench.x)) == -(2**63)).all()


@pytest.mark.parametrize("rule", ["finite", "not infinite", "not missing"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_requirements(rule: str, dtype: str) -> None:
    bench = Bench(dtype)
    required = bench.build.add(Require(rule), bench.x)
    output = (Output("y", (required.name,), "matrix"),)
    runtime = Runtime(Graph(bench.inputs, tuple(bench.build.nodes), output))
    with np.errstate(over="ignore"):
        rows = ROWS.astype(dtype)
    scores = runtime.score(rows, errors="mark")
    bad = {
        "finite": ~np.isfinite(rows),
        "not infinite": np.isinf(rows),
        "not missing": np.isnan(rows),
    }[rule].any(axis=1)
    assert sorted(scores.status) == np.flatnonzero(bad).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_operators(dtype: str) -> None:
    bench = Bench(dtype, 3)
    build, x = bench.build, bench.x
    rows = np.random.default_rng(0).normal(size=(300, 3)).astype(dtype)
    rows[::7, 1] = np.nan
    rows[3] = rows[3, 0]
    total, low, high, at, soft = bench.run(
        rows,
        build.add(Reduce("sum"), x),
        build.add(Reduce("minimum"), x),
        build.add(Reduce("maximum"), x),
        build.add(ArgMax(), x),
        build.add(Softmax(), x),
    )
    np.testing.assert_array_equal(low[:, 0], rows.min(axis=1))
    np.testing.assert_array_equal(high[:, 0], rows.max(axis=1))
    np.testing.assert_array_equal(at[:, 0], rows.argmax(axis=1))
    np.testing.assert_allclose(total[:, 0], rows.sum(axis=1), rtol=1e-5)
    weights = np.exp(rows - rows.max(axis=1, keepdims=True))
    expected = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(soft, expected, rtol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_of_summed_exponentials(dtype: str) -> None:
    bench = Bench(dtype, 3)
    rows = np.random.default_rng(0).normal(size=(300, 3)).astype(dtype) * 100
    edges = [[np.nan, 1, 2], [-np.inf] * 3, [-np.inf, 2, 2], [np.inf, 1, np.inf], [5, 5, 5]]
    rows[:5] = edges
    rows[5] = [0, -50, -60]  # log1p keeps what exp(−50) adds to 1
    got = bench.run(rows, bench.build.add(Reduce("logsumexp"), bench.x))[:, 0]
    expected = logsumexp(rows.astype(np.float64), axis=1)
    np.testing.assert_allclose(got, expected, rtol=3e-7 if dtype == "float32" else 1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_weighted_median(dtype: str, width: int) -> None:
    bench = Bench(dtype, width)
    random = np.random.default_rng(width)
    rows = random.choice([-1.0, 0.0, 0.25, 3.0, 7.0], (300, width)).astype(dtype)
    rows[::9, 0] = np.nan
    for weights in (np.ones(width), np.arange(width) * 1.0, random.random(width), np.zeros(width)):
        got = bench.run(rows, bench.build.add(WeightedMedian(weights), bench.x))
        order = np.argsort(rows, axis=1, kind="stable")
        reached = np.cumsum(weights[order], axis=1)
        at = (reached >= 0.5 * reached[:, -1:]).argmax(axis=1)
        every = np.arange(len(rows))
        np.testing.assert_array_equal(got[:, 0], rows[every, order[every, at]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 33])
def test_order(dtype: str, width: int) -> None:
    bench = Bench(dtype, width)
    random = np.random.default_rng(width)
    rows = random.choice([-np.inf, -1.0, 0.0, -0.0, 3.0, np.inf, np.nan], (300, width))
    rows = rows.astype(dtype)
    for count in {1, (width + 1) // 2, width}:
        got = bench.run(rows, bench.build.add(Order(count), bench.x))
        expected = np.argsort(rows, axis=1, kind="stable")[:, :count]
        np.testing.assert_array_equal(got, expected)


def test_categories_and_choices() -> None:
    bench = Bench(width=2)
    build, x = bench.build, bench.x
    first = build.add(Select((0,)), x)
    code = build.add(Match(np.array([-1.0, 0.5, 2.0, np.nan])), first)
    table = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])
    looked = build.add(Lookup(table, np.array([-5.0, -50.0])), code)
    hot = build.add(OneHot(3, "float32"), code)
    gone = build.add(missing(np.nan), x)
    marked = build.add(Missing(np.array([0.5])), x)
    filled = build.add(Where(), gone, build.add(Constant(np.array([7.0, 8.0]))), x)
    wide = build.add(Concat(), x, filled, x)
    rows = np.array([[-1, 1], [0.5, np.nan], [2, 0.5], [np.nan, 3], [0.51, -np.inf]])
    got = bench.run(rows, code, looked, hot, gone, marked, filled, wide)
    assert got[0][:, 0].tolist() == [0, 1, 2, 3, -1]
    assert got[1][:, 1].tolist() == [10, 20, 30, 40, -50]
    assert got[2].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(got[3], np.isnan(rows))
    np.testing.assert_array_equal(got[4], rows == 0.5)
    expected = np.where(np.isnan(rows), [7.0, 8.0], rows)
    np.testing.assert_array_equal(got[5], expected)
    np.testing.assert_array_equal(got[6], np.concatenate([rows, expected, rows], axis=1))


CURVES = np.array([*(a for a in EDGES if abs(a) < 1e3), math.nan, 0.25, 3.0, -3.5, 1e6])[:, None]
KNOTS = np.array([-2.0, -1.0, 0.0, 0.0, 0.5, 1.0, 2.5, 3.0])


@pytest.mark.parametrize("side", ["left", "right"])
def test_bins_are_numpys_searchsorted(side: Any) -> None:
    bench = Bench(width=1)
    for edges in (KNOTS, KNOTS[:0]):
        got = bench.run(CURVES, bench.build.add(Bin(edges, side), bench.x))
        np.testing.assert_array_equal(got[:, 0], np.searchsorted(edges, CURVES[:, 0], side))


def test_interpolation_is_numpys() -> None:
    bench = Bench(width=1)
    levels = np.array([3.0, 1.0, 2.0, 7.0, 0.1, 0.3, -8.0, 4.0])
    rows = np.concatenate([CURVES, np.random.default_rng(0).normal(size=(500, 1)) * 2])
    for count in (1, 2, 8):
        op = Interpolate(KNOTS[:count], levels[:count])
        got = bench.run(rows, bench.build.add(op, bench.x))[:, 0]
        expected = np.interp(rows[:, 0], KNOTS[:count], levels[:count])
        known = ~np.isnan(rows[:, 0])  # with one point, numpy gives it for NaN as well
        np.testing.assert_array_equal(got[known], expected[known])
        assert np.isnan(got[~known]).all()


@pytest.mark.parametrize("degree", range(6))
def test_splines_are_scipys(degree: int) -> None:
    random = np.random.default_rng(degree)
    knots = np.sort(np.concatenate([KNOTS, random.normal(size=degree + 3)]))
    coef = random.normal(size=(len(knots) - degree - 1, 3))
    rows = np.concatenate([CURVES, random.normal(size=(500, 1)) * 2, knots[:, None]])
    bench = Bench(width=1)
    for weights in (coef, np.eye(len(coef))):
        got = bench.run(rows, bench.build.add(Spline(degree, knots, weights), bench.x))
        spline = BSpline.construct_fast(knots, weights, degree, extrapolate=True)
        np.testing.assert_array_equal(got, spline(rows[:, 0]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_norms_are_scikit_learns_of_sparse_rows(norm: str, dtype: str) -> None:
    bench = Bench(dtype, 5)
    rows = np.random.default_rng(0).normal(size=(300, 5)).astype(dtype)
    rows[rows > 1] = 0
    rows[3] = 0
    got = bench.run(rows, bench.build.add(Normalize(norm), bench.x))
    np.testing.assert_array_equal(got, normalize(csr_array(rows), norm).toarray())


THRESHOLDS = st.sampled_from([0.0, -0.0, 0.1, 1 / 3, 1.0, -1.0, 1e-40, 1e30, -1e30, 1e300, 2.5])


@st.composite
def drawn_trees(draw: Any) -> tuple[str, Trees]:
    """A small random ensemble of any dtypes and options, and the dtype of its input."""
    x, values = draw(
        st.sampled_from([("float32", "float32"), ("float32", "float64"), ("float64", "float64")])
    )
    outputs, k = draw(st.sampled_from([(1, 1), (3, 1), (3, 3), (2, 2)]))
    count = draw(st.integers(0, 11))
    sets = draw(st.booleans())
    columns: dict[str, list[Any]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "default", "set")
    }
    starts, leaves = [], 0
    for _ in range(count):
        start = len(columns["feature"])
        starts.append(start)
        depth = draw(st.integers(0, 3))
        nodes = 2 ** (depth + 1) - 1
        for node in range(nodes):
            split = 2 * node + 2 < nodes
            category = split and sets and draw(st.booleans())
            columns["feature"].append(draw(st.integers(0, 1)) if split else -1)
            columns["threshold"].append(0.0 if category or not split else draw(THRESHOLDS))
            columns["left"].append(start + 2 * node + 1 if split else leaves)
            columns["right"].append(start + 2 * node + 2 if split else -1)
            columns["default"].append(draw(st.booleans()))
            columns["set"].append(draw(st.integers(0, 1)) if category else -1)
            leaves += not split
    words = np.array([0b1011, 0xFFFF0000, 0b1], np.uint32) if sets else np.zeros(0, np.uint32)
    with np.errstate(over="ignore"):
        threshold = np.array(columns["threshold"]).astype(draw(st.sampled_from([x, "float64"])))
    return x, Trees(
        compare=draw(st.sampled_from(["le", "lt"])),
        categories_go=draw(st.sampled_from(["left", "right"])),
        outputs=outputs,
        base=np.linspace(-1, 1, outputs).astype(values),
        starts=np.array(starts, np.int32),
        target=np.array([draw(st.integers(0, outputs - k)) for _ in range(count)], np.int32),
        feature=np.array(columns["feature"], np.int32),
        threshold=np.nan_to_num(threshold),
        left=np.array(columns["left"], np.int32),
        right=np.array(columns["right"], np.int32),
        default_left=np.array(columns["default"], bool),
        category_set=np.array(columns["set"], np.int32),
        values=np.random.default_rng(0).normal(size=(leaves, k)).astype(values),
        set_starts=np.array([0, 2, 3] if sets else [0], np.int32),
        set_words=words,
    )


def walked(op: Trees, row: Any) -> Any:
    """The operator's definition, word by word."""
    total = op.base.copy()
    for tree, start in enumerate(op.starts):
        node = int(start)
        while op.feature[node] >= 0:
            node = int((op.left if _goes_left(op, node, row) else op.right)[node])
        first = op.target[tree]
        total[first : first + op.values.shape[1]] += op.values[op.left[node]]
    return total


def _goes_left(op: Trees, node: int, row: Any) -> bool:
    number = row[op.feature[node]]
    if np.isnan(number):
        return bool(op.default_left[node])
    name = int(op.category_set[node])
    if name < 0:
        exact, cut = float(number), float(op.threshold[node])
        return exact <= cut if op.compare == "le" else exact < cut
    words = op.set_words[op.set_starts[name] : op.set_starts[name + 1]]
    code = int(number) if 0 <= number < 32 * len(words) else -1
    inside = code >= 0 and bool(words[code // 32] >> np.uint32(code % 32) & np.uint32(1))
    return inside == (op.categories_go == "left")


@BOUNDED
@given(
    drawn=drawn_trees(),
    rows=hnp.arrays(
        np.float64,
        (11, 2),
        elements=st.one_of(
            THRESHOLDS,
            st.sampled_from([math.nan, math.inf, -math.inf, -1.0, -0.5, 3.0, 3.7, 20.0, 64.0]),
            st.floats(-5, 5),
        ),
    ),
)
def test_trees_do_what_the_definition_says(drawn: Any, rows: Any) -> None:
    dtype, op = drawn
    bench = Bench(dtype)
    with np.errstate(over="ignore"):
        rows = rows.astype(dtype)
    for count in (11, 3):  # both the kernel for eight rows and the one for few
        got = bench.run(rows[:count], bench.build.add(op, bench.x))
        np.testing.assert_array_equal(got, np.array([walked(op, row) for row in rows[:count]]))


@pytest.mark.parametrize("kernel", list(trees.KERNELS))
@settings(max_examples=40, deadline=None, derandomize=True)
@given(drawn=drawn_trees(), seed=st.integers(0, 99))
def test_every_tree_kernel_gives_the_same_bits(kernel: str, drawn: Any, seed: int) -> None:
    dtype, op = drawn
    keyless = bool((op.category_set >= 0).any()) and kernel in ("heaps", "keys")
    if keyless or not len(op.starts):
        return  # category splits have no keys; without trees there is nothing to choose
    random = np.random.default_rng(seed)
    edges = [*EDGES, *op.threshold, math.nan, -0.5, 3.7, 20.0, 64.0, 2.0**31]
    with np.errstate(over="ignore"):
        rows = random.choice(np.array(edges, np.float64), (531, 2)).astype(dtype)
        rows = np.where(
            random.random(rows.shape) < 0.2, np.nextafter(rows, rows.dtype.type(9)), rows
        )
    expected = np.array([walked(op, row) for row in rows])
    with mock.patch.object(trees, "_choices", return_value=(kernel, kernel, 2)):
        for count in (531, 256, 40, 1):
            bench = Bench(dtype)
            got = bench.run(rows[:count], bench.build.add(op, bench.x))
            np.testing.assert_array_equal(got, expected[:count])


def test_trees_may_start_from_a_value_per_row() -> None:
    bench = Bench(width=1)
    op = Trees(
        compare="le", categories_go="left", outputs=1, base=np.zeros(1),
        starts=np.zeros(1, np.int32), target=np.zeros(1, np.int32),
        feature=np.array([0, -1, -1], np.int32), threshold=np.array([0.5, 0, 0]),
        left=np.array([1, 0, 1], np.int32), right=np.array([2, -1, -1], np.int32),
        default_left=np.zeros(3, bool), category_set=np.full(3, -1, np.int32),
        values=np.array([[10.0], [20.0]]), set_starts=np.zeros(1, np.int32),
        set_words=np.zeros(0, np.uint32),
    )  # fmt: skip
    got = bench.run(np.array([[0.25], [4.0]]), bench.build.add(op, bench.x, bench.x))
    assert got[:, 0].tolist() == [10.25, 24.0]
