"""The runtime's promises: any kind of rows, errors that name the column, threads, refused rows."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scorebundle.bundle import Bundle, InputError, RowError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime
from scorebundle.runtime.values import numbers

ROWS = 50
RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "age": RANDOM.integers(1, 90, ROWS).astype(float),
        "city": pd.Series(RANDOM.choice(["Oslo", "Bergen", "Troms\u00f8"], ROWS), dtype=object),
        "fare": RANDOM.gamma(2, 20, ROWS),
        "unused": RANDOM.normal(size=ROWS),
    }
)
FRAME.loc[::8, "age"] = np.nan
FRAME.loc[::9, "city"] = np.nan
LABELS = np.where(FRAME["fare"] > 30, "high", "low")


@pytest.fixture(scope="module")
def fitted() -> Any:
    columns = ColumnTransformer(
        [
            ("num", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
            (
                "cat",
                make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
                ["city"],
            ),
            ("scale", StandardScaler(), ["fare"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(FRAME, LABELS)


@pytest.fixture(scope="module")
def bundle(fitted: Any) -> Bundle:
    return export_bundle(fitted, name="fares", version="7", metadata={"team": "pricing"})


@pytest.fixture(scope="module")
def runtime(bundle: Bundle) -> Runtime:
    return Runtime.load(bundle)


@pytest.fixture(scope="module")
def forest() -> tuple[Runtime, Any, Any]:
    X = RANDOM.normal(size=(3000, 6))
    model = RandomForestClassifier(9, random_state=0).fit(X[:500], X[:500, 0] > 0)
    return Runtime.load(export_bundle(model)), model, X


def test_every_kind_of_table_gives_the_same_scores(runtime: Runtime, fitted: Any) -> None:
    plain = FRAME.astype({"city": object}).where(FRAME.notna(), None)
    dicts = plain.to_dict("records")
    records = np.array(
        [tuple(row) for row in FRAME.itertuples(index=False)],
        dtype=[("age", "f8"), ("city", "O"), ("fare", "f4"), ("unused", "f8")],
    )
    kinds: dict[str, Any] = {
        "pandas": FRAME,
        "pandas nullable": FRAME.convert_dtypes(),
        "pandas categorical": FRAME.astype({"city": "category"}),
        "polars": pl.from_pandas(plain),
        "arrow": pa.Table.from_pandas(plain),
        "arrow batch": pa.Table.from_pandas(plain).to_batches()[0],
        "list of dicts": dicts,
        "reversed dicts": [dict(reversed(row.items())) for row in dicts],
        "dict of columns": {name: plain[name].tolist() for name in plain},
        "dict of arrays": {name: FRAME[name].to_numpy() for name in FRAME},
        "object array": FRAME.to_numpy(dtype=object),
        "list of lists": FRAME.to_numpy(dtype=object).tolist(),
        "fewer columns": FRAME.drop(columns="unused"),
    }
    expected = fitted.predict_proba(FRAME)
    for name, rows in kinds.items():
        scores = runtime.score(rows)
        np.testing.assert_allclose(scores["predict_proba"], expected, rtol=1e-12, err_msg=name)
        assert scores["predict"].tolist() == fitted.predict(FRAME).tolist()
    near = runtime.score(records)["predict_proba"]  # fare was rounded to float32
    np.testing.assert_allclose(near, expected, rtol=1e-5)
    for row, wanted in zip(dicts, expected, strict=True):
        np.testing.assert_allclose(runtime.predict_proba(row)[0], wanted, rtol=1e-12)


def test_methods_have_scikit_learns_shapes_and_dtypes(runtime: Runtime, fitted: Any) -> None:
    for rows in (FRAME, FRAME.iloc[:1], FRAME.iloc[:0]):
        for method in ("predict", "predict_proba", "decision_function"):
            got = getattr(runtime, method)(rows)
            if len(rows):
                expected = getattr(fitted, method)(rows)
                assert got.shape == expected.shape
                assert got.dtype.kind == expected.dtype.kind
            assert len(got) == len(rows)


def test_select_computes_only_what_is_asked(runtime: Runtime) -> None:
    assert list(runtime.score(FRAME, select=["decision_function"])) == ["decision_function"]
    with pytest.raises(KeyError, match="no output 'transform'; it has predict"):
        runtime.transform(FRAME)


def test_all_column_problems_are_told_at_once(runtime: Runtime) -> None:
    with pytest.raises(InputError) as caught:
        runtime.score({"age": [1.0], "town": ["Oslo"], "fares": [2.0]})
    assert set(caught.value.problems) == {
        "column 'city' is missing",
        "column 'fare' is missing",
        "column 'town' is not a column of the model",
        "column 'fares' is not a column of the model",
    }
    with pytest.raises(InputError) as caught:
        runtime.score({"age": ["old"], "city": [3], "fare": [np.datetime64("2020-01-01")]})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], None),
        (np.zeros((3, 2)), "rows have 2 columns; the model has 4"),
        (np.zeros(3), "2 dimensions"),
        ([{"age": 1.0}, 5], "dicts only"),
        ([{"age": 1.0, "city": "Oslo", "fare": 1.0}, {"age": 1.0, "city": "Oslo"}], "row 1 lacks"),
        ({"age": [1.0, 2.0], "city": ["Oslo"], "fare": [1.0]}, "column 'city' has 1 rows"),
        ({"age": 1.0, "city": ["Oslo"], "fare": [1.0]}, "column 'age' is one value"),
        ("text", "not understood"),
        (pd.concat([FRAME, FRAME[["age"]]], axis=1), "column 'age' appears twice"),
    ],
    ids=str,
)
def test_odd_tables(runtime: Runtime, rows: Any, problem: str | None) -> None:
    if problem is None:
        assert runtime.score(rows).rows == 0
    else:
        with pytest.raises(InputError, match=problem):
            runtime.score(rows)


def test_text_is_never_read_as_a_number(runtime: Runtime) -> None:
    for text in ("41", b"41", [41.0]):
        with pytest.raises(InputError):
            runtime.score({"age": text, "city": "Oslo", "fare": 1.0})
    for number in (41, 41.0, np.float32(41), np.int8(41), True):
        runtime.score({"age": number, "city": "Oslo", "fare": 1.0})


def test_refused_rows_are_named_with_field_and_step(runtime: Runtime, fitted: Any) -> None:
    rows = FRAME.iloc[:6].copy()
    rows.loc[2, "city"] = "Atlantis"
    rows.loc[4, "fare"] = np.inf
    with pytest.raises(ValueError, match="Atlantis"):
        fitted.predict(rows)
    with pytest.raises(RowError) as caught:
        runtime.score(rows)
    assert caught.value.rows == (2,)
    assert caught.value.field == "city"
    assert caught.value.step == "columntransformer/cat/onehotencoder"


def test_marked_rows_do_not_spoil_the_others(runtime: Runtime, fitted: Any) -> None:
    rows = FRAME.iloc[:6].copy()
    rows.loc[2, "city"] = "Atlantis"
    rows.loc[4, "fare"] = np.inf
    scores = runtime.score(rows, errors="mark")
    assert set(scores.status) == {2, 4}
    assert "fare" in scores.status[4]
    good = [0, 1, 3, 5]
    expected = fitted.predict_proba(rows.iloc[good])
    np.testing.assert_allclose(scores["predict_proba"][good], expected, rtol=1e-12)
    assert np.isnan(scores["predict_proba"][[2, 4]]).all()
    assert scores["predict"][2] is None
    dicts = scores.to_dicts()
    assert dicts[2]["status"] == scores.status[2]
    assert dicts[0]["predict"] in ("high", "low")


def test_marking_one_dict_and_whole_batches(runtime: Runtime) -> None:
    one = runtime.score({"age": 1.0, "city": "Atlantis", "fare": 2.0}, errors="mark")
    assert list(one.status) == [0]
    with pytest.raises(RowError):
        runtime.score({"age": 1.0, "city": "Atlantis", "fare": 2.0})


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 255, 256, 257, 3000])
def test_block_edges_and_threads_change_nothing(forest: Any, count: int) -> None:
    runtime, model, X = forest
    rows = X[:count]
    scores = runtime.score(rows)
    if count:
        np.testing.assert_array_equal(scores["predict_proba"], model.predict_proba(rows))
    for threads in (2, 5):
        again = runtime.score(rows, threads=threads)
        np.testing.assert_array_equal(again["predict_proba"], scores["predict_proba"])


@pytest.mark.parametrize("order", ["C", "F", "reversed", "strided", "misaligned"])
def test_memory_layout_changes_nothing(forest: Any, order: str) -> None:
    runtime, model, X = forest
    rows = X[:100]
    if order == "F":
        rows = np.asfortranarray(rows)
    elif order == "reversed":
        rows = rows[::-1, ::-1][::-1, ::-1]
    elif order == "strided":
        rows = np.repeat(rows, 3, axis=1)[:, ::3]
    elif order == "misaligned":
        raw = np.zeros(rows.nbytes + 1, np.uint8)[1:]
        raw.view(np.uint8)[:] = np.frombuffer(rows.tobytes(), np.uint8)
        rows = raw.view(np.float64).reshape(rows.shape)
    np.testing.assert_array_equal(runtime.predict_proba(rows), model.predict_proba(X[:100]))


def test_many_threads_share_one_runtime(forest: Any) -> None:
    runtime, model, X = forest
    expected = model.predict_proba(X)
    barrier = threading.Barrier(8)

    def work(seed: int) -> bool:
        barrier.wait()
        rows = np.random.default_rng(seed).integers(0, len(X), 300)
        single = all((runtime.predict_proba(X[i : i + 1])[0] == expected[i]).all() for i in rows)
        return single and bool((runtime.predict_proba(X[rows]) == expected[rows]).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_load_from_path_bytes_and_file(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    bundle.save(path)
    data = path.read_bytes()
    sources: list[Any] = [path, str(path), data, bytearray(data), io.BytesIO(data), bundle]
    for source in sources:
        runtime = Runtime.load(source, verify=True)
        assert (runtime.name, runtime.version, runtime.digest) == ("fares", "7", bundle.digest)
    with pytest.raises(FileNotFoundError):
        Runtime.load(tmp_path / "none.zip")


def test_schema_tells_types_categories_and_missing_values(runtime: Runtime) -> None:
    inputs = {item.name: item for item in runtime.inputs}
    assert inputs["age"].type == "float64"
    assert inputs["age"].missing == "accept"
    assert inputs["city"].type == "string"
    assert set(inputs["city"].categories) == {"Oslo", "Bergen", "Troms\u00f8"}
    assert inputs["unused"].type == "any"
    assert [item.name for item in runtime.outputs][:2] == ["predict", "decision_function"]


def test_scores_as_frames(runtime: Runtime) -> None:
    scores = runtime.score(FRAME)
    frame = scores.to_pandas()
    assert list(frame)[-2:] == ["predict_log_proba_0", "predict_log_proba_1"]
    assert scores.to_arrow().num_rows == ROWS
    assert repr(scores).startswith("<Scores predict")


def test_only_the_columns_at_fault_are_named() -> None:
    X = RANDOM.normal(size=(30, 4))
    runtime = Runtime.load(export_bundle(LogisticRegression().fit(X, X[:, 0] > 0)))
    rows = X[:5].copy()
    rows[3, 2] = np.nan
    for table in (rows, pd.DataFrame(rows, columns=["x0", "x1", "x2", "x3"])):
        with pytest.raises(RowError) as caught:
            runtime.score(table)
        assert (caught.value.rows, caught.value.field) == ((3,), "x2")


def test_frame_without_names_is_taken_by_position() -> None:
    X = RANDOM.normal(size=(30, 3))
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    got = Runtime.load(export_bundle(model)).predict_proba(pd.DataFrame(X))
    np.testing.assert_allclose(got, model.predict_proba(X), rtol=1e-12)


def test_whole_numbers_keep_their_digits_and_huge_ones_are_refused() -> None:
    big = 2**53 + 1
    column = numbers([big, 1], "int64")
    assert column.tolist() == [big, 1]
    for kind, value in (("int64", 2**63), ("float64", 10**400)):
        with pytest.raises(InputError, match=r"too large \(row 1\)"):
            numbers([1, value], kind)
    for array in (
        np.array([1.0, 1e300]),
        np.array([1.0, -1e300]),
        np.array([1.0, 2.0**63]),
        np.array([1, 2**63], np.uint64),
    ):
        with pytest.raises(InputError, match=r"too large \(row 1\)"):
            numbers(array, "int64")
    edge = np.array([0, 2**63 - 1], np.uint64)
    assert numbers(edge, "int64").tolist() == [0, 2**63 - 1]
    assert numbers(np.array([-(2.0**63)]), "int64").tolist() == [-(2**63)]
    assert numbers(np.array([255], np.uint8), "int64").tolist() == [255]
