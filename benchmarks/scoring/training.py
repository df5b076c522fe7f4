"""How the models are trained: synthetic data, fixed seeds, one thread."""

from __future__ import annotations

from typing import Any

from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

from . import data

ROWS = 50_000


def boosted(
    trees: int,
    depth: int,
    *,
    classes: int = 2,
    columns: int = 28,
    rows: int = ROWS,
    tree_method: str = "hist",
) -> Any:
    """XGBoost on numbers with 2 % missing; `exact` gives nearly every split its own threshold."""
    rows = rows if columns < 500 else rows // 2
    X = data.numbers(rows, data.TRAIN, columns, missing=0.02)
    model = XGBClassifier(
        n_estimators=trees,
        max_depth=depth,
        learning_rate=0.1,
        tree_method=tree_method,
        n_jobs=1,
        random_state=0,
    )
    return model.fit(X, data.classes(X, classes))


def categorical() -> Any:
    """XGBoost that splits four columns of codes by sets of categories."""
    X = data.with_codes(ROWS, data.TRAIN, missing=0.02)
    y = data.classes(X) ^ ((X[:, 0] * 7 + X[:, 1]) % 5 < 2)
    kinds = ["c"] * 4 + ["q"] * (X.shape[1] - 4)
    model = XGBClassifier(
        n_estimators=100,
        max_depth=6,
        learning_rate=0.1,
        n_jobs=1,
        enable_categorical=True,
        feature_types=kinds,
        max_cat_to_onehot=4,
    )
    return model.fit(X, y)


def forest() -> Any:
    """Deep trees: grown until the leaves are pure."""
    X = data.numbers(20_000, data.TRAIN)
    return RandomForestClassifier(100, random_state=0, n_jobs=1).fit(X, data.classes(X))


def hist() -> Any:
    """scikit-learn's histogram boosting, on float64."""
    X = data.numbers(ROWS, data.TRAIN, missing=0.02).astype("f8")
    model = HistGradientBoostingClassifier(
        max_iter=300, max_leaf_nodes=31, early_stopping=False, random_state=0
    )
    return model.fit(X, data.classes(X))


def gradient() -> Any:
    """scikit-learn's first gradient boosting."""
    X = data.numbers(10_000, data.TRAIN)
    model = GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=0)
    return model.fit(X, data.classes(X))


def isolation() -> Any:
    """Anomaly scores."""
    X = data.numbers(20_000, data.TRAIN)
    return IsolationForest(n_estimators=100, random_state=0, n_jobs=1).fit(X)


def _columns() -> Any:
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), [f"n{i}" for i in range(8)]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["city", "kind", "colour"]),
    )


def mixed_logistic() -> Any:
    """Numbers and words into a linear model."""
    frame = data.mixed(10_000, data.TRAIN)
    pipeline = make_pipeline(_columns(), LogisticRegression(max_iter=1000))
    return pipeline.fit(frame, data.mixed_classes(frame))


def mixed_xgboost() -> Any:
    """Numbers and words into trees."""
    frame = data.mixed(10_000, data.TRAIN)
    trees = XGBClassifier(n_estimators=100, max_depth=6, n_jobs=1, random_state=0)
    return make_pipeline(_columns(), trees).fit(frame, data.mixed_classes(frame))


def tfidf() -> Any:
    """Documents into a linear model."""
    documents = data.texts(5_000, data.TRAIN)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    return model.fit(documents, data.text_classes(documents))


def mlp() -> Any:
    """A small neural network; how well it fits does not matter here."""
    X = data.numbers(10_000, data.TRAIN)
    model = MLPClassifier((64, 32), max_iter=10, random_state=0)
    return model.fit(X, data.classes(X))
