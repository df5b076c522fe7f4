"""sklearn.feature_selection."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn import feature_selection as fs
from sklearn import linear_model as lm
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for selector in (
        fs.GenericUnivariateSelect(mode="k_best", param=2),
        fs.GenericUnivariateSelect(mode="percentile", param=60),
        fs.GenericUnivariateSelect(mode="fpr", param=0.5),
        fs.SelectFdr(alpha=0.9),
        fs.SelectFpr(alpha=0.5),
        fs.SelectFwe(alpha=0.9),
        fs.SelectKBest(k=1),
        fs.SelectKBest(k="all"),
        fs.SelectPercentile(percentile=60),
        fs.SelectFromModel(lm.LogisticRegression(), threshold="median"),
        fs.SelectFromModel(RandomForestClassifier(5, random_state=0), max_features=2),
        fs.SequentialFeatureSelector(lm.LogisticRegression(), n_features_to_select=2, cv=2),
        fs.SequentialFeatureSelector(
            DecisionTreeClassifier(random_state=0), direction="backward", cv=2
        ),
    ):
        for data in ("two classes", "three classes", "text labels"):
            yield Case(repr(selector), selector, data)
    yield Case("VarianceThreshold", fs.VarianceThreshold(0.5), "numbers")
    yield Case("VarianceThreshold", fs.VarianceThreshold(0.5), "missing")
    yield Case("VarianceThreshold", fs.VarianceThreshold(), "float32")
    yield Case("f_regression", fs.SelectKBest(fs.f_regression, k=2), "regression")
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    for data in ("two classes", "three classes", "text labels", "bool labels"):
        for model in (lm.LogisticRegression(), tree):
            yield Case(f"RFE({model})", fs.RFE(model, n_features_to_select=2), data)
            yield Case(f"RFECV({model})", fs.RFECV(model, cv=2), data)
    yield Case("RFE tree with missing", fs.RFE(tree), "classes with missing")
    yield Case("RFE regression", fs.RFE(DecisionTreeRegressor(max_depth=4)), "regression")
    yield Case("RFE of ridge", fs.RFE(lm.Ridge(), step=0.5), "regression float32")
    chosen = make_pipeline(
        StandardScaler(),
        fs.VarianceThreshold(),
        fs.SelectFromModel(lm.Ridge(), threshold=-np.inf, max_features=3),
        fs.RFE(lm.Ridge(), n_features_to_select=1),
    )
    yield Case("selectors in a row", chosen, "regression")
