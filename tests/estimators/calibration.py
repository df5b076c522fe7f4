"""sklearn.calibration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn import linear_model as lm
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from .case import Case

LABELS = ("two classes", "three classes", "text labels", "bool labels", "float labels")


def cases() -> Iterator[Case]:
    """Every row."""
    forest = RandomForestClassifier(3, max_depth=3, random_state=0)
    bases: list[Any] = [
        forest,
        lm.RidgeClassifier(),
        make_pipeline(StandardScaler(), lm.LogisticRegression()),
        XGBClassifier(n_estimators=3),
    ]
    for method in ("sigmoid", "isotonic", "temperature"):
        for base in bases:
            for ensemble in (True, False):
                calibrated = CalibratedClassifierCV(base, method=method, ensemble=ensemble, cv=2)
                name = f"CalibratedClassifierCV({type(base).__name__}, {method}, {ensemble})"
                for data in LABELS[:2]:
                    yield Case(name, calibrated, data)
        for data in LABELS[2:]:
            calibrated = CalibratedClassifierCV(forest, method=method, cv=2)
            yield Case(f"CalibratedClassifierCV({method})", calibrated, data)
