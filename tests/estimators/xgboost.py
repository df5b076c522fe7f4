"""XGBoost's scikit-learn estimators; `test_xgboost*.py` hold every option."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier, XGBRFRegressor

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    small = {"n_estimators": 5, "max_depth": 3}
    for data in ("two classes", "three classes", "classes with missing"):
        yield Case("XGBClassifier", XGBClassifier(**small), data)
        yield Case("XGBRFClassifier", XGBRFClassifier(**small), data)
    yield Case("XGBClassifier(dart)", XGBClassifier(booster="dart", **small), "two classes")
    for data in ("regression", "regression with missing", "two targets"):
        yield Case("XGBRegressor", XGBRegressor(**small), data)
        yield Case("XGBRFRegressor", XGBRFRegressor(**small), data)
    yield Case("XGBRegressor(gblinear)", XGBRegressor(booster="gblinear", **small), "regression")
    for objective in ("count:poisson", "reg:gamma", "reg:tweedie"):
        yield Case(
            f"XGBRegressor({objective})",
            XGBRegressor(objective=objective, **small),
            "positive targets",
        )
    words = (OneHotEncoder(handle_unknown="ignore"), ["city", "kind"])
    columns = make_column_transformer(words, ("passthrough", ["age"]), sparse_threshold=1)
    for booster in ("gbtree", "gblinear"):
        model = XGBClassifier(booster=booster, **small)
        yield Case(f"{booster} behind sparse columns", make_pipeline(columns, model), "mixed")
    counts = make_pipeline(CountVectorizer(), XGBClassifier(**small))
    yield Case("XGBClassifier behind counts of words", counts, "texts")
