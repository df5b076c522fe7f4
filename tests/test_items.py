"""Collections of items: scikit-learn's own numbers on any, in every form, and refused by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn import linear_model as lm
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MultiLabelBinarizer,
    Normalizer,
    OneHotEncoder,
    StandardScaler,
)

from scorebundle.bundle import Bundle, ExportError, InputError, RowError
from scorebundle.bundle.graph import Graph, Output
from scorebundle.exporters import check, export_bundle
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


def test_one_cell_in_every_form() -> None:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    hasher = FeatureHasher(8)
    runtime = runtime_of(hasher)
    cell = {"dog": 1.5, "cat": 2.0}
    expected = hasher.transform([cell]).toarray()
    objects = np.empty(1, object)
    objects[0] = cell
    pairs = pa.array([list(cell.items())], pa.map_(pa.string(), pa.float64()))
    rows: list[Any] = [
        {"features": cell},
        [{"features": cell}],
        [cell],
        (cell,),
        {"features": [cell]},
        {"features": objects},
        objects,
        objects[:, None],
        pd.Series([cell]),
        pd.DataFrame({"features": [cell]}),
        pl.DataFrame({"features": [cell]}),
        pa.table({"features": [cell]}),
        pa.table({"features": pairs}),
        {"features": pd.Series([cell])},
    ]
    for each in rows:
        np.testing.assert_array_equal(runtime.transform(each), expected)
    many = runtime.transform([cell] * 700, threads=2)
    np.testing.assert_array_equal(many, np.repeat(expected, 700, axis=0))


def test_one_list_of_labels_in_every_form() -> None:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    runtime = runtime_of(MultiLabelBinarizer().fit([["a", "b", "c"]]))
    cell = ["a", "c", "a"]
    rows: list[Any] = [
        {"y": cell},
        {"y": set(cell)},
        {"y": tuple(cell)},
        {"y": np.array(cell)},
        {"y": {"a": 0, "c": None}},
        [{"y": cell}],
        [cell],
        {"y": [cell]},
        pd.Series([cell]),
        pd.DataFrame({"y": [np.array(cell)]}),
        pd.DataFrame({"y": pd.Series([cell], dtype=pd.ArrowDtype(pa.list_(pa.string())))}),
        pl.DataFrame({"y": [cell]}),
        pa.table({"y": [cell]}),
        pa.table({"y": pa.chunked_array([[cell]])}),
    ]
    for each in rows:
        np.testing.assert_array_equal(runtime.transform(each), [[1, 0, 1]])
    assert runtime.transform([[], ["b"]]).tolist() == [[0, 0, 0], [0, 1, 0]]
    assert runtime.transform({"y": [["a"], ["b", "c"]]}).tolist() == [[1, 0, 0], [0, 1, 1]]
    assert runtime.transform([]).shape == (0, 3)
    assert runtime.transform({"y": []}).shape == (0, 3)


def test_other_columns_tell_a_row_from_columns() -> None:
    X, y = DATA["maps and numbers"]()
    columns = ColumnTransformer(
        [
            ("more", FeatureHasher(8), "more"),
            ("tags", FeatureHasher(8, input_type="string"), "tags"),
            ("age", StandardScaler(), ["age"]),
        ]
    )
    model = make_pipeline(columns, lm.LogisticRegression()).fit(X, y)
    runtime = runtime_of(model)
    row = {"more": {"dog": 1.0}, "tags": ["dog", "cat"], "age": 30.0}
    single = runtime.predict_proba(row)
    assert single.shape == (1, 2)
    both = runtime.predict_proba({name: [cell, cell] for name, cell in row.items()})
    np.testing.assert_array_equal(both, np.repeat(single, 2, axis=0))
    empty = runtime.predict_proba({**row, "tags": [], "more": {}})
    np.testing.assert_array_equal(empty, runtime.predict_proba([{**row, "tags": (), "more": {}}]))
    with pytest.raises(InputError, match="column 'age' has 1 rows"):
        runtime.predict({**row, "age": [30.0]})
    with pytest.raises(InputError, match="'more': is one row's, not a column"):
        runtime.predict({"more": {"a": 1}, "tags": [["a"]], "age": [30.0]})


BAD: list[tuple[Any, str]] = [
    ("dog", "must be a list or a map of items, not 'dog'"),
    (b"dog", "must be a list or a map of items, not b'dog'"),
    (7, "must be a list or a map of items, not 7"),
    ((i for i in "ab"), "must be a list or a map of items, not <generator"),
    ({1: 2.0}, "must have texts as keys, not 1"),
    ({"a": [1]}, r"must hold text, numbers or booleans, not \[1\]"),
    ({"a": {}}, "must hold text, numbers or booleans, not {}"),
    ({"a": 1j}, "must hold text, numbers or booleans, not 1j"),
    ({"a": b"1"}, "must hold text, numbers or booleans, not b'1'"),
    ([["a", 1, 2]], r"must hold items, or pairs of an item and a value, not \['a', 1, 2\]"),
    ([{"a": 1}], "must hold items, or pairs of an item and a value"),
    ([["a", ["b"]]], r"must hold text, numbers or booleans, not \['b'\]"),
    ([[["a"], 1]], r"must hold text, numbers or booleans, not \['a'\]"),
    ([object()], "must hold text, numbers or booleans, not <object"),
]


@pytest.mark.parametrize("cell, problem", BAD, ids=[problem for _, problem in BAD])
def test_what_is_no_collection_is_refused_with_column_and_row(cell: Any, problem: str) -> None:
    runtime = runtime_of(FeatureHasher(8, input_type="string"))
    with pytest.raises(InputError, match=rf"column 'features': {problem}.* \(row 1\)"):
        runtime.transform([{"features": ["a"]}, {"features": cell}])


@pytest.mark.parametrize(
    "kind, taken, refused",
    [
        ("dict", [{}, {"a": 1}, {"a": "b"}], [None, math.nan, [], ["a"], [["a", 1]], {"a": None}]),
        ("pair", [[], {}, [["a", 1]], [[1, 0]]], [None, ["a"], {"a": 1}, [["a", None]], [[1, 1]]]),
        ("string", [[], {}, ["a"], {"a": None}], [None, [["a", 1]], [1], [None], ["\ud800"]]),
    ],
)
def test_what_a_model_does_not_take_is_refused_alone(
    kind: str, taken: list[Any], refused: list[Any]
) -> None:
    hasher = FeatureHasher(8, input_type=kind)
    runtime = runtime_of(hasher)
    for cell in taken:
        np.testing.assert_array_equal(runtime.transform([{"features": cell}]), asked(hasher, cell))
    scores = runtime.score({"features": [*taken, *refused]}, errors="mark")
    assert sorted(scores.status) == [len(taken) + i for i in range(len(refused))]
    for cell in refused:
        assert asked(hasher, cell) is None
        with pytest.raises(RowError, match="features: must be a"):
            runtime.transform([{"features": cell}])


def test_too_much_text_to_hash_is_refused() -> None:
    runtime = runtime_of(FeatureHasher(8, input_type="string"))
    scores = runtime.score({"features": [["a" * 1000], ["a" * (1 << 22), "b"]]}, errors="mark")
    assert list(scores.status) == [1]


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


def test_a_series_names_the_column_and_rows_may_be_kept() -> None:
    import pandas as pd

    cells = pd.Series([{"a": 1.0}, {"b": np.float32(0.5), "c": "d"}, {}], name="words")
    bundle = export_bundle(FeatureHasher(8), X=cells, keep_rows=True)
    (item,) = bundle.manifest.inputs
    assert (item.name, item.type, item.missing) == ("words", "items", "refuse")
    stored = Bundle.open(bundle.to_bytes()).verification.rows["words"]
    assert list(stored) == [{"a": 1.0}, {"b": 0.5, "c": "d"}, {}]


@pytest.mark.parametrize(
    "estimator, reason",
    [
        (FeatureHasher(dtype=np.int32), "dtype=int32"),
        (FeatureHasher(n_features=1 << 21), "n_features is more than 1048576"),
        (MultiLabelBinarizer().fit([[("a", 1)]]), "not text, numbers or booleans"),
        (MultiLabelBinarizer(classes=[math.nan]).fit([]), "not text, numbers or booleans"),
        (MultiLabelBinarizer(classes=["a", None]).fit([]), "not text, numbers or booleans"),
        (MultiLabelBinarizer().fit([[]]), "fitted on no label"),
    ],
)
def test_what_a_bundle_cannot_hold_is_refused(estimator: Any, reason: str) -> None:
    (blocker,) = check(estimator).blockers
    assert reason in blocker.problem


def test_a_column_is_read_in_one_way() -> None:
    import pandas as pd

    table = pd.DataFrame({"a": [{"x": 1}, {"y": 2}], "b": ["u", "v"]})
    columns = ColumnTransformer([("a", FeatureHasher(4), "a"), ("b", OneHotEncoder(), ["b"])])
    columns.fit(table)
    columns.transformers_[1] = ("b", columns.named_transformers_["b"], ["a"])
    with pytest.raises(ExportError, match="column 'a' is read as items by one step"):
        export_bundle(columns)


def test_what_is_not_fitted_is_told() -> None:
    with pytest.raises(ExportError, match="not fitted"):
        export_bundle(MultiLabelBinarizer())
