"""sklearn.frozen, which scikit-learn 1.6 brought."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import linear_model as lm
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ..data import DATA
from .case import Case

try:
    from sklearn.frozen import FrozenEstimator
except ImportError:
    FrozenEstimator = None


def cases() -> Iterator[Case]:
    """Every row."""
    if FrozenEstimator is None:
        return
    X, y = DATA["three classes"]()
    linear = make_pipeline(StandardScaler(), lm.LogisticRegression()).fit(X, y)
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    scaler = MinMaxScaler().fit(X)
    yield Case("FrozenEstimator", FrozenEstimator(linear), "three classes")
    frozen = make_pipeline(FrozenEstimator(scaler), lm.LogisticRegression())
    yield Case("FrozenEstimator mid-pipeline", frozen, "three classes")
    for method in ("sigmoid", "isotonic", "temperature"):
        calibrated = CalibratedClassifierCV(FrozenEstimator(tree), method=method)
        yield Case(f"CalibratedClassifierCV(frozen, {method})", calibrated, "three classes")
    members = [("a", FrozenEstimator(linear)), ("b", FrozenEstimator(tree))]
    prefit = StackingClassifier(members, cv="prefit")
    yield Case("StackingClassifier(frozen)", prefit, "three classes")
