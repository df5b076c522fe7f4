"""sklearn.dummy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for strategy in ("most_frequent", "prior"):
        for data in (
            *("two classes", "three classes", "text labels", "bool labels", "float labels"),
            "two label columns",
        ):
            dummy = make_pipeline(StandardScaler(), DummyClassifier(strategy=strategy))
            yield Case(f"DummyClassifier({strategy})", dummy, data)
    for constant, data in (
        (1, "two classes"),
        ("low", "text labels"),
        ([2, 5], "two label columns"),
    ):
        fixed = DummyClassifier(strategy="constant", constant=constant)
        yield Case(f"DummyClassifier({constant})", fixed, data)
    pair = [("a", DummyClassifier()), ("b", DecisionTreeClassifier(max_depth=3))]
    yield Case("VotingClassifier(dummy)", VotingClassifier(pair, voting="soft"), "text labels")
    for regressor in (
        DummyRegressor(),
        DummyRegressor(strategy="median"),
        DummyRegressor(strategy="quantile", quantile=0.3),
    ):
        for data in ("regression", "two targets"):
            yield Case(repr(regressor), regressor, data)
    yield Case("DummyRegressor(7)", DummyRegressor(strategy="constant", constant=7), "regression")
    several = DummyRegressor(strategy="constant", constant=np.array([1.5, 2.0]))
    yield Case("DummyRegressor([1.5, 2])", several, "two targets")
