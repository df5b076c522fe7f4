"""Synthetic, seeded data. A change here trains all models anew."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]

TRAIN, TEST = 1, 2
"""Seeds: models never see the rows they are measured with."""

CITIES: Final = [f"city {number:02d}" for number in range(40)]
KINDS: Final = ["basic", "plus", "premium", "business"]
COLOURS: Final = ["red", "green", "blue", "black", "white", "grey"]
WORDS: Final = [f"word{number:04d}" for number in range(3000)]


def numbers(rows: int, seed: int, columns: int = 28, missing: float = 0.0) -> Array:
    """Normally distributed float32 numbers, some of them missing."""
    random = np.random.default_rng((seed, columns))
    found = random.standard_normal((rows, columns), np.float32)
    if missing:
        found[random.random(found.shape, np.float32) < missing] = np.nan
    return found


def with_codes(rows: int, seed: int, columns: int = 28, missing: float = 0.0) -> Array:
    """Numbers whose first four columns are category codes below 24."""
    found = numbers(rows, seed, columns, missing)
    random = np.random.default_rng((seed, 4))
    found[:, :4] = random.integers(0, 24, (rows, 4))
    return found


def classes(X: Array, count: int = 2) -> NDArray[np.int64]:
    """A target that trees need depth for: products, steps and noise over ten columns."""
    random = np.random.default_rng((len(X), count))
    x = np.nan_to_num(X[:, :10].astype(np.float64))
    wave = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + np.abs(x[:, 3]) + (x[:, 4] > 0.3) * x[:, 5]
    signal = wave + x[:, 6] * x[:, 7] * 0.5 + 0.3 * x[:, 8] + random.normal(0, 0.5, len(X))
    edges = np.quantile(signal, np.arange(1, count) / count)
    return np.searchsorted(edges, signal)


def mixed(rows: int, seed: int) -> pd.DataFrame:
    """Eight numbers with 2 % missing, and three columns of Python strings."""
    random = np.random.default_rng((seed, 11))
    X = random.standard_normal((rows, 8))
    X[random.random(X.shape) < 0.02] = np.nan
    frame = pd.DataFrame(X, columns=[f"n{i}" for i in range(8)])
    for name, words in (("city", CITIES), ("kind", KINDS), ("colour", COLOURS)):
        frame[name] = np.array(words, dtype=object)[random.integers(0, len(words), rows)]
        frame[name] = frame[name].astype(object)
    return frame


def mixed_classes(frame: pd.DataFrame) -> NDArray[np.int64]:
    """A binary target over numbers and words."""
    words = frame["city"].str.len() + (frame["kind"] == "plus") - (frame["colour"] == "red")
    signal = np.nan_to_num(frame[[f"n{i}" for i in range(4)]].to_numpy()).sum(axis=1)
    noise = np.random.default_rng(len(frame)).normal(size=len(frame))
    return np.asarray(signal + words - words.mean() + noise > 0, np.int64)


def texts(rows: int, seed: int) -> list[str]:
    """Documents of thirty words with a heavy-tailed vocabulary."""
    random = np.random.default_rng((seed, 30))
    drawn = np.minimum(random.zipf(1.3, (rows, 30)), len(WORDS)) - 1
    return [" ".join(WORDS[word] for word in document) for document in drawn]


def text_classes(documents: list[str]) -> NDArray[np.int64]:
    """Whether a document has an even number of a few words."""
    return np.array([sum(text.count(word) for word in WORDS[3:9]) % 2 for text in documents])
