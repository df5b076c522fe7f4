"""sklearn.ensemble: what is made of other estimators. Trees have a file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn import linear_model as lm
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

from .case import Case

LABELS = ("two classes", "three classes", "text labels", "bool labels", "float labels")


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _voting()
    yield from _stacking()
    yield from _bagging()
    yield from _ada_boost()
    yield from _isolation()


def classifiers() -> list[tuple[str, Any]]:
    """A few of different kinds."""
    return [
        ("a", make_pipeline(StandardScaler(), lm.LogisticRegression())),
        ("b", DecisionTreeClassifier(max_depth=4, random_state=0)),
        ("c", RandomForestClassifier(3, random_state=1)),
    ]


def regressors() -> list[tuple[str, Any]]:
    """A few of different kinds."""
    return [
        ("a", make_pipeline(MinMaxScaler(), lm.Ridge())),
        ("b", DecisionTreeRegressor(max_depth=4, random_state=0)),
        ("c", RandomForestRegressor(3, random_state=1)),
    ]


def _voting() -> Iterator[Case]:
    several = classifiers()
    for data in LABELS:
        yield Case("VotingClassifier(hard)", VotingClassifier(several), data)
        yield Case("VotingClassifier(soft)", VotingClassifier(several, voting="soft"), data)
    for voting in ("hard", "soft"):
        options: dict[str, Any] = {"voting": voting, "weights": [1, 2, 0.5]}
        yield Case(f"VotingClassifier({options})", VotingClassifier(several, **options), LABELS[1])
        left_out = VotingClassifier([*several[:2], ("x", "drop"), several[2]], voting=voting)
        left_out.set_params(weights=[1, 2, 7, 1])
        yield Case(f"VotingClassifier({voting}, drop)", left_out, LABELS[1])
    flat = VotingClassifier(several, voting="soft", flatten_transform=False)
    yield Case("VotingClassifier(flatten_transform=False)", flat, LABELS[1])
    boosted = [("x", XGBClassifier(n_estimators=3)), ("y", XGBClassifier(n_estimators=2))]
    yield Case("VotingClassifier(XGB)", VotingClassifier(boosted, voting="soft"), LABELS[1])
    mixed = [*boosted, ("z", lm.LogisticRegression())]
    yield Case("VotingClassifier(XGB + linear)", VotingClassifier(mixed, voting="soft"), LABELS[1])
    yield Case("VotingRegressor", VotingRegressor(regressors()), "regression")
    weighted = VotingRegressor(regressors(), weights=[3, 1, 0.25])
    yield Case("VotingRegressor(weights)", weighted, "regression")
    trees = [("x", XGBRegressor(n_estimators=3)), ("y", XGBRegressor(n_estimators=2))]
    yield Case("VotingRegressor(XGB)", VotingRegressor(trees), "regression")
    nested = VotingRegressor([("v", VotingRegressor(regressors())), ("r", lm.Ridge())])
    yield Case("VotingRegressor(nested)", nested, "regression")


def _stacking() -> Iterator[Case]:
    for data in LABELS:
        yield Case("StackingClassifier", StackingClassifier(classifiers(), cv=2), data)
    for method in ("predict", "predict_proba"):
        for passthrough in (False, True):
            stack = StackingClassifier(
                classifiers(), stack_method=method, passthrough=passthrough, cv=2
            )
            for data in LABELS[:2]:
                yield Case(f"StackingClassifier({method}, {passthrough})", stack, data)
    decided = [("a", lm.SGDClassifier(random_state=0)), ("b", lm.RidgeClassifier())]
    for final in (
        RandomForestClassifier(3, random_state=0),
        XGBClassifier(n_estimators=2),
        lm.RidgeClassifier(),
    ):
        stack = StackingClassifier(decided, final, cv=2)
        yield Case(f"StackingClassifier(final={type(final).__name__})", stack, LABELS[2])
    yield Case(
        "StackingClassifier(drop)", StackingClassifier([*decided, ("x", "drop")], cv=2), LABELS[2]
    )
    boosted = StackingClassifier([("x", XGBClassifier(n_estimators=2))], cv=2, passthrough=True)
    yield Case("StackingClassifier(XGB)", boosted, LABELS[0])
    several = StackingClassifier(
        [("t", DecisionTreeClassifier(max_depth=3)), ("f", RandomForestClassifier(2))],
        RandomForestClassifier(2, random_state=0),
        cv=2,
        stack_method="predict_proba",
    )
    yield Case("StackingClassifier(several labels)", several, "several labels")
    for passthrough in (False, True):
        stack = StackingRegressor(regressors(), cv=2, passthrough=passthrough)
        yield Case(f"StackingRegressor({passthrough})", stack, "regression")
    forest = StackingRegressor(regressors(), RandomForestRegressor(3, random_state=0), cv=2)
    yield Case("StackingRegressor(forest)", forest, "regression")


def _bagging() -> Iterator[Case]:
    options: dict[str, Any] = {"n_estimators": 4, "random_state": 0}
    for data in (*LABELS, "classes with missing"):
        yield Case("BaggingClassifier", BaggingClassifier(**options), data)
    subsets = {**options, "max_features": 0.5, "bootstrap_features": True}
    for base in (
        None,
        lm.LogisticRegression(),
        lm.RidgeClassifier(),
        RandomForestClassifier(2, random_state=0),
        make_pipeline(StandardScaler(), lm.LogisticRegression()),
        XGBClassifier(n_estimators=2),
    ):
        for data in LABELS[:2]:
            name = f"BaggingClassifier({type(base).__name__}, subsets)"
            yield Case(name, BaggingClassifier(base, **subsets), data)
    rare = BaggingClassifier(DecisionTreeClassifier(), max_samples=4, **options)
    yield Case("BaggingClassifier(unseen classes)", rare, LABELS[1])
    rare = BaggingClassifier(RandomForestClassifier(2), max_samples=4, **options)
    yield Case("BaggingClassifier(forest, unseen classes)", rare, LABELS[1])
    for base in (None, lm.Ridge(), make_pipeline(StandardScaler(), lm.Ridge())):
        bag = BaggingRegressor(base, **subsets)
        yield Case(f"BaggingRegressor({type(base).__name__})", bag, "regression")
    yield Case("BaggingRegressor", BaggingRegressor(**options), "regression with missing")
    yield Case("BaggingRegressor two targets", BaggingRegressor(lm.Ridge()), "two targets")
    yield Case("BaggingRegressor trees", BaggingRegressor(**options), "two targets")


def _ada_boost() -> Iterator[Case]:
    for base in (
        None,
        DecisionTreeClassifier(max_depth=3),
        lm.LogisticRegression(),
        RandomForestClassifier(2, random_state=0),
    ):
        ada = AdaBoostClassifier(base, n_estimators=6, random_state=0)
        for data in LABELS:
            yield Case(f"AdaBoostClassifier({type(base).__name__})", ada, data)
    for loss in ("linear", "square", "exponential"):
        ada_r = AdaBoostRegressor(n_estimators=9, loss=loss, random_state=0)
        yield Case(f"AdaBoostRegressor({loss})", ada_r, "regression")
    for base in (lm.Ridge(), XGBRegressor(n_estimators=3), RandomForestRegressor(2)):
        ada_r = AdaBoostRegressor(base, n_estimators=5, random_state=0)
        yield Case(f"AdaBoostRegressor({type(base).__name__})", ada_r, "regression")
    wrapped = MultiOutputRegressor(AdaBoostRegressor(n_estimators=4, random_state=0))
    yield Case("AdaBoostRegressor two targets", wrapped, "two targets")


def _isolation() -> Iterator[Case]:
    for data in ("numbers", "missing", "float32"):
        forest = IsolationForest(n_estimators=7, random_state=0)
        yield Case("IsolationForest", forest, data)
    for options in (
        {"contamination": 0.2, "max_features": 0.5},
        {"max_samples": 1},
        {"max_samples": 2},
        {"bootstrap": True},
    ):
        forest = IsolationForest(n_estimators=5, random_state=0, **options)
        yield Case(f"IsolationForest({options})", forest, "numbers")
    for sparse in (True, False):
        embedding = RandomTreesEmbedding(5, max_depth=3, sparse_output=sparse, random_state=0)
        yield Case(f"RandomTreesEmbedding({sparse})", embedding, "numbers")
        linear = make_pipeline(embedding, lm.LogisticRegression())
        yield Case(f"RandomTreesEmbedding({sparse}) + linear", linear, "two classes")
