"""sklearn.preprocessing: scalers and encoders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    LabelBinarizer,
    LabelEncoder,
    MaxAbsScaler,
    MinMaxScaler,
    MultiLabelBinarizer,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from .case import Case

NAN = float("nan")


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _scalers()
    yield from _encoders()
    yield from _functions()
    yield from _target_encoders()
    yield from _bins()
    yield from _distributions()
    yield from _polynomials()
    yield from _splines()
    for data in ("labels", "number labels", "bool column", "two labels"):
        yield Case("LabelEncoder", LabelEncoder(), data)
        yield Case("LabelBinarizer", LabelBinarizer(), data)
        yield Case("LabelBinarizer(-1, 2)", LabelBinarizer(neg_label=-1, pos_label=2), data)
    for data in ("sets of labels", "lists of labels", "lists of numbers"):
        yield Case("MultiLabelBinarizer", MultiLabelBinarizer(sparse_output=True), data)
    for classes in (["red", "blue", "not there"], [2.5, "blue", 1, -7], [True, False]):
        several = MultiLabelBinarizer(classes=classes)
        yield Case(f"MultiLabelBinarizer({classes})", several, "lists of anything")


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


def _ratios(X: Any) -> Any:
    return np.column_stack([X[:, 0] / (X[:, 1] + 1), X[:, 2] ** 2, np.log1p(X[:, 3])])


def _cleaned(X: Any, limit: float) -> Any:
    X = X.copy()
    X[limit < X] = limit
    X[:, 0] = np.sqrt(X[:, 0])
    return np.concatenate([X, np.isnan(X), np.where(X < 0.5, -1, X)], axis=1)


def _summed(X: Any) -> Any:
    total = X.sum(axis=1, keepdims=True)
    return np.hstack([X / total, total, np.clip(X, 0.1, 2.0), X.max(axis=1).reshape(-1, 1)])


def _binned(X: Any) -> Any:
    return np.digitize(X[:, [0, 2]], [0.1, 0.5, 1.0]).astype(float) % 2 + X[:, 1:2]


def _projected(X: Any) -> Any:
    return X @ np.array([[1.0, 2.0], [0.5, 0.0], [0.0, -1.0], [0.25, 0.125]])


def _interpolated(X: Any) -> Any:
    return np.interp(X[:, :2], [0.0, 0.5, 2.0], [1.0, 0.0, 7.0]) - np.round(X[:, 2:], 2)


def _by_name(frame: Any) -> Any:
    return np.column_stack([frame["age"] * 2, np.abs(frame["fare"] - 20), frame["age"] > 30])


def _note(frame: Any) -> Any:
    return frame["note"]


def _functions() -> Iterator[Case]:
    """Python functions, which are traced."""
    for function in (_ratios, _summed, _binned, _projected, _interpolated, lambda X: X[:, ::-1]):
        for data in ("positive", "float32"):
            name = f"FunctionTransformer of {function.__name__}"
            yield Case(name, FunctionTransformer(function), data)
    cleaned = FunctionTransformer(_cleaned, kw_args={"limit": 3.0})
    yield Case("FunctionTransformer(_cleaned)", cleaned, "missing")
    yield Case("FunctionTransformer by name", FunctionTransformer(_by_name), "mixed")
    first = FunctionTransformer(lambda X: X[:, 1])
    yield Case("FunctionTransformer of one column", first, "numbers")
    text = make_pipeline(FunctionTransformer(_note), TfidfVectorizer())
    yield Case("FunctionTransformer takes the text", text, "texts and numbers")


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


def _target_encoders() -> Iterator[Case]:
    for data in ("words and two classes", "words and three classes", "words and numbers"):
        for encoder in (TargetEncoder(), TargetEncoder(smooth=2.0)):
            yield Case(repr(encoder), encoder, data)


def _bins() -> Iterator[Case]:
    for encode in ("ordinal", "onehot", "onehot-dense"):
        for strategy in ("uniform", "quantile", "kmeans"):
            for data in ("numbers", "float32", "whole numbers"):
                bins = KBinsDiscretizer(3, encode=encode, strategy=strategy)
                yield Case(repr(bins), bins, data)
    bins = KBinsDiscretizer([2, 3, 5, 2], encode="onehot-dense", dtype=np.float32)
    yield Case("KBinsDiscretizer to float32", bins, "numbers")
    yield Case("KBinsDiscretizer of a constant", KBinsDiscretizer(3), "constant column")


def _distributions() -> Iterator[Case]:
    for data in ("numbers", "missing", "float32", "whole numbers", "constant column"):
        for output in ("uniform", "normal"):
            for count in (1, 10, 60):
                model = QuantileTransformer(n_quantiles=count, output_distribution=output)
                yield Case(f"QuantileTransformer({output}, {count})", model, data)
    sparse = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), QuantileTransformer(n_quantiles=5)
    )
    yield Case("QuantileTransformer of sparse", sparse, "letters")
    for data in ("numbers", "missing", "float32"):
        for standardize in (True, False):
            yield Case(
                f"PowerTransformer({standardize})", PowerTransformer(standardize=standardize), data
            )
    for data in ("above 0", "above 0 float32"):
        for standardize in (True, False):
            model = PowerTransformer("box-cox", standardize=standardize)
            yield Case(f"PowerTransformer(box-cox, {standardize})", model, data)


def _polynomials() -> Iterator[Case]:
    options: list[dict[str, Any]] = [
        {},
        {"degree": 0},
        {"degree": 1, "include_bias": False},
        {"degree": 4},
        {"degree": 5, "interaction_only": True},
        {"degree": (2, 3)},
        {"degree": (2, 3), "include_bias": False, "interaction_only": True},
        {"order": "F"},
    ]
    for option in options:
        for data in ("numbers", "float32", "whole numbers"):
            yield Case(f"PolynomialFeatures({option})", PolynomialFeatures(**option), data)
    for degree in (2, 3, 4):
        sparse = make_pipeline(
            OneHotEncoder(handle_unknown="ignore"),
            MaxAbsScaler(),
            PolynomialFeatures(degree, interaction_only=degree == 3),
        )
        yield Case(f"PolynomialFeatures({degree}) of sparse", sparse, "letters")


def _splines() -> Iterator[Case]:
    for extrapolation in ("constant", "linear", "continue", "periodic", "error"):
        for degree in (0, 1, 3):
            for data in ("numbers", "float32"):
                options: dict[str, Any] = {"degree": degree, "extrapolation": extrapolation}
                model = SplineTransformer(n_knots=5, **options)
                yield Case(f"SplineTransformer({options})", model, data)
        sparse = SplineTransformer(extrapolation=extrapolation, sparse_output=True)
        yield Case(f"SplineTransformer({extrapolation}, sparse)", sparse, "numbers")
        if "handle_missing" in sparse.get_params():
            for kind in (False, True):
                if kind and extrapolation not in ("constant", "linear"):
                    continue
                zeros = SplineTransformer(
                    extrapolation=extrapolation, handle_missing="zeros", sparse_output=kind
                )
                yield Case(f"SplineTransformer({extrapolation}, zeros, {kind})", zeros, "missing")
    for other in (
        SplineTransformer(knots="quantile", include_bias=False),
        SplineTransformer(knots=np.array([[-2.0] * 4, [0.0] * 4, [0.5] * 4, [3.0] * 4]), degree=2),
    ):
        yield Case(f"SplineTransformer(knots={other.knots!r:.10})", other, "numbers")
