"""sklearn.multioutput."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import linear_model as lm
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier, XGBRegressor

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for regressor in (
        lm.Ridge(),
        RandomForestRegressor(2, random_state=0),
        XGBRegressor(n_estimators=2),
    ):
        name = type(regressor).__name__
        yield Case(f"MultiOutputRegressor({name})", MultiOutputRegressor(regressor), "two targets")
        yield Case(f"RegressorChain({name})", RegressorChain(regressor), "two targets")
        turned = RegressorChain(regressor, order=[1, 0], cv=2)
        yield Case(f"RegressorChain({name}, order, cv)", turned, "two targets")
    chain32 = RegressorChain(make_pipeline(StandardScaler(), lm.Ridge()))
    yield Case("RegressorChain float32", chain32, "two targets float32")
    for classifier in (
        lm.LogisticRegression(),
        lm.RidgeClassifier(),
        DecisionTreeClassifier(max_depth=3, random_state=0),
        make_pipeline(StandardScaler(), RandomForestClassifier(2, random_state=0)),
        XGBClassifier(n_estimators=2),
    ):
        name = type(classifier).__name__
        several = MultiOutputClassifier(classifier)
        yield Case(f"MultiOutputClassifier({name})", several, "several labels")
        if name != "XGBClassifier":
            yield Case(f"MultiOutputClassifier({name})", several, "two label columns")
        yield Case(f"ClassifierChain({name})", ClassifierChain(classifier), "several labels")
        turned = ClassifierChain(classifier, order="random", random_state=3, cv=2)
        yield Case(f"ClassifierChain({name}, random, cv)", turned, "several labels")
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        chain = ClassifierChain(lm.LogisticRegression(), chain_method=method, order=[2, 0, 1])
        yield Case(f"ClassifierChain({method})", chain, "several labels")
    yield Case("ClassifierChain", ClassifierChain(lm.LogisticRegression()), "two label columns")
