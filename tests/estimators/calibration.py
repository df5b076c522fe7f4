"""sklearn.calibration and sklearn.isotonic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn import linear_model as lm
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
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
    for bounds in ("nan", "clip", "raise"):
        for increasing in (True, False, "auto"):
            isotonic = IsotonicRegression(increasing=increasing, out_of_bounds=bounds)
            for data in ("one column", "one column float32"):
                yield Case(f"IsotonicRegression({bounds}, {increasing})", isotonic, data)
    bounded = IsotonicRegression(y_min=-0.5, y_max=0.5, out_of_bounds="clip")
    yield Case("IsotonicRegression(y_min, y_max)", bounded, "one column")
    flat = IsotonicRegression(y_min=2, y_max=2, out_of_bounds="nan")
    yield Case("IsotonicRegression(constant)", flat, "one column")
