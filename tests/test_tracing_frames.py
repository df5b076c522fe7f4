"""Functions of pandas' operations on DataFrames and Series."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from scorebundle.exporters import check, export_bundle
from scorebundle.runtime import Runtime

RANDOM = np.random.default_rng(0)
MIXED = pd.DataFrame(
    {
        "a": np.where(np.arange(50) % 7, RANDOM.normal(size=50), np.nan),
        "b": RANDOM.normal(size=50) * 10,
        "c": RANDOM.integers(0, 5, 50).astype(float),
        "v": RANDOM.choice(["x", "y", "z"], 50),
    }
)
NUMBERS = MIXED[["a", "b", "c"]]
TARGET = MIXED["b"].to_numpy()


def _in_place(df: Any) -> Any:
    df = df.copy()
    df["ratio"] = df["a"] / df["b"]
    df[["p", "q"]] = df[["a", "b"]] * 2
    df.loc[df["a"] > 0, "a"] = -1
    df.loc[:, "b"] = df.b.fillna(0)
    df.insert(1, "first", df.pop("q"))
    del df["p"]
    df["const"] = 1.0
    for name in df.columns:
        df[name] = df[name].clip(-5, 5)
    return df


FUNCTIONS = (
    lambda df: df.assign(ratio=df["a"] / df["b"]),
    lambda df: df.assign(n=lambda t: t.a + t.b, m=lambda t: t.n * 2, k=3.0),
    lambda df: df["a"] / df["b"],
    lambda df: df.fillna(0),
    lambda df: df.fillna({"a": 7}),
    lambda df: df["a"].fillna(df["b"]),
    lambda df: df.astype("float32"),
    lambda df: df.assign(c=df.c.astype(int)),
    lambda df: df.astype({"c": "int64"})[["c", "a"]],
    lambda df: df.clip(lower=-1, upper=1),
    lambda df: df["c"].map({0: 10, 1.0: 2, 3: 5.5}),
    lambda df: pd.to_numeric(df["a"]) + pd.isna(df["a"]),
    lambda df: df.drop(columns=["a"]),
    lambda df: df.drop("a", axis=1),
    lambda df: df.values * 2,
    lambda df: df.to_numpy()[:, 1:],
    lambda df: df.round(1),
    lambda df: df.round({"a": 2}),
    lambda df: df.isna(),
    lambda df: df.isna().sum(axis=1),
    lambda df: df.sum(axis=1),
    lambda df: df.sum(axis=1, skipna=False),
    lambda df: np.sum(df, axis=1),
    lambda df: df.mean(axis=1),
    lambda df: df.astype("float32").mean(axis=1),
    lambda df: df[["a"]].max(axis=1),
    lambda df: df.min(axis=1).to_frame("m"),
    lambda df: df.apply(lambda row: row["a"] * row["b"], axis=1),
    lambda df: df.apply(np.square),
    lambda df: df.a.apply(lambda x: x * 2 + 1),
    lambda df: pd.concat([df, df.add_suffix("_2") ** 2, df["a"].rename("z")], axis=1),
    lambda df: df.rename(columns={"a": "z"})[["z"]],
    lambda df: np.where(df["a"] > 0, df["b"], df["c"]),
    lambda df: df.where(df > 0, 0),
    lambda df: df.mask(df.isna(), 0),
    lambda df: df.div(df["c"] + 1, axis=0),
    lambda df: df - pd.Series({"b": 2.0, "a": 1.0, "c": 3.0}),
    lambda df: (df["a"] > 0) & (df.c.isin([1, 2])) | ~df["c"].between(1, 3),
    lambda df: df["c"].replace({1: 9, 2: np.nan}),
    lambda df: np.column_stack([df["a"], df["b"]]),
    lambda df: df.iloc[:, [0, 2]],
    lambda df: df.loc[:, ["a"]],
    lambda df: df.pipe(np.sqrt),
    lambda df: np.maximum(df["a"], 0) ** 2 % 3,
    _in_place,
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_frames_and_series_give_their_own_numbers(function: Any) -> None:
    model = FunctionTransformer(function).fit(NUMBERS)
    got = Runtime.load(export_bundle(model)).transform(NUMBERS)
    with np.errstate(all="ignore"):
        expected = np.asarray(model.transform(NUMBERS.copy()))
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


WORDS = (
    lambda df: df.assign(v=(df["v"] == "x").astype(float)),
    lambda df: df.assign(v=df["v"].map({"x": 1, "y": 2}), w=(df["v"] != "y") * 1.0),
    lambda df: df.assign(v=df.v.isin(["x", "z"])),
    lambda df: df.assign(r=df.a * df.c),
    lambda df: df.assign(v=df.v.fillna("none"), a=df.a.fillna(-1)),
    lambda df: df.assign(v=df.v.replace({"x": "y"})),
    lambda df: df[["v", "a"]].rename(columns={"v": "word"}).copy(),
)


@pytest.mark.parametrize("function", WORDS, ids=range(len(WORDS)))
def test_words_are_looked_up_or_passed_on(function: Any) -> None:
    columns = function(MIXED)
    words = [name for name in columns if columns[name].dtype.kind not in "fb"]
    rest = [name for name in columns if name not in words]
    pipeline = make_pipeline(
        FunctionTransformer(function),
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), words), (SimpleImputer(), rest)
        ),
        LinearRegression(),
    ).fit(MIXED, TARGET)
    rows = MIXED.astype({"v": object})
    rows.loc[3, "v"], rows.loc[4, "v"] = None, "unseen"
    got = Runtime.load(export_bundle(pipeline)).predict(rows)
    np.testing.assert_allclose(got, pipeline.predict(rows), rtol=1e-9)


def test_a_column_by_itself_is_a_series() -> None:
    columns = make_column_transformer(
        (FunctionTransformer(lambda s: s.fillna(0).to_frame()), "a"),
        (FunctionTransformer(lambda df: df.assign(d=df["b"] * df["c"])), ["b", "c"]),
    ).fit(MIXED)
    got = Runtime.load(export_bundle(columns)).transform(MIXED)
    np.testing.assert_array_equal(got, columns.transform(MIXED))


def test_frames_that_a_step_hands_on() -> None:
    """set_output(transform="pandas"): the names are the fitted ones of the step."""
    ratio = FunctionTransformer(lambda df: df.assign(ratio=df.a / (df.b**2 + 1)))
    pipeline = make_pipeline(SimpleImputer(), ratio, LinearRegression())
    pipeline.set_output(transform="pandas").fit(NUMBERS, TARGET)
    got = Runtime.load(export_bundle(pipeline)).predict(NUMBERS)
    np.testing.assert_allclose(got, pipeline.predict(NUMBERS), rtol=1e-9)


@pytest.mark.parametrize(
    "function, met",
    [
        (lambda df: df.fillna(df.mean()), "not over the columns of each row"),
        (lambda df: df - df.mean(), "not over the columns of each row"),
        (lambda df: df.dropna(), r"pandas' \.dropna"),
        (lambda df: df[df["a"] > 0], "chosen by a condition"),
        (lambda df: df[:10], "chosen by their place"),
        (lambda df: df["a"].rank(), r"pandas' \.rank"),
        (lambda df: df["a"].str.lower(), r"pandas' \.str"),
        (lambda df: df - df["a"], "with axis=0"),
        (lambda df: df[["a", "b"]] - df[["b", "c"]], "different columns"),
        (lambda df: df["none"], "a column 'none'"),
        (lambda df: pd.concat([df, df[["a"]]], axis=1)["a"], "two columns 'a'"),
        (lambda df: pd.DataFrame({"a": df["a"]}), "makes something else"),
        (lambda df: np.c_[df["a"], df["b"]], "plain array"),
        (lambda df: df["a"].shift(1), r"pandas' \.shift"),
        (lambda df: df.fillna(0, inplace=True), "inplace"),
        (lambda df: df * 2 if df["a"].max() > 0 else df, "not over the columns of each row"),
        (lambda df: df["a"].map(lambda x: 1 if isinstance(x, str) else 0), "computes nothing"),
        (lambda df: df["a"].map({0: True, 1: False}), "to True and False"),
    ],
)
def test_what_cannot_be_traced_is_named_with_its_line(function: Any, met: str) -> None:
    model = FunctionTransformer(function, validate=False)
    with np.errstate(all="ignore"):
        model.feature_names_in_, model.n_features_in_ = np.array(["a", "b", "c"], object), 3
    (blocker,) = check(model).blockers
    assert re.search(met, blocker.problem), blocker.problem
    assert re.search(r"\(test_tracing_frames\.py, line \d+: ", blocker.problem)


@pytest.mark.parametrize(
    "function",
    [
        lambda df: df["a"].clip(-9, 9).map(lambda x: x**2),
        lambda df: df.apply(
            lambda row: (row["a"] + row.b) ** 2 + row[["c", "b"]]["c"] ** 2, axis=1
        ),
    ],
)
def test_squares_of_single_numbers_are_libms(function: Any) -> None:
    """Neither Python's nor numpy's scalars multiply: some are the next number."""
    bundle = export_bundle(FunctionTransformer(function).fit(NUMBERS))
    assert "libm" in bundle.manifest.certificate["transform"].contract
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(5000, 3)), columns=list("abc"))
    np.testing.assert_array_max_ulp(Runtime.load(bundle).transform(table), function(table), 8)


@pytest.mark.parametrize(
    "function",
    [
        lambda row: row["a"] * (1 if isinstance(row["v"], str) else 2),
        lambda row: row["a"] if row["v"] is not None else row["b"],
    ],
)
def test_a_column_that_is_only_looked_at_is_refused(function: Any) -> None:
    model = FunctionTransformer(lambda df: df.apply(function, axis=1).to_frame()).fit(MIXED)
    (blocker,) = check(model).blockers
    assert re.search(r"changes with what columns \[.*'v'\] hold", blocker.problem)
    unread = FunctionTransformer(lambda df: df[["a"]] * 2).fit(MIXED)
    assert not check(unread).blockers


def test_text_that_is_asked_for_numbers_is_named() -> None:
    model = FunctionTransformer(lambda df: df["v"].isna().to_frame()).fit(MIXED)
    (blocker,) = check(model, X=MIXED).blockers
    assert "column 'v' of X must be numbers, not" in blocker.problem


FLAGS = pd.DataFrame({"p": [True, True, False], "q": [True, False, False]})
SMALL = pd.DataFrame({"p": np.array([1, 50, 100], np.int8), "q": np.array([1, 2, 3], np.int16)})


@pytest.mark.parametrize(
    "function, table",
    [
        (lambda df: df["p"] + df["q"], FLAGS),
        (lambda df: df["p"] - df["q"], FLAGS),
        (lambda df: df["p"] * 2, SMALL),
        (lambda df: np.sqrt(df["q"]), SMALL),
    ],
)
def test_whole_numbers_that_are_no_floats_are_refused(function: Any, table: Any) -> None:
    """As the rows that are given show; floats made of them are computed as everywhere."""
    (blocker,) = check(FunctionTransformer(function).fit(table), X=table).blockers
    assert "with the whole numbers and truth values of X" in blocker.problem
    assert "astype(float)" in blocker.remedy
    model = FunctionTransformer(lambda df: function(df.astype(float))).fit(table)
    got = Runtime.load(export_bundle(model, X=table)).transform(table)
    np.testing.assert_array_equal(got, model.transform(table))


def test_pandas_is_left_as_it_was() -> None:
    before = (pd.concat, pd.isna, pd.to_numeric)
    check(FunctionTransformer(lambda df: pd.concat([df, df], axis=1)).fit(NUMBERS))
    assert (pd.concat, pd.isna, pd.to_numeric) == before
