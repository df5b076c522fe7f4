"""Counts of terms: scikit-learn's own on any text, within bounded work, fused or not."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import linear_model as lm
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.utils import murmurhash3_32

from scorebundle.bundle import ExportError, RowError
from scorebundle.bundle.graph import Graph, Input, Node, Output
from scorebundle.bundle.patterns import MAX_STEPS, work_of
from scorebundle.exporters import check, export_bundle
from scorebundle.exporters.probe_texts import ODD
from scorebundle.runtime import Runtime
from scorebundle.runtime.murmur import murmur3

from .data import DATA, TEXTS
from .pmml_graphs import terms

BOUNDED = settings(max_examples=150, deadline=None, derandomize=True)
LETTERS = (
    "aB \u00e9e\u0301\u00df\u0130\u03a3\u03c3\u4e16\u0645\u064f\u0939\u093f_-'.9\u00b2"
    "\t\n\u00a0\u2003\U0001f600\x00"
)
TEXT = st.one_of(
    st.text(LETTERS, max_size=60),
    st.text(max_size=40),
    st.lists(st.sampled_from([*ODD, *TEXTS]), max_size=3).map(" ".join),
).filter(lambda text: not re.search("[\ud800-\udfff]", text))

OPTIONS: list[dict[str, Any]] = [
    {},
    {"lowercase": False, "ngram_range": (1, 3)},
    {"strip_accents": "unicode", "ngram_range": (2, 2)},
    {"strip_accents": "ascii", "stop_words": ["a", "the", "word"], "ngram_range": (1, 2)},
    {"token_pattern": r"(?u)\b\w+\b|[^\w\s]"},
    {"token_pattern": r"[a-z]+(?=[^a-z]|$)"},
    {"analyzer": "char", "ngram_range": (1, 4)},
    {"analyzer": "char_wb", "ngram_range": (1, 4)},
    {"analyzer": "char_wb", "ngram_range": (5, 6), "lowercase": False},
]


def runtime_of(estimator: Any) -> Runtime:
    return Runtime.load(export_bundle(estimator))


@pytest.mark.parametrize("option", OPTIONS, ids=str)
def test_any_text_is_counted_as_by_scikit_learn(option: dict[str, Any]) -> None:
    hashing = HashingVectorizer(n_features=64, norm=None, **option)
    runtime = runtime_of(hashing)
    known = CountVectorizer(**option)
    known.fit([*TEXTS, *ODD])
    counting = runtime_of(known)

    @BOUNDED
    @given(texts=st.lists(TEXT, min_size=1, max_size=5))
    def compare(texts: list[str]) -> None:
        np.testing.assert_array_equal(runtime.transform(texts), hashing.transform(texts).toarray())
        np.testing.assert_array_equal(counting.transform(texts), known.transform(texts).toarray())

    compare()


@given(data=st.binary(max_size=40))
def test_hashes_are_murmurs(data: bytes) -> None:
    assert murmur3(data) == murmurhash3_32(data, seed=0, positive=False)


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(CountVectorizer(), lm.LogisticRegression()),
        lambda: make_pipeline(TfidfVectorizer(sublinear_tf=True), lm.LogisticRegression()),
        lambda: make_pipeline(TfidfVectorizer(dtype=np.float32), lm.Ridge()),
        lambda: make_pipeline(CountVectorizer(), TfidfTransformer(norm="l1"), lm.Ridge()),
        lambda: make_pipeline(TfidfVectorizer(), SelectKBest(k=4), lm.LogisticRegression()),
        lambda: make_pipeline(HashingVectorizer(n_features=1 << 10), lm.Ridge()),
        lambda: make_pipeline(
            FeatureUnion(
                [
                    ("words", TfidfVectorizer()),
                    ("letters", CountVectorizer(analyzer="char", dtype=np.float64)),
                ]
            ),
            lm.LogisticRegression(),
        ),
    ],
)
def test_no_block_of_the_vocabularys_width_exists_and_no_bit_changes(make: Any) -> None:
    X, y = DATA["texts"]()
    bundle = export_bundle(make().fit(X, y))
    graph = bundle.graph
    method = graph.outputs[0].name
    fused = Runtime(Graph(graph.inputs, graph.needed([method]), (graph.output(method),)))
    everything = [
        Output(node.output, (node.output,), "matrix")
        for node in graph.needed([method])
        if graph.types[node.output].dtype != "labels"
    ]
    plain = Runtime(Graph(graph.inputs, graph.nodes, (*everything, graph.output(method))))
    np.testing.assert_array_equal(fused.score(X)[method], plain.score(X)[method])
    width = max(kind.width for kind in graph.types.values())
    plan = fused._models[(method,)]._plan
    assert plan.work_bytes < 4 * width * plan.block


def test_a_missing_text_is_refused_alone() -> None:
    X, y = DATA["texts"]()
    runtime = runtime_of(make_pipeline(TfidfVectorizer(), lm.LogisticRegression()).fit(X, y))
    scores = runtime.score({"text": ["dog", None, float("nan"), ""]}, errors="mark")
    assert sorted(scores.status) == [1, 2]
    with pytest.raises(RowError, match="must be text"):
        runtime.predict({"text": None})


def test_one_text_in_every_form() -> None:
    import pandas as pd
    import pyarrow as pa

    model = CountVectorizer().fit(TEXTS)
    runtime = runtime_of(model)
    expected = model.transform(["dog Dog fox"]).toarray()
    for rows in (
        {"text": "dog Dog fox"},
        [{"text": "dog Dog fox"}],
        ["dog Dog fox"],
        np.array(["dog Dog fox"]),
        np.array([["dog Dog fox"]], object),
        pd.DataFrame({"text": ["dog Dog fox"]}),
        pa.table({"text": ["dog Dog fox"]}),
    ):
        np.testing.assert_array_equal(runtime.transform(rows), expected)
    many = ["dog", "fox the"] * 1000
    np.testing.assert_array_equal(
        runtime.transform(pa.table({"text": many}), threads=2), model.transform(many).toarray()
    )


def test_a_series_names_the_column() -> None:
    import pandas as pd

    texts = pd.Series(TEXTS, name="review")
    bundle = export_bundle(CountVectorizer().fit(texts), X=texts)
    assert [item.name for item in bundle.manifest.inputs] == ["review"]


@pytest.mark.parametrize(
    "pattern, degree",
    [
        (r"(?u)\b\w\w+\b", 1),
        (r"\b\w+\b", 1),
        (r"\w+", 1),
        (r"\S+", 1),
        (r"[a-z]{2,}", 1),
        (r"\b[a-z]+\b", 1),
        (r"\b[a-zA-Z]\w*\b", 1),
        (r".", 1),
        (r"[a-z]+\b", 2),
        (r"a{100,}", 2),
        (r"a{3,100}", 2),
        (r".*x", 2),
        (r"\w+'\w+|\w+", 3),
        (r"\b\w*[a-z]\w*\b", 2),
    ],
)
def test_work_of_patterns(pattern: str, degree: int) -> None:
    assert work_of(pattern).degree == degree


@pytest.mark.parametrize("pattern", [r"(?u)\b\w\w+\b", r"[a-z]+\b", r"\w+'\w+|\w+", r"\w+@\w+"])
@pytest.mark.parametrize("piece", ["a", "a1", "a'", "a ", "\u4e16", "\u00e9"])
def test_what_is_admitted_ends_soon(pattern: str, piece: str) -> None:
    work = work_of(pattern)
    text = piece * 1_000_000
    while not work.admits(text):
        text = text[: len(text) // 2]
    start = time.process_time()
    re.findall(pattern, text)
    assert time.process_time() - start < 20, MAX_STEPS


def test_a_text_that_would_take_too_long_is_refused() -> None:
    op = terms(pattern=r"\w+x\b", vocabulary=("ax",))
    graph = Graph(
        (Input("s", "string"),),
        (Node(op, (), "v0"),),
        (Output("transform", ("v0",), "matrix"),),
    )
    scores = Runtime(graph).score({"s": ["ax " * 1000, "a" * 100_000]}, errors="mark")
    assert scores["transform"][0].tolist() == [1000.0]
    assert list(scores.status) == [1]


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"tokenizer": str.split}, "tokenizer='str.split' is code"),
        ({"preprocessor": str.lower}, "preprocessor='str.lower' is code"),
        ({"analyzer": str.split}, "analyzer='str.split' is code"),
        ({"token_pattern": r"(\w+\s?)+x?|\w+"}, "repeats what repeats"),
        ({"ngram_range": (1, 40)}, "longer than 32"),
        ({"dtype": np.int32}, "dtype=int32"),
    ],
)
def test_what_a_bundle_cannot_hold_is_refused(options: dict[str, Any], reason: str) -> None:
    (blocker,) = check(CountVectorizer(**options).fit(TEXTS)).blockers
    assert reason in blocker.problem


def test_an_unfitted_vectorizer_is_told() -> None:
    with pytest.raises(ExportError, match="not fitted"):
        export_bundle(CountVectorizer())
    with pytest.raises(NotFittedError):
        CountVectorizer().transform(["a"])
