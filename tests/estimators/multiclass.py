"""sklearn.multiclass."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import linear_model as lm
from sklearn.ensemble import RandomForestClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier

from .case import Case

LABELS = ("two classes", "three classes", "text labels", "bool labels", "float labels")


def cases() -> Iterator[Case]:
    """Every row."""
    for base in (
        lm.LogisticRegression(),
        lm.RidgeClassifier(),
        DecisionTreeClassifier(max_depth=4, random_state=0),
        RandomForestClassifier(3, random_state=0),
        make_pipeline(StandardScaler(), lm.LogisticRegression()),
        XGBClassifier(n_estimators=2),
        lm.Ridge(),
        DecisionTreeRegressor(max_depth=3, random_state=0),
    ):
        name = type(base).__name__
        for data in (
            LABELS if name in ("LogisticRegression", "DecisionTreeClassifier") else LABELS[:2]
        ):
            yield Case(f"OneVsRestClassifier({name})", OneVsRestClassifier(base), data)
            yield Case(f"OneVsOneClassifier({name})", OneVsOneClassifier(base), data)
            if name not in ("Ridge", "DecisionTreeRegressor"):
                code = OutputCodeClassifier(base, code_size=2, random_state=0)
                yield Case(f"OutputCodeClassifier({name})", code, data)
        for data in ("several labels", "constant labels"):
            yield Case(f"OneVsRestClassifier({name})", OneVsRestClassifier(base), data)
