"""sklearn.model_selection: searches and thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn import linear_model as lm
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _searches()
    yield from _thresholds()


def _searches() -> Iterator[Case]:
    grid = {"max_depth": [2, 3]}
    base = DecisionTreeClassifier(random_state=0)
    options: dict[str, Any] = {"cv": 2}
    for search in (
        GridSearchCV(base, grid, **options),
        RandomizedSearchCV(base, grid, n_iter=2, random_state=0, **options),
        HalvingGridSearchCV(base, grid, random_state=0, **options),
        HalvingRandomSearchCV(base, grid, random_state=0, **options),
    ):
        yield Case(f"{type(search).__name__}", search, "text labels")
    chosen = GridSearchCV(XGBClassifier(n_estimators=2), grid, **options)
    yield Case("GridSearchCV(XGB)", chosen, "two classes")
    yield Case(
        "Pipeline(GridSearchCV(XGB))", make_pipeline(StandardScaler(), chosen), "two classes"
    )
    scored = GridSearchCV(lm.SGDOneClassSVM(random_state=0), {"nu": [0.2, 0.4]}, scoring=_any, cv=2)
    yield Case("GridSearchCV(score_samples)", scored, "numbers")
    scaled = GridSearchCV(StandardScaler(), {"with_mean": [True, False]}, scoring=_any, cv=2)
    yield Case("GridSearchCV(transform)", scaled, "numbers")
    linear = make_pipeline(scaled, lm.LogisticRegression())
    yield Case("GridSearchCV mid-pipeline", linear, "two classes")


def _any(estimator: Any, X: Any, y: Any = None) -> float:
    return 0.0


def _thresholds() -> Iterator[Case]:
    forest = RandomForestClassifier(3, random_state=0)
    for base in (
        lm.LogisticRegression(),
        forest,
        lm.RidgeClassifier(),
        XGBClassifier(n_estimators=2),
    ):
        name = type(base).__name__
        for data in ("two classes", "text labels of two", "bool labels"):
            if name == "XGBClassifier" and data == "text labels of two":
                continue
            fixed = FixedThresholdClassifier(base)
            yield Case(f"FixedThresholdClassifier({name})", fixed, data)
            if data == "two classes":
                tuned = TunedThresholdClassifierCV(base, cv=2)
                yield Case(f"TunedThresholdClassifierCV({name})", tuned, data)
        cut = FixedThresholdClassifier(base, threshold=0.3, pos_label=0)
        yield Case(f"FixedThresholdClassifier({name}, 0.3, pos_label=0)", cut, "two classes")
    words = FixedThresholdClassifier(forest, threshold=1 / 3, pos_label="no")
    yield Case("FixedThresholdClassifier(pos_label='no')", words, "text labels of two")
    by_decision = FixedThresholdClassifier(
        lm.LogisticRegression(), response_method="decision_function", pos_label=0
    )
    yield Case("FixedThresholdClassifier(decision_function)", by_decision, "two classes")
    scorer = make_scorer(f1_score, pos_label="no")
    tuned = TunedThresholdClassifierCV(forest, scoring=scorer, cv=2, random_state=0)
    yield Case("TunedThresholdClassifierCV(pos_label='no')", tuned, "text labels of two")
