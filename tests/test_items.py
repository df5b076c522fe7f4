"""Collections of items: scikit-learn's own numbers on any of them, fused or not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn import linear_model as lm
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MultiLabelBinarizer,
    Normalizer,
)

from scorebundle.bundle import Bundle
from scorebundle.bundle.graph import Graph, Output
from scorebundle.exporters import export_bundle
from scorebundle.exporters.probe_texts import ODD
from scorebundle.exporters.reference import quiet
from scorebundle.runtime import Runtime
from scorebundle.runtime.introsort import order_by_column

from .data import DATA

BOUNDED = settings(max_examples=120, deadline=None, derandomize=True)
WORDS = ["", "a", "b", "a=b", "a=", *(word for text in ODD[:-2] for word in text.split())]
ITEM = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))
NUMBER = st.one_of(
    st.sampled_from([0, 1, -1, True, False, 0.1, 0.2, 0.3, -0.0, 1e-310, 2**60, math.pi]),
    st.floats(),
    st.integers(-(2**70), 2**70),
    st.floats(width=32).map(np.float32),
    st.integers(-9, 9).map(np.int8),
)
VALUE = st.one_of(NUMBER, NUMBER, ITEM, st.none(), st.just(10**400))
CELLS = {
    "dict": st.dictionaries(ITEM, VALUE, max_size=40),
    "pair": st.lists(st.tuples(ITEM, VALUE), max_size=40),
    "string": st.lists(ITEM, max_size=40),
}


def runtime_of(estimator: Any, X: Any = None) -> Runtime:
    return Runtime.load(Bundle.open(export_bundle(estimator, X=X).to_bytes()), verify=True)


def asked(estimator: Any, cell: Any) -> Any:
    """What the library makes of one row; None if it raises."""
    try:
        with quiet():
            answer = estimator.transform([cell])
    except (TypeError, ValueError, OverflowError, AttributeError):
        return None
    return answer.toarray() if hasattr(answer, "toarray") else answer


HASHERS: list[dict[str, Any]] = [
    {"n_features": 1},
    {"n_features": 3, "alternate_sign": False},
    {"n_features": 16},
    {"n_features": 3, "dtype": np.float32},
    {"n_features": 4, "dtype": np.int64},
    {"n_features": 1000, "dtype": np.float32, "alternate_sign": False},
]


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("options", HASHERS, ids=str)
def test_any_collection_is_hashed_as_by_scikit_learn(kind: str, options: dict[str, Any]) -> None:
    hasher = FeatureHasher(input_type=kind, **options)
    runtime = runtime_of(hasher)

    @BOUNDED
    @given(cells=st.lists(CELLS[kind], min_size=1, max_size=3))
    def compare(cells: list[Any]) -> None:
        scores = runtime.score([{"features": cell} for cell in cells], errors="mark")
        for row, cell in enumerate(cells):
            expected = asked(hasher, cell)
            if expected is None:
                assert row in scores.status
            elif row in scores.status:  # whole numbers that float64 does not hold
                assert options.get("dtype") is np.int64
                assert np.abs(list(_big(cell))).sum() > 2**53
            else:
                assert scores["transform"].dtype == expected.dtype or scores.status
                np.testing.assert_array_equal(scores["transform"][row], expected[0])

    compare()


def _big(cell: Any) -> Any:
    values = cell.values() if isinstance(cell, dict) else [value for _, value in cell]
    return (float(value) for value in values if not isinstance(value, str))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_duplicates_are_added_in_scipys_order(dtype: Any) -> None:
    hasher = FeatureHasher(4, input_type="pair", dtype=dtype)
    runtime = runtime_of(hasher)
    random = np.random.default_rng(0)
    for size in (2, 3, 15, 16, 17, 18, 33, 100, 1000):
        for _ in range(20):
            places = map(str, random.integers(0, 9, size))
            cell = list(zip(places, random.normal(size=size), strict=True))
            expected = hasher.transform([cell]).toarray()
            np.testing.assert_array_equal(runtime.transform([cell]), expected)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=300))
@BOUNDED
def test_order_of_columns(columns: list[int]) -> None:
    assert by_column(columns) == sorted_by_scipy(columns)


@pytest.mark.parametrize("size", [64, 100, 1000, 5001])
def test_order_of_columns_that_split_badly(size: int) -> None:
    half = size // 2
    killer = [0] * size
    for i in range(half):
        killer[i] = i if i % 2 == 0 else half + i
        killer[half + i] = 2 * i + 1
    for columns in (killer, [c // 3 for c in killer], [min(i, size - i) for i in range(size)]):
        assert by_column(columns) == sorted_by_scipy(columns)


def by_column(columns: list[int]) -> list[int]:
    """What the order says of each column's entries."""
    return sorted(order_by_column(columns), key=columns.__getitem__)


def sorted_by_scipy(columns: list[int]) -> list[int]:
    count = len(columns)
    row = csr_array((np.arange(count), columns, [0, count]), shape=(1, max(columns) + 1))
    row.sort_indices()
    return [int(entry) for entry in row.data]


LABELS = st.one_of(
    st.sampled_from(["a", "b", "", "1", 1, 1.0, True, 0, False, 2, 2.5, -7, None, math.nan]),
    st.sampled_from([np.int64(1), np.float64(2.5), np.str_("a"), np.bool_(True)]),
    ITEM,
    st.integers(-3, 3),
)


@pytest.mark.parametrize(
    "binarizer",
    [
        MultiLabelBinarizer().fit([["b", "a"], ["1", ""]]),
        MultiLabelBinarizer().fit([[2, 1, -7], []]),
        MultiLabelBinarizer(classes=["a", 1, 2.5, "1"], sparse_output=True).fit([]),
        MultiLabelBinarizer(classes=[True, False]).fit([]),
    ],
    ids=lambda binarizer: str(binarizer.classes_),
)
def test_any_labels_are_binarized_as_by_scikit_learn(binarizer: Any) -> None:
    runtime = runtime_of(binarizer)

    @BOUNDED
    @given(
        cells=st.lists(
            st.lists(LABELS, max_size=8).flatmap(
                lambda cell: st.sampled_from([cell, tuple(cell), set(cell), frozenset(cell)])
            ),
            min_size=1,
            max_size=4,
        )
    )
    def compare(cells: list[Any]) -> None:
        with quiet():
            expected = binarizer.transform(cells)
        expected = expected.toarray() if hasattr(expected, "toarray") else expected
        got = runtime.transform([{"y": cell} for cell in cells])
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)

    compare()


MODELS: dict[str, Any] = {
    "linear": lambda: make_pipeline(FeatureHasher(1 << 12), lm.Ridge()),
    "float32": lambda: make_pipeline(FeatureHasher(1 << 12, dtype=np.float32), lm.Ridge()),
    "int64": lambda: make_pipeline(FeatureHasher(1 << 12, dtype=np.int64), lm.Ridge()),
    "scaled": lambda: make_pipeline(
        FeatureHasher(1 << 12), MaxAbsScaler(), lm.LogisticRegression()
    ),
    "normalized": lambda: make_pipeline(FeatureHasher(1 << 12), Normalizer("l1"), lm.Ridge()),
    "tfidf": lambda: make_pipeline(
        FeatureHasher(1 << 12), TfidfTransformer(), lm.LogisticRegression()
    ),
    "selected": lambda: make_pipeline(FeatureHasher(1 << 12), SelectKBest(k=9), lm.Ridge()),
    "union": lambda: make_pipeline(
        FeatureUnion(
            [
                ("values", FeatureHasher(1 << 11)),
                ("names", FeatureHasher(1 << 11, input_type="string")),
            ]
        ),
        lm.LogisticRegression(),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_no_block_of_the_columns_exists_and_no_bit_changes(name: str) -> None:
    X, y = DATA["maps"]()
    model = MODELS[name]().fit(X, y)
    graph = export_bundle(model).graph
    method = graph.outputs[0].name
    nodes = graph.needed([method])
    fused = Runtime(Graph(graph.inputs, nodes, (graph.output(method),)))
    everything = [
        Output(node.output, (node.output,), "matrix")
        for node in nodes
        if graph.types[node.output].dtype != "labels"
    ]
    plain = Runtime(Graph(graph.inputs, graph.nodes, (*everything, graph.output(method))))
    rows = [*X, {"dog": math.nan}, {"dog": math.inf}, {"dog": 1e300}, {"Dog": -5}, None]
    table = {"features": rows}
    ours, theirs = fused.score(table, errors="mark"), plain.score(table, errors="mark")
    assert ours.status == theirs.status
    np.testing.assert_array_equal(ours[method], theirs[method])
    width = max(kind.width for kind in graph.types.values())
    plan = fused._models[(method,)]._plan
    assert plan.work_bytes < 4 * width * plan.block


def test_the_step_that_refuses_a_number_is_named() -> None:
    X, y = DATA["maps"]()
    model = make_pipeline(FeatureHasher(64), MaxAbsScaler(), lm.LogisticRegression()).fit(X, y)
    scores = runtime_of(model).score(
        {"features": [{"dog": math.nan}, {"dog": math.inf}, {"dog": 1}]}, errors="mark"
    )
    assert "(step logisticregression)" in scores.status[0]
    assert "(step maxabsscaler)" in scores.status[1]
    assert 2 not in scores.status
