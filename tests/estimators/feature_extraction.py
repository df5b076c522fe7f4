"""sklearn.feature_extraction: text and dicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import linear_model as lm
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, Normalizer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from .case import Case

PATTERNS = (
    r"(?u)\b\w+\b",
    r"[a-z]+",
    r"[^\W\d_]{2,}",
    r"\S+",
    r"\w+|[^\w\s]",
    r"\b[a-zA-Z]\w*\b",
    r"(?u)\b\w(\w+)\b",
    r"[\w']+",
    r"(?i)\b[A-Z]{2,}(?='s)?",
    r"\w+(?:'\w+)?",
    r".",
)


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _vectorizers()
    yield from _pipelines()
    yield from _hashers()
    for options in ({}, {"sparse": False}, {"dtype": np.float32}, {"sort": False}):
        yield Case(f"DictVectorizer({options})", DictVectorizer(**options), "dicts")
    model = make_pipeline(DictVectorizer(), StandardScaler(with_mean=False), lm.Ridge())
    yield Case("DictVectorizer + Ridge", model, "dicts")
    yield Case("DictVectorizer separator", DictVectorizer(separator=" is "), "dicts")


def _hashers() -> Iterator[Case]:
    kinds = {"dict": "maps", "pair": "pairs", "string": "lists of words"}
    options: list[dict[str, Any]] = [
        {"n_features": 16},
        {"n_features": 5, "alternate_sign": False},
        {"n_features": 7, "dtype": np.float32},
        {"n_features": 1, "dtype": np.int64},
        {"n_features": 2000, "dtype": np.float32, "alternate_sign": False},
    ]
    for kind, data in kinds.items():
        for option in options:
            hasher = FeatureHasher(input_type=kind, **option)
            yield Case(f"FeatureHasher({kind}, {option})", hasher, data, alone=kind != "string")
        models: dict[str, list[Any]] = {
            "logistic": [lm.LogisticRegression()],
            "scaled": [MaxAbsScaler(), lm.LogisticRegression()],
            "normalized": [Normalizer(), lm.LogisticRegression()],
            "tfidf": [TfidfTransformer(), lm.LogisticRegression()],
            "select": [SelectKBest(k=5), lm.LogisticRegression()],
            "tree": [DecisionTreeClassifier(max_depth=4)],
        }
        for name, steps in models.items():
            hashed = FeatureHasher(64, input_type=kind)
            yield Case(f"FeatureHasher({kind}) + {name}", make_pipeline(hashed, *steps), data)
    columns = ColumnTransformer(
        [
            ("more", FeatureHasher(32), "more"),
            ("age", StandardScaler(), ["age"]),
            ("tags", FeatureHasher(16, input_type="string", dtype=np.float32), "tags"),
            ("names", FeatureHasher(8, input_type="string"), "more"),
        ],
        sparse_threshold=1,
    )
    yield Case(
        "collections beside numbers",
        make_pipeline(columns, lm.LogisticRegression(max_iter=500)),
        "maps and numbers",
    )


def _vectorizers() -> Iterator[Case]:
    options: list[dict[str, Any]] = [
        {},
        {"lowercase": False},
        {"binary": True, "dtype": np.float32},
        {"strip_accents": "unicode"},
        {"strip_accents": "ascii", "dtype": np.float64},
        {"stop_words": "english", "ngram_range": (1, 3)},
        {"stop_words": ["the", "Caf\u00e9"], "ngram_range": (2, 2), "lowercase": False},
        {"max_features": 7, "min_df": 2},
        {"vocabulary": ["the", "caf\u00e9", "not there", "the the"], "ngram_range": (1, 2)},
        {"analyzer": "char", "ngram_range": (1, 3)},
        {"analyzer": "char", "ngram_range": (3, 3), "lowercase": False},
        {"analyzer": "char_wb", "ngram_range": (2, 5)},
        {"analyzer": "char_wb", "ngram_range": (1, 1), "strip_accents": "unicode"},
        *({"token_pattern": pattern} for pattern in PATTERNS),
    ]
    for option in options:
        yield Case(f"CountVectorizer({option})", CountVectorizer(**option), "texts")
    weights: list[dict[str, Any]] = [
        {},
        {"sublinear_tf": True},
        {"smooth_idf": False, "norm": "l1"},
        {"use_idf": False, "norm": "l2", "binary": True},
        {"norm": None, "sublinear_tf": True, "dtype": np.float32},
        {"norm": "l2", "dtype": np.float32},
        {"analyzer": "char_wb", "ngram_range": (2, 3), "max_features": 50},
    ]
    for weight in weights:
        yield Case(f"TfidfVectorizer({weight})", TfidfVectorizer(**weight), "texts")
    hashes: list[dict[str, Any]] = [
        {"n_features": 16},
        {"n_features": 1000, "alternate_sign": False, "norm": "l1"},
        {"n_features": 7, "norm": None, "binary": True, "dtype": np.float32},
        {"n_features": 64, "analyzer": "char", "ngram_range": (2, 4)},
        {"n_features": 32, "norm": None, "dtype": np.int64, "ngram_range": (1, 2)},
    ]
    for hashing in hashes:
        yield Case(f"HashingVectorizer({hashing})", HashingVectorizer(**hashing), "texts")


def _pipelines() -> Iterator[Case]:
    logistic = lm.LogisticRegression()
    models: dict[str, Any] = {
        "counts + logistic": make_pipeline(CountVectorizer(), logistic),
        "tfidf + logistic": make_pipeline(TfidfVectorizer(sublinear_tf=True), logistic),
        "tfidf float32 + ridge": make_pipeline(TfidfVectorizer(dtype=np.float32), lm.Ridge()),
        "counts + tfidf + sgd": make_pipeline(
            CountVectorizer(ngram_range=(1, 2)), TfidfTransformer(), lm.SGDClassifier()
        ),
        "hashing + tfidf + logistic": make_pipeline(
            HashingVectorizer(n_features=128, norm=None, alternate_sign=False),
            TfidfTransformer(sublinear_tf=True),
            logistic,
        ),
        "signed hashing": make_pipeline(HashingVectorizer(n_features=64), logistic),
        "select": make_pipeline(TfidfVectorizer(), SelectKBest(k=5), logistic),
        "scaled": make_pipeline(TfidfVectorizer(norm=None), MaxAbsScaler(), Normalizer(), logistic),
        "tree": make_pipeline(TfidfVectorizer(), DecisionTreeClassifier(max_depth=4)),
        "union": make_pipeline(
            FeatureUnion(
                [
                    ("words", TfidfVectorizer()),
                    ("letters", CountVectorizer(analyzer="char", dtype=np.float64)),
                ]
            ),
            logistic,
        ),
    }
    for name, model in models.items():
        yield Case(name, model, "texts")
    columns = ColumnTransformer(
        [
            ("note", TfidfVectorizer(), "note"),
            ("age", StandardScaler(), ["age"]),
            ("more", CountVectorizer(analyzer="char", ngram_range=(1, 2)), "note"),
        ]
    )
    yield Case("text beside numbers", make_pipeline(columns, logistic), "texts and numbers")
    yield Case("TfidfTransformer", TfidfTransformer(norm="l1"), "whole numbers above 0")
    yield Case("TfidfTransformer", TfidfTransformer(sublinear_tf=True), "whole numbers above 0")
