"""Category columns to codes: the fast ways give what looking at every value gives, errors too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorebundle.bundle import InputError
from scorebundle.bundle.graph import Builder, Graph, Input, Output
from scorebundle.bundle.ops import Constant, Encode
from scorebundle.runtime import encode, groups
from scorebundle.runtime.encode import Encoder, checked
from scorebundle.runtime.rows import Reader
from scorebundle.runtime.values import categories, numbers


class Text(str):
    """A subclass of str."""


ENCODE = Encode("c", ("a", "b", "é", "long text of a category", "", 1, 2.5, 2**53 + 1), 20, 30)
TEXTS = ["a", "b", "é", "long text of a category", "", "unknown", "a\0b", "a\0", "\ud800", "long"]
ODD = [
    *(None, np.nan, float("nan"), pd.NA, pd.NaT, np.float32("nan")),
    *(1, 1.0, True, False, 2.5, -0.0, 0, 2**53 + 1, np.int64(1), np.bool_(True)),
    *(np.str_("a"), Text("b"), b"a", (1, 2), ["a"]),
]
KINDS = ("string", "boolean", "mixed")


@pytest.fixture(autouse=True, scope="module")
def few() -> Iterator[None]:
    """Group few rows as well, so that examples stay small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "FEW", 50)
        yield


def outcome(function: Callable[[], Any]) -> Any:
    """What it returns, or the error it raises."""
    try:
        result = function()
    except (InputError, TypeError) as error:
        return type(error), str(error)
    return result.tolist()


def one_by_one(column: Any, kind: str) -> Any:
    """The rule, spelled out: every value is checked and looked up by itself."""
    codes: dict[Any, int] = {value: code for code, value in enumerate(ENCODE.categories)}
    codes[None] = ENCODE.none
    found = []
    for value in categories(column, kind):
        code = codes.get(value)
        if code is None:
            code = ENCODE.nan if value != value else -1
        found.append(code)
    return np.array(found, np.int64)


def fast(column: Any, kind: str) -> Any:
    """The way of the runtime."""
    return encode.Encoder(ENCODE).codes(encode.checked(column, kind))


def agree(column: Any, kind: str) -> None:
    assert outcome(lambda: fast(column, kind)) == outcome(lambda: one_by_one(column, kind))


def repeated(values: list[Any], rows: int, seed: int) -> list[Any]:
    """Rows that hold each of the values, mostly several times."""
    picks = np.random.default_rng(seed).integers(0, len(values), rows)
    return [values[pick] for pick in picks]


rows_and_seed = st.tuples(st.integers(0, 300), st.integers(0, 999))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TEXTS + ODD), min_size=1, max_size=8), rows_and_seed, st.booleans())
def test_objects(values: list[Any], size: tuple[int, int], only_text: bool) -> None:
    if only_text:
        values = [v for v in values if isinstance(v, str) or v is None] or ["a"]
    column = repeated(values, *size)
    array = np.fromiter(column, object, len(column))
    fixed = array.copy()
    fixed.flags.writeable = False
    for kind in KINDS:
        agree(column, kind)
        for one in (array, array[::2], array[::-1], fixed, pd.Series(array, dtype=object)):
            agree(one, kind)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*TEXTS[:6], "x y", None]), min_size=1, max_size=8), rows_and_seed)
def test_text_in_every_kind_of_column(values: list[Any], size: tuple[int, int]) -> None:
    column = repeated(values, *size)
    arrow, series, polar = pa.array(column, pa.string()), pd.Series(column), pl.Series(column)
    polar = polar.cast(pl.String)
    edge = len(column) // 3
    pieces = pa.chunked_array([arrow[:edge], arrow[edge:], arrow[:0]])
    coded = pa.chunked_array([p.dictionary_encode() for p in (arrow[edge:], arrow[:edge])])
    wide = arrow.cast(pa.large_string())
    known = sorted({value for value in column if value is not None} | {"unused"})
    kinds: list[Any] = [
        *(arrow, arrow[edge:], wide, wide[edge:], pieces, pieces[edge // 2 :]),
        *(arrow.cast(pa.string_view()), arrow.dictionary_encode()[edge:], coded, coded[1:]),
        *(series.astype(kind) for kind in ("str", "string", "string[python]", "category", object)),
        series.astype(pd.ArrowDtype(pa.string())),
        series.astype(pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))),
        series.astype(pd.CategoricalDtype(pd.Index(known, dtype=object), ordered=True))[edge:],
        series.astype(pd.CategoricalDtype(known[1:]))[::-1],
        *(polar, polar[edge:], polar.cast(pl.Categorical), polar.cast(pl.Enum(known))),
        pl.concat([polar, polar], rechunk=False),
        *(np.array([value or "" for value in column], dtype) for dtype in (None, ">U30", object)),
        np.array([(value or "").encode() for value in column]),
        tuple(column),
    ]
    for one in kinds:
        for kind in KINDS:
            agree(one, kind)
    for one in kinds[:10]:  # what Arrow's own conversion to numpy may get wrong
        assert categories(one, "string") == one.to_pylist()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([[1, 2, 2**53 + 1], [True, False], [1.0, 2.5, -0.0, 0.0], [0, 300, -1]]),
    st.booleans(),
    rows_and_seed,
)
def test_numbers_and_booleans(values: list[Any], missing: bool, size: tuple[int, int]) -> None:
    column = repeated([*values, None] if missing else values, *size)
    series = pd.Series(column, dtype=object)
    arrow = pa.array(column, {bool: pa.bool_(), int: pa.int64()}.get(type(values[0])))
    kinds: list[Any] = [
        *(series.astype("category"), series.convert_dtypes(), arrow, arrow.dictionary_encode()),
        *(pa.chunked_array([arrow[:7], arrow[7:]]), pl.Series(column, strict=False)),
        series.astype(pd.CategoricalDtype([*dict.fromkeys(values), values[0] + 77])),
    ]
    if not missing:
        kinds += [np.array(column), np.array(column)[::3]]
    for one in kinds:
        for kind in KINDS:
            agree(one, kind)


@pytest.mark.parametrize("distinct", [1, 5, 30_000, 49_999, 50_001, 100_000])
def test_many_rows(distinct: int) -> None:
    column = [f"value {i % distinct}" for i in range(100_000)]
    column[1::1000] = ["a"] * 100
    column[2::1000] = [None] * 100  # type: ignore[list-item]
    for one in (column, pd.Series(column, dtype="str"), pa.array(column), np.array(column, object)):
        agree(one, "string")
    agree(np.array([value or "" for value in column]), "string")


def test_columns_are_grouped_where_cells_repeat() -> None:
    column = repeated(["a", "b", None, "c"], 1000, 0)
    series = pd.Series(column)
    fresh = ["".join(["some ", "text"]) for _ in range(1000)]
    for one in (
        *(column, np.array(column, object), np.array(fresh), np.array(fresh)[::2]),
        *(series.astype(kind) for kind in (object, "str", "string", "category")),
        *(pa.array(fresh), pa.array(column).dictionary_encode(), pa.chunked_array([column])),
        *(pl.Series(column), pl.Series(column).cast(pl.Categorical)),
    ):
        found = groups.groups(one)
        assert found is not None
        assert len(found.distinct) <= 4
    assert groups.groups(fresh) is None  # a thousand objects
    assert groups.groups(column[:10]) is None


def test_polars_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        raise ModuleNotFoundError("pyarrow")

    column = pl.Series(repeated(["a", "b", None, "c"], 1000, 0))
    expected = outcome(lambda: one_by_one(column, "string"))
    monkeypatch.setattr(pl.Series, "to_arrow", refuse)
    assert outcome(lambda: fast(column, "string")) == expected


def test_nulls_of_arrow_dictionaries() -> None:
    """pyarrow's `ChunkedArray.to_numpy` puts the last dictionary value in their place."""
    for values in (["a", "b", None], [1, 2, None]):
        table = pa.table({"c": pa.array(values).dictionary_encode()})
        assert outcome(lambda column=table["c"]: fast(column, "mixed"))[2] in (20, 30)  # type: ignore[misc]
    assert np.isnan(numbers(table["c"], "float64")[2])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(),
            st.integers(-(2**70), 2**70),
            st.sampled_from([None, True, np.float32(0.1), 10**400, "1.5", pd.NA, np.array(2.0)]),
        )
    ),
    st.sampled_from(["float64", "float32", "int64"]),
)
def test_lists_of_numbers(values: list[Any], kind: str) -> None:
    objects = np.fromiter(values, object, len(values))
    got, expected = (outcome(lambda c=c: numbers(c, kind)) for c in (values, objects))  # type: ignore[misc]
    assert repr(got) == repr(expected)


def test_too_large_beside_missing() -> None:
    for missing in (None, np.nan):
        with pytest.raises(InputError, match="too large \\(row 1\\)"):
            numbers([missing, 10**400], "int64")


COLUMNS = {
    "f8": [1.5, np.nan, 3.0],
    "f4": np.array([0.1, 2.0, np.nan], np.float32),
    "i8": [2**60 + 1, 2, 3],
    "bool": [True, False, True],
    "object": ["a", None, 1],
    "str": pd.Series(["a", None, "b"], dtype="str"),
    "string": pd.Series(["a", None, "b"], dtype="string"),
    "nullable": pd.Series([1, None, 3], dtype="Int64"),
    "category": pd.Series(["a", None, "b"], dtype="category"),
    "date": pd.to_datetime(["2020-01-01", None, "2020-01-02"]),
}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=5),
    st.sampled_from(["float64", "float32", "int64", "string", "boolean", "mixed", None]),
    st.sampled_from([1, 100]),
)
def test_frames_at_once_and_column_by_column(
    names: list[str], same: str | None, repeat: int
) -> None:
    frame = pd.DataFrame({f"{name}{i}": COLUMNS[name] for i, name in enumerate(names)})
    frame = pd.concat([frame] * repeat, ignore_index=True)
    natural = {"f8": "float64", "f4": "float32", "i8": "int64", "bool": "boolean"}
    kinds = [same or natural.get(name, "mixed") for name in names]
    reader = reader_of(dict(zip(frame.columns, kinds, strict=True)))

    def scored(rows: Any) -> Any:
        columns = reader.columns(reader.table(rows))
        flat = [
            column if isinstance(column, np.ndarray) else [column[row] for row in range(len(frame))]
            for column in columns.values()
        ]
        return np.array([repr(list(map(plain, column))) for column in flat])

    by_column = {name: frame[name] for name in frame}
    assert outcome(lambda: scored(frame)) == outcome(lambda: scored(by_column))


def plain(value: Any) -> Any:
    """A number or boolean as Python's: what it is wrapped in makes no difference."""
    return value.item() if isinstance(value, np.generic) else value


def reader_of(kinds: dict[str, str]) -> Reader:
    builder = Builder()
    value = builder.add(Constant(np.array([1.0])))
    output = Output("one", (value.name,), "matrix")
    inputs = tuple(Input(name, kind) for name, kind in kinds.items())
    return Reader(Graph(inputs, tuple(builder.nodes), (output,)))


@pytest.mark.parametrize("odd", [None, float("nan"), "unseen", "", 1.5, b"a", np.str_("a")])
def test_texts_that_are_objects_of_their_own(odd: Any) -> None:
    """Parsed files give every cell an object of its own; no two are one in memory."""
    words = [str(bytes(word, "utf8"), "utf8") for word in ["a", "b", "Ångström"] * 200]
    words[417] = odd
    op = Encode("w", ("b", "Ångström", "a"), 7, 8)
    cells = np.empty(len(words), object)
    cells[:] = words
    expected = [codes_one_by_one(op, word) for word in words]
    for column in (cells, words, np.repeat(cells, 2)[::2]):
        if isinstance(odd, (float, bytes)) and odd == odd:
            with pytest.raises(InputError, match="row 417"):
                checked(column, "string")
            continue
        assert Encoder(op).codes(checked(column, "string")).tolist() == expected


def codes_one_by_one(op: Encode, word: Any) -> int:
    if word is None:
        return op.none
    if word != word:
        return op.nan
    return op.categories.index(word) if word in op.categories else -1


def test_cells_that_were_never_set_are_none() -> None:
    op = Encode("w", ("a", "b"), 7, 8)
    cells = np.empty(600, object)
    for row in range(500):
        cells[row] = str(bytes("ab"[row % 2], "utf8"), "utf8")
    expected = [row % 2 for row in range(500)] + [7] * 100
    assert Encoder(op).codes(checked(cells, "string")).tolist() == expected
