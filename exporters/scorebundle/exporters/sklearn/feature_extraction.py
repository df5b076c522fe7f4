"""sklearn.feature_extraction: rows that are dicts.

A bundle of a DictVectorizer takes the dicts' keys as columns: `city` for the features city=Oslo,
city=Moss, …, and `age` for the feature age. A number has to be given (0 says what an absent key
says); a missing word is no feature.

A bundle of a FeatureHasher takes one column of collections, called `features` where the hasher is
alone or first in a pipeline, as its rows have any keys.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer, FeatureHasher

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Items, OneHot
from scorebundle.bundle.types import MAX_WIDTH

from ..columns import Columns, Raw
from ..export import Export
from ..registry import Front, Outputs, exports, takes


@takes(DictVectorizer)
def dicts(estimator: Any) -> Front:
    """The keys that features are named after, in their order."""
    return Front("dicts", tuple(_features_by_key(estimator)))


def _features_by_key(estimator: Any) -> dict[str, list[tuple[str | None, int]]]:
    """Per key, its words (None: it is a number) and their columns."""
    keys: dict[str, list[tuple[str | None, int]]] = {}
    for name, column in estimator.vocabulary_.items():
        key, separator, word = str(name).partition(estimator.separator)
        keys.setdefault(key, []).append((word if separator else None, column))
    return keys


@exports(DictVectorizer)
def dict_vectorizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """One column per number, and one per word of a key."""
    dtype = np.dtype(estimator.dtype).name
    if dtype not in ("float32", "float64"):
        to.block(f"dtype={dtype} is not a float", "use float64 or float32")
    items = {item.name: item for item in x if isinstance(item, Raw)}
    parts: list[Value] = []
    order: list[int] = []
    for key, features in _features_by_key(estimator).items():
        if key not in items:
            to.block(
                f"there is no column of its key {key!r}", "use it alone, or first in a pipeline"
            )
        words = [word for word, _ in features if word is not None]
        if words and len(words) < len(features):
            to.block(f"key {key!r} holds numbers and words", "give them keys of their own")
        order += [column for _, column in features]
        if words:
            parts.append(to.add(OneHot(len(words), dtype), to.codes(items[key], words)))
        else:
            parts.append(to.cast(to.raw_numbers([items[key]]), dtype))
    value = to.select(to.concat(parts), np.argsort(order).tolist())
    return {"transform": Columns.of(to, value, bool(estimator.sparse))}


@takes(FeatureHasher)
def collections(estimator: Any) -> Front:
    """One column of collections: maps, lists of pairs, or lists of texts."""
    return Front("column", ("features",))


CELLS = {"dict": "mapping", "pair": "pairs", "string": "items"}


@exports(FeatureHasher)
def feature_hasher(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Sums of the values by their features' hashes."""
    dtype = np.dtype(estimator.dtype).name
    if dtype not in ("float32", "float64", "int64"):
        to.block(f"dtype={dtype} is not a dtype of the graph", "use float64, float32 or int64")
    if estimator.n_features > MAX_WIDTH:
        to.block(f"n_features is more than {MAX_WIDTH}", "use fewer")
    op = Items(
        column=to.items(x),
        cells=CELLS[estimator.input_type],
        vocabulary=(),
        hashed=int(estimator.n_features),
        signed=bool(estimator.alternate_sign),
        binary=False,
        dtype=dtype,
    )
    # Whether scipy sorts a row, and so the order of its sums, depends on the other rows.
    to.alone = to.alone or op.weighted
    return {"transform": Columns.of(to, to.add(op), sparse=True)}
