"""The demo's three models, each on a real dataset that scikit-learn brings along.

scikit-learn bundles no table of mixed types, so `wine` is made into one: two of its measured
columns are put into bands with names, and every fifth or seventh cell is taken away. The
measurements and the labels stay the real ones. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier


class Case(NamedTuple):
    """A fitted pipeline and rows it has not seen.

    Attributes:
        name: of its files.
        title: for people.
        pipeline: fitted.
        rows: the test rows, a DataFrame.
        method: the output whose speed is measured.
    """

    name: str
    title: str
    pipeline: Any
    rows: Any
    method: str


def breast_cancer() -> Case:
    """30 measurements of cell nuclei, 2 classes; XGBoost, 100 trees of depth 6."""
    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    scaled = [name for name in x.columns if name.startswith("mean")]
    prepare = ColumnTransformer([("scale", StandardScaler(), scaled)], remainder="passthrough")
    model = XGBClassifier(n_estimators=100, max_depth=6, n_jobs=1)
    return _fitted(
        "breast_cancer",
        "Breast cancer: ColumnTransformer + XGBClassifier",
        Pipeline([("prepare", prepare), ("model", model)]),
        x,
        y,
        "predict_proba",
    )


def diabetes() -> Case:
    """10 measurements, a number to predict; a random forest of 100 trees."""
    x, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    model = RandomForestRegressor(100, max_depth=8, random_state=0)
    return _fitted(
        "diabetes",
        "Diabetes: StandardScaler + RandomForestRegressor",
        Pipeline([("scale", StandardScaler()), ("model", model)]),
        x,
        y,
        "predict",
    )


def wine() -> Case:
    """Numbers and text with missing cells, 3 named classes; imputers, one-hot, logistic."""
    data = load_wine(as_frame=True)
    x, y = _mixed(data.data), data.target_names[data.target]
    text = ["colour", "proline"]
    numbers = [name for name in x.columns if name not in text]
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            (
                "text",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
                ),
                text,
            ),
        ]
    )
    model = LogisticRegression(max_iter=1000)
    return _fitted(
        "wine",
        "Wine, mixed types: imputers, OneHotEncoder + LogisticRegression",
        Pipeline([("prepare", prepare), ("model", model)]),
        x,
        y,
        "predict_proba",
    )


CASES: dict[str, Callable[[], Case]] = {
    "breast cancer": breast_cancer,
    "diabetes": diabetes,
    "wine": wine,
}


def _mixed(measured: Any) -> Any:
    x = measured.drop(columns=["color_intensity", "proline"])
    bands = {
        "colour": pd.qcut(measured["color_intensity"], 4, labels=["pale", "light", "deep", "dark"]),
        "proline": pd.qcut(measured["proline"], 3, labels=["low", "medium", "high"]),
    }
    for name, band in bands.items():
        x[name] = band.astype(object)
    x.loc[::5, "alcohol"] = np.nan
    x.loc[1::7, "flavanoids"] = np.nan
    x.loc[2::7, "colour"] = np.nan
    return x


def _fitted(name: str, title: str, pipeline: Any, x: Any, y: Any, method: str) -> Case:
    train, test, labels, _ = train_test_split(x, y, test_size=0.4, random_state=0)
    return Case(name, title, pipeline.fit(train, labels), test.reset_index(drop=True), method)
