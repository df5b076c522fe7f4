"""sklearn.preprocessing: scalers and encoders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from .case import Case

NAN = float("nan")


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _scalers()
    yield from _encoders()


def _scalers() -> Iterator[Case]:
    for scaler in (
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler(),
        MinMaxScaler((-2, 3), clip=True),
        MaxAbsScaler(),
        RobustScaler(),
        RobustScaler(with_centering=False),
        RobustScaler(with_scaling=False, quantile_range=(10, 90)),
    ):
        for data in ("numbers", "missing", "float32"):
            yield Case(repr(scaler), scaler, data)
    for other in (
        Normalizer("l1"),
        Normalizer("l2"),
        Normalizer("max"),
        Binarizer(threshold=0.25),
        FunctionTransformer(),
        FunctionTransformer(np.log1p, validate=True),
        FunctionTransformer(np.sqrt),
        FunctionTransformer(np.abs),
        FunctionTransformer(np.tanh),
    ):
        yield Case(repr(other), other, "positive")
    yield Case("Binarizer(0.1)", Binarizer(threshold=0.1), "float32")


def _encoders() -> Iterator[Case]:
    options: list[dict[str, Any]] = [
        {},
        {"handle_unknown": "ignore"},
        {"handle_unknown": "infrequent_if_exist", "min_frequency": 4},
        {"handle_unknown": "infrequent_if_exist", "max_categories": 2},
        {"handle_unknown": "ignore", "max_categories": 3},
        {"drop": "first"},
        {"drop": "if_binary"},
        {"drop": "first", "handle_unknown": "ignore"},
        {"drop": "first", "handle_unknown": "infrequent_if_exist", "min_frequency": 4},
        {"sparse_output": False, "dtype": np.float32},
        {"dtype": np.int64, "handle_unknown": "ignore"},
        {"dtype": bool},
    ]
    for option in options:
        for data in ("words", "words with None", "whole numbers", "numbers with NaN", "booleans"):
            yield Case(f"OneHotEncoder({option})", OneHotEncoder(**option), data)
    ordinal: list[dict[str, Any]] = [
        {},
        {"handle_unknown": "use_encoded_value", "unknown_value": -1},
        {"handle_unknown": "use_encoded_value", "unknown_value": NAN},
        {"encoded_missing_value": -2},
        {"min_frequency": 4, "handle_unknown": "use_encoded_value", "unknown_value": 99},
        {"max_categories": 3, "dtype": np.float32},
    ]
    for option in ordinal:
        for data in ("words", "words with None", "whole numbers", "numbers with NaN", "booleans"):
            yield Case(f"OrdinalEncoder({option})", OrdinalEncoder(**option), data)
