"""What compositions refuse, and that they do it by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import linear_model as lm
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from scorebundle.bundle import Blocker
from scorebundle.exporters import check, export_bundle
from scorebundle.runtime import Runtime

from .data import DATA

X, Y = DATA["three classes"]()
TREE = DecisionTreeClassifier(max_depth=3)


class Odd(DecisionTreeClassifier):  # type: ignore[misc]
    """A subclass that nobody exports."""


def blockers(estimator: Any, target: Any = Y) -> list[Blocker]:
    return list(check(estimator.fit(X, target), X=X).blockers)


@pytest.mark.parametrize(
    "estimator",
    [
        VotingClassifier([("good", TREE), ("odd", Odd())]),
        StackingClassifier([("good", TREE), ("odd", Odd())], cv=2),
        make_pipeline(StandardScaler(), VotingClassifier([("odd", Odd())])),
    ],
    ids=["voting", "stacking", "pipeline"],
)
def test_the_member_without_exporter_is_named(estimator: Any) -> None:
    (blocker,) = blockers(estimator)
    assert blocker.step.endswith("odd")
    assert "Odd has no exporter" in blocker.problem


@pytest.mark.parametrize(
    "estimator, problem",
    [
        (DummyClassifier(strategy="uniform"), "strategy='uniform' draws at random"),
        (DummyClassifier(strategy="stratified"), "strategy='stratified' draws at random"),
        (
            VotingClassifier([("a", TREE), ("b", TREE)], weights=[1, -1]),
            "negative weights in a hard vote",
        ),
        (GridSearchCV(TREE, {}, refit=False, cv=2), "refit=False leaves no best_estimator_"),
        (BaggingClassifier(Odd(), n_estimators=2), "Odd has no exporter"),
        (AdaBoostClassifier(Odd(max_depth=1), n_estimators=2), "Odd has no exporter"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseEstimator) else "",
)
def test_refusals(estimator: Any, problem: str) -> None:
    assert any(problem in blocker.problem for blocker in blockers(estimator))


def test_a_vote_of_three_dimensions_is_no_step() -> None:
    vote = VotingClassifier([("a", TREE)], voting="soft", flatten_transform=False).fit(X, Y)
    assert "transform" not in [output.name for output in export_bundle(vote).graph.outputs]


def test_labels_of_members_are_those_of_the_whole() -> None:
    """Members know positions; what comes out are the classes, of their own dtype."""
    words = np.array(["x", "yy", "zzz"])[Y]
    for each in (
        VotingClassifier([("a", TREE), ("b", lm.LogisticRegression())]),
        StackingClassifier([("a", TREE)], XGBClassifier(n_estimators=2), cv=2),
        BaggingClassifier(n_estimators=2, random_state=0),
    ):
        runtime = Runtime.load(export_bundle(each.fit(X, words)).to_bytes())
        np.testing.assert_array_equal(runtime.predict(X), each.predict(X))


def test_a_search_in_a_pipeline_has_no_outputs_of_its_own() -> None:
    search = GridSearchCV(XGBClassifier(n_estimators=2), {}, cv=2)
    bundle = export_bundle(make_pipeline(StandardScaler(), search).fit(X, Y))
    assert {output.name for output in bundle.graph.outputs} == {"predict", "predict_proba"}


def test_isotonic_regression_is_no_step() -> None:
    """Its transform has one dimension, which no step of scikit-learn takes."""
    x, y = DATA["one column"]()
    union = FeatureUnion([("i", IsotonicRegression()), ("s", StandardScaler())])
    (blocker,) = check(union.fit(x, y), X=x).blockers
    assert "IsotonicRegression does not transform" in blocker.problem
