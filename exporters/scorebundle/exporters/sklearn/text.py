"""sklearn.feature_extraction.text: text as counts of its terms, and their weights.

Alone or first in a pipeline, where X is a list of texts, a vectorizer's input column is called
`text` (or as the Series that was given as X=).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
    strip_accents_ascii,
    strip_accents_unicode,
)

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Normalize, Terms
from scorebundle.bundle.ops.text import MAX_NGRAM
from scorebundle.bundle.patterns import work_of

from ..columns import Columns
from ..export import Export
from ..registry import Front, Outputs, exports, takes

ACCENTS = {
    None: "keep",
    False: "keep",
    "ascii": "ascii",
    "unicode": "unicode",
    strip_accents_ascii: "ascii",
    strip_accents_unicode: "unicode",
}


@takes(CountVectorizer, HashingVectorizer, TfidfVectorizer)
def texts(estimator: Any) -> Front:
    """One column of text."""
    return Front("column", ("text",))


@exports(CountVectorizer)
def count_vectorizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Counts of the terms of vocabulary_."""
    return {"transform": Columns.of(to, _counted(estimator, x, to), sparse=True)}


@exports(TfidfVectorizer)
def tfidf_vectorizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The same, weighted."""
    value = _weighted(estimator._tfidf, _counted(estimator, x, to), to, counts=True)
    return {"transform": Columns.of(to, value, sparse=True)}


@exports(TfidfTransformer)
def tfidf_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Counts, weighted."""
    value = _weighted(estimator, to.finite(x.floats()), to, counts=False)
    return {"transform": Columns.of(to, value, sparse=True)}


@exports(HashingVectorizer)
def hashing_vectorizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Counts by the terms' hashes, normalised if asked."""
    value = _terms(estimator, x, to, (), int(estimator.n_features), estimator.alternate_sign)
    if estimator.norm is not None:
        value = to.add(Normalize(estimator.norm), value)
    return {"transform": Columns.of(to, value, sparse=True)}


def _counted(estimator: Any, x: Columns, to: Export) -> Value:
    terms = sorted(estimator.vocabulary_, key=estimator.vocabulary_.__getitem__)
    return _terms(estimator, x, to, tuple(terms), 0, False)


def _terms(
    estimator: Any, x: Columns, to: Export, vocabulary: tuple[Any, ...], hashed: int, signed: bool
) -> Value:
    _refuse_code(estimator, to)
    words = estimator.analyzer == "word"
    pattern = str(estimator.token_pattern) if words else ""
    if words:
        try:
            work_of(pattern)
        except Violation as broken:
            to.block(
                f"token_pattern={pattern!r} {broken}",
                "use a pattern without repetition inside repetition",
            )
    low, high = estimator.ngram_range
    if high > MAX_NGRAM:
        to.block(f"ngram_range={low, high} is longer than {MAX_NGRAM}", "use shorter n-grams")
    return to.add(
        Terms(
            column=to.text(x),
            lowercase=bool(estimator.lowercase),
            accents=ACCENTS[estimator.strip_accents],
            analyzer=estimator.analyzer,
            pattern=pattern,
            stop_words=tuple(sorted(estimator.get_stop_words() or ())) if words else (),
            ngrams=(int(low), int(high)),
            vocabulary=vocabulary,
            hashed=hashed,
            signed=bool(signed),
            binary=bool(estimator.binary),
            dtype=_dtype(estimator, to),
        )
    )


def _refuse_code(estimator: Any, to: Export) -> None:
    """Python functions and files cannot be held by a bundle."""
    for option in ("tokenizer", "preprocessor", "analyzer", "strip_accents"):
        value = getattr(estimator, option)
        if callable(value) and value not in ACCENTS:
            to.block(
                f"{option}={getattr(value, '__qualname__', value)!r} is code that a bundle "
                "cannot hold",
                "use token_pattern, lowercase, strip_accents and a named analyzer",
            )
    if estimator.input != "content":
        to.block(f"input={estimator.input!r} reads files", "read them first: input='content'")


def _dtype(estimator: Any, to: Export) -> str:
    name = np.dtype(estimator.dtype).name
    if name not in ("float32", "float64", "int64"):
        to.block(f"dtype={name} is not a dtype of the graph", "use int64, float64 or float32")
    return str(name)


def _weighted(estimator: Any, value: Value, to: Export, counts: bool) -> Value:
    """1 + ln of each count if asked, times idf_, over the norm (TfidfTransformer.transform).

    Args:
        counts: whether the numbers are counts for sure: weights of others can leave the finite
            numbers, which scikit-learn's normalisation refuses.
    """
    if not value.type.dtype.startswith("float"):
        value = to.cast(value, "float64")
    if estimator.sublinear_tf:
        grown = to.binary("add", to.unary("log", value), 1)
        value = to.where(to.binary("not_equal", value, 0), grown, 0)
    if estimator.use_idf:
        idf = np.asarray(estimator.idf_)
        wide = np.result_type(value.type.dtype, idf.dtype).name
        scaled = to.binary("multiply", to.cast(value, wide), idf)
        value = to.cast(scaled, value.type.dtype)
    if estimator.norm is not None:
        value = to.add(Normalize(estimator.norm), value if counts else to.finite(value))
    return value
