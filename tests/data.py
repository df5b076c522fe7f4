"""Data sets that the estimators are fitted on: small, awkward, reproducible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

Data = tuple[Any, Any]
ROWS = 60


def _random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _numbers() -> Any:
    x = _random().normal(size=(ROWS, 4)) * [1, 10, 0.01, 1e4]
    x[::7, 1] = 0.0
    return x


def _with_missing(x: Any) -> Any:
    x = x.copy()
    x[_random(5).random(x.shape) < 0.15] = np.nan
    return x


def _target(x: Any) -> Any:
    return (
        np.nan_to_num(x[:, 0]) * 3
        + np.sin(np.nan_to_num(x[:, 1]))
        + _random(1).normal(size=len(x)) / 9
    )


def _classes(count: int) -> Any:
    target = _target(_numbers())
    return np.digitize(target, np.quantile(target, np.linspace(0, 1, count + 1)[1:-1]))


def _words(missing: Any) -> Any:
    random = _random(2)
    a = random.choice(["red", "green", "blue", "b\u00e9ige", ""], ROWS).astype(object)
    b = random.choice(["yes", "no"], ROWS).astype(object)
    c = random.choice(["x"] * 20 + ["y", "z", "w"], ROWS).astype(object)
    if missing is not False:
        a[::9] = missing
        c[1::11] = missing
    return np.stack([a, b, c], axis=1)


def _mixed() -> Any:
    random = _random(3)
    frame = pd.DataFrame(
        {
            "age": random.integers(1, 90, ROWS).astype(float),
            "fare": random.gamma(2, 20, ROWS),
            "city": random.choice(["Oslo", "Bergen", "Troms\u00f8"], ROWS),
            "kind": random.choice(["a", "b"], ROWS),
            "note": random.choice(["unused", "text"], ROWS),
        }
    )
    frame.loc[::8, "age"] = np.nan
    frame["city"] = frame["city"].astype(object)
    frame.loc[::9, "city"] = np.nan
    return frame


def _numbers_with_nan() -> Any:
    x = _random(4).choice([0.1, 0.2, 0.30000000000000004, 2.0, -3.0], (ROWS, 2))
    x[::8, 0] = np.nan
    return x


def _codes() -> Any:
    x = _numbers()
    x[:, 0] = _random(6).integers(0, 40, ROWS)
    x[:, 2] = _random(7).integers(0, 3, ROWS)
    x[::10, 0] = np.nan
    return x


def _categorical_frame() -> Any:
    frame = _mixed()[["age", "city", "kind"]]
    return frame.astype({"city": "category", "kind": "category"})


def _minus_one() -> Any:
    x = _numbers()
    x[::5, 2] = -1
    return x


def _one_missing_column() -> Any:
    x = _numbers()
    x[::6, 1] = np.nan
    return x


def _rows_of_nothing() -> Any:
    x = _with_missing(_numbers())
    x[::10] = np.nan
    return x


def _empty_column() -> Any:
    x = _with_missing(_numbers())
    x[:, 2] = np.nan
    return x


def _counts() -> Any:
    return _random(11).poisson([0.5, 1, 3, 6], (ROWS, 4)).astype(float)


def _grid() -> Any:
    return _random(11).integers(0, 3, (ROWS, 3)).astype(float)


def _copies() -> Any:
    return np.repeat(_numbers()[:12], ROWS // 12, axis=0)


def _coordinates() -> Any:
    return _random(12).uniform(-1.5, 1.5, (ROWS, 2))


def _flags() -> Any:
    return (_random(13).random((ROWS, 6)) < 0.4).astype(float)


def _several_labels() -> Any:
    x = _numbers()
    return np.stack([x[:, 0] > 0.5, x[:, 1] + x[:, 0] > 0, _target(x) > 1], axis=1).astype(int)


def _partly(y: Any) -> Any:
    return np.where(_random(11).random(len(y)) < 0.4, -1, y)


def _one_column() -> Any:
    x = np.round(_random(11).normal(size=ROWS), 1)
    return x[:, None], x + _random(12).normal(size=ROWS) / 2


TEXTS = (
    "The quick brown fox jumps over the lazy dog",
    "the THE The: a caf\u00e9, the Cafe\u0301!",
    "don't stop; it's 3.14 or 42% of the_total",
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u0438 \u0401\u043b\u043a\u0430",
    "\u4f60\u597d \u4e16\u754c hello world",
    "\u0391\u03bb\u03c6\u03b1 \u03bf\u03b4\u03cc\u03c2 \u039f\u0394\u039f\u03a3",
    "  tabs\tand\n\nlines   ",
    "stra\u00dfe STRASSE \u0130stanbul",
    "",
    "dog dog dog fox",
)


def _texts() -> Any:
    random = _random(13)
    picked = random.integers(0, len(TEXTS), (ROWS, 2))
    return [f"{TEXTS[a]} {TEXTS[b]}" if a != 8 else TEXTS[b] for a, b in picked]


def _texts_and_numbers() -> Any:
    return pd.DataFrame({"note": _texts(), "age": _numbers()[:, 0], "other": 1.0})


def _dicts() -> Any:
    random = _random(14)
    return [
        {
            "city": str(random.choice(["Oslo", "Moss", "Bod\u00f8"])),
            "age": float(random.integers(1, 90)),
            "kind": str(random.choice(["", "b=c"])),
        }
        for _ in range(ROWS)
    ]


def _above_zero() -> Any:
    return np.abs(_numbers()) + 0.01


def _constant_column() -> Any:
    x = _numbers()
    x[:, 2] = 3.5
    return x


def _correlated() -> Any:
    random = _random(10)
    return random.normal(size=(ROWS, 2)) @ random.normal(size=(2, 5)) + _noise((ROWS, 5))


def _noise(shape: tuple[int, ...]) -> Any:
    return _random(11).normal(size=shape) / 4


def _degenerate() -> Any:
    x = _correlated()
    x[:, 3] = x[:, 0] + x[:, 1]
    return x


def _constant_feature() -> Any:
    x = _correlated()
    x[:, 3] = 2.0
    return x


def _word_counts() -> Any:
    return _random(12).poisson([0.5, 1, 2, 3, 5, 0.2], (ROWS, 6))


def _noisy_counts() -> Any:
    return _word_counts() + _random(15).random((ROWS, 6)) / 8


def _sparse(x: Any) -> Any:
    return csr_matrix(np.where(np.abs(x) < 0.7, 0, x))


def _collections(seed: int) -> list[list[str]]:
    """Lists of words in several scripts; some are empty, some hold a word twice."""
    random = _random(seed)
    words = [
        "dog",
        "Dog",
        "caf\u00e9",
        "\u4e16\u754c",
        "\u043c\u0438\u0440",
        "",
        "a=b",
        "\U0001f600",
    ]
    sizes = random.choice([0, 1, 2, 3, 5, 25], ROWS)
    return [[words[i] for i in random.integers(0, len(words), size)] for size in sizes]


def _values(seed: int, size: int) -> list[Any]:
    random = _random(seed)
    values = [1, 2.5, -0.1, True, 0, 1e-3, "red", "blue", -7, 0.3]
    return [values[i] for i in random.integers(0, len(values), size)]


def _maps() -> list[dict[str, Any]]:
    rows = enumerate(_collections(16))
    return [dict(zip(words, _values(row, len(words)), strict=True)) for row, words in rows]


def _pairs() -> list[list[tuple[str, Any]]]:
    rows = enumerate(_collections(17))
    return [list(zip(words, _values(row, len(words)), strict=True)) for row, words in rows]


def _pairs_of_labels() -> list[list[Any]]:
    """Texts, whole numbers, floats and booleans."""
    return [[value for _, value in row] for row in _pairs()]


def _maps_and_numbers() -> Any:
    tags = pd.Series([set(words) for words in _collections(19)])
    columns = {"more": _maps(), "age": _random(18).integers(1, 90, ROWS) * 1.0, "tags": tags}
    return pd.DataFrame(columns)


def _label_columns() -> Any:
    return np.stack([Y2, _random(13).integers(0, 2, ROWS), np.arange(ROWS) % 2], axis=1)


Y2 = _classes(2)
Y3 = _classes(3)

DATA: dict[str, Callable[[], Data]] = {
    "numbers": lambda: (_numbers(), None),
    "float32": lambda: (_numbers().astype(np.float32), None),
    "positive": lambda: (np.abs(_numbers()), None),
    "missing": lambda: (_with_missing(_numbers()), None),
    "empty column": lambda: (_empty_column(), None),
    "one missing column": lambda: (_one_missing_column(), None),
    "minus one": lambda: (_minus_one(), None),
    "letters": lambda: (_words(False), None),
    "words": lambda: (_words(np.nan), None),
    "words with None": lambda: (_words(None), None),
    "whole numbers": lambda: (_random(8).integers(-2, 4, (ROWS, 2)), None),
    "numbers with NaN": lambda: (_numbers_with_nan(), None),
    "booleans": lambda: (_random(9).random((ROWS, 2)) < 0.4, None),
    "regression": lambda: (_numbers(), _target(_numbers())),
    "regression float32": lambda: (_numbers().astype(np.float32), _target(_numbers())),
    "regression with missing": lambda: (_with_missing(_numbers()), _target(_numbers())),
    "positive targets": lambda: (_numbers(), np.abs(_target(_numbers())) + 0.1),
    "two targets": lambda: (_numbers(), np.stack([_target(_numbers()), _numbers()[:, 1]], axis=1)),
    "two classes": lambda: (_numbers(), Y2),
    "three classes": lambda: (_numbers(), Y3),
    "classes with missing": lambda: (_with_missing(_numbers()), Y3),
    "text labels": lambda: (_numbers(), np.array(["low", "middle", "h\u00f8y"])[Y3]),
    "text labels of two": lambda: (_numbers(), np.array(["no", "yes"], object)[Y2]),
    "bool labels": lambda: (_numbers(), Y2.astype(bool)),
    "float labels": lambda: (_numbers(), np.array([0.0, 1.0, 7.0])[Y3]),
    "two label columns": lambda: (_numbers(), np.stack([Y3, Y2 + 5], axis=1)),
    "counts": lambda: (_counts(), Y3),
    "counts of two classes": lambda: (_counts(), np.array(["no", "yes"])[Y2]),
    "counts float32": lambda: (_counts().astype(np.float32), Y3),
    "counts as integers": lambda: (_counts().astype(np.int64), Y3),
    "sparse counts": lambda: (csr_matrix(_counts()), Y3),
    "five classes": lambda: (_numbers(), _classes(5)),
    "square": lambda: (_random(13).normal(size=(6, 6)), None),
    "square float32": lambda: (_random(13).normal(size=(6, 6)).astype(np.float32), None),
    "one class": lambda: (_counts(), np.full(ROWS, "only")),
    "three classes float32": lambda: (_numbers().astype(np.float32), Y3),
    "two classes float32": lambda: (_numbers().astype(np.float32), Y2),
    "small integers": lambda: (_random(12).integers(-9, 10, (ROWS, 3)), Y3),
    "booleans with classes": lambda: (_random(9).random((ROWS, 3)) < 0.4, Y3),
    "classes float32": lambda: (_numbers().astype(np.float32), Y3),
    "grid": lambda: (_grid(), Y3),
    "whole grid": lambda: (_grid().astype(np.int64), Y3),
    "copies": lambda: (_copies(), Y3),
    "coordinates": lambda: (_coordinates(), Y3),
    "flags": lambda: (_flags(), Y3),
    "one feature": lambda: (_numbers()[:, :1], Y3),
    "whole targets": lambda: (_grid(), _random(14).integers(-3, 9, ROWS)),
    "float32 targets": lambda: (_grid(), _target(_numbers()).astype(np.float32)),
    "scaled numbers": lambda: (_numbers() / [1, 10, 0.01, 1e4], None),
    "one scale": lambda: (_random(15).uniform(-3, 3, (ROWS, 5)), None),
    "scaled and missing": lambda: (_with_missing(_numbers() / [1, 10, 0.01, 1e4]), None),
    "scaled empty column": lambda: (_empty_column() / [1, 10, 0.01, 1e4], None),
    "some labels": lambda: (_numbers() / [1, 10, 0.01, 1e4], np.where(np.arange(ROWS) % 3, -1, Y3)),
    "grid with some labels": lambda: (_grid(), np.where(np.arange(ROWS) % 3, -1, Y3)),
    "several labels": lambda: (_numbers(), _several_labels()),
    "constant labels": lambda: (_numbers(), _several_labels() * [1, 0, 0] + [0, 0, 1]),
    "one target column": lambda: (_numbers(), _target(_numbers())[:, np.newaxis]),
    "two targets float32": lambda: (_numbers().astype(np.float32), DATA["two targets"]()[1]),
    "partly labelled": lambda: (_numbers(), _partly(Y2)),
    "partly labelled three": lambda: (_numbers(), _partly(Y3)),
    "one column": _one_column,
    "one column float32": lambda: tuple(part.astype(np.float32) for part in _one_column()),
    "one number": lambda: (np.full((ROWS, 1), 2.5), _target(_numbers())),
    "texts": lambda: (_texts(), Y2),
    "texts and numbers": lambda: (_texts_and_numbers(), Y2),
    "dicts": lambda: (_dicts(), _target(_numbers())),
    "maps": lambda: (_maps(), Y2),
    "pairs": lambda: (_pairs(), Y2),
    "lists of words": lambda: (_collections(18), Y3),
    "maps and numbers": lambda: (_maps_and_numbers(), Y2),
    "sets of labels": lambda: ([set(words) for words in _collections(20)], None),
    "lists of labels": lambda: (_collections(21), None),
    "lists of numbers": lambda: ([[len(w) - 2 for w in row] for row in _collections(22)], None),
    "lists of anything": lambda: (_pairs_of_labels(), None),
    "labels": lambda: (_words(False)[:, 0].astype(str), None),
    "two labels": lambda: (_words(False)[:, 1].astype(str), None),
    "number labels": lambda: (_random(8).integers(-2, 4, ROWS), None),
    "bool column": lambda: (_random(9).random(ROWS) < 0.4, None),
    "whole numbers above 0": lambda: (_random(8).integers(0, 4, (ROWS, 5)), None),
    "above 0": lambda: (_above_zero(), None),
    "above 0 float32": lambda: (_above_zero().astype(np.float32), None),
    "constant column": lambda: (_constant_column(), None),
    "words and two classes": lambda: (_words(np.nan), Y2),
    "words and three classes": lambda: (_words(np.nan), np.array(["a", "b", "c"])[Y3]),
    "words and numbers": lambda: (_words(np.nan), _target(_numbers())),
    "mixed": lambda: (_mixed(), Y2),
    "codes": lambda: (_codes(), Y2),
    "categorical frame": lambda: (_categorical_frame(), _target(_numbers())),
    "one column alone": lambda: (_numbers()[:, :1], None),
    "correlated": lambda: (_correlated(), None),
    "correlated float32": lambda: (_correlated().astype(np.float32), None),
    "degenerate": lambda: (_degenerate(), None),
    "word counts": lambda: (_word_counts(), None),
    "unit float32": lambda: (_random(14).random((ROWS, 4)).astype(np.float32), None),
    "sparse numbers": lambda: (_sparse(_correlated()), None),
    "one feature and targets": lambda: (_numbers()[:, :1], _target(_numbers())),
    "regression int": lambda: (np.rint(_numbers()).astype(np.int64), _target(_numbers())),
    "sparse regression": lambda: (_sparse(_numbers()), _target(_numbers())),
    "positive targets float32": lambda: (
        _numbers().astype(np.float32),
        np.abs(_target(_numbers())) + 0.1,
    ),
    "small positive targets": lambda: (_correlated(), np.abs(_target(_numbers())) + 0.1),
    "one target in a matrix": lambda: (_numbers(), _target(_numbers())[:, np.newaxis]),
    "only one class": lambda: (_numbers(), np.full(ROWS, "only")),
    "three classes int": lambda: (np.rint(_numbers()).astype(np.int64), Y3),
    "sparse classes": lambda: (_sparse(_numbers()), Y3),
    "label columns": lambda: (_numbers(), _label_columns()),
    "missing float32": lambda: (_with_missing(_numbers()).astype(np.float32), None),
    "rows of nothing": lambda: (_rows_of_nothing(), None),
    "counts with noise": lambda: (_noisy_counts(), None),
    "counts with noise float32": lambda: (_noisy_counts().astype(np.float32), None),
    "word counts float32": lambda: (_word_counts().astype(np.float32), None),
    "sparse word counts": lambda: (csr_matrix(_word_counts()), None),
    "positive counts": lambda: (_word_counts() + 0.5, None),
    "positive counts float32": lambda: ((_word_counts() + 0.5).astype(np.float32), None),
    "constant feature": lambda: (_constant_feature(), None),
}
