"""Collections of items: rows in every form, and what is refused of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn import linear_model as lm
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, StandardScaler

from scorebundle.bundle import Bundle, ExportError, InputError, RowError
from scorebundle.exporters import check, export_bundle

from .data import DATA
from .test_items import asked, runtime_of


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


def test_what_nests_deep_is_refused_as_ever() -> None:
    runtime = runtime_of(FeatureHasher(8))
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    for cell in (deep, {"a": deep}):
        with pytest.raises(InputError, match=r"not \[\[\[\[.* \(row 0\)"):
            runtime.transform([{"features": cell}])


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


def test_a_hasher_and_a_vectorizer_of_the_same_dicts_are_refused() -> None:
    rows = [{"a": 1}, {"a": 2, "b": "c"}]
    hasher, vectorizer = ("hasher", FeatureHasher(4)), ("vectorizer", DictVectorizer())
    for parts, reason in (
        ([hasher, vectorizer], "there is no column of its key 'a'"),
        ([vectorizer, hasher], "it takes one column of collections as it came in"),
    ):
        with pytest.raises(ExportError, match=reason):
            export_bundle(FeatureUnion(parts).fit(rows))


def test_what_is_not_fitted_is_told() -> None:
    with pytest.raises(ExportError, match="not fitted"):
        export_bundle(MultiLabelBinarizer())
