"""What answers with the one inside: self-trained, robust, of transformed targets."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import linear_model as lm
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBRegressor

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for base in (lm.LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=0)):
        for data in ("partly labelled", "partly labelled three"):
            name = f"SelfTrainingClassifier({type(base).__name__})"
            yield Case(name, SelfTrainingClassifier(base), data)
    for regressor in (None, lm.Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0)):
        name = f"RANSACRegressor({type(regressor).__name__})"
        yield Case(
            name, lm.RANSACRegressor(regressor, min_samples=0.5, random_state=0), "regression"
        )
    robust = lm.RANSACRegressor(lm.Ridge(), min_samples=0.5, random_state=0)
    yield Case("RANSACRegressor two targets", robust, "two targets")
    for transformer in (
        *(StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler()),
        *(PowerTransformer(), PowerTransformer(standardize=False)),
        QuantileTransformer(n_quantiles=20),
    ):
        for regressor in (lm.Ridge(), XGBRegressor(n_estimators=3)):
            name = f"TransformedTargetRegressor({type(regressor).__name__}, {transformer})"
            target = TransformedTargetRegressor(regressor, transformer=transformer)
            yield Case(name, target, "regression")
    boxed = TransformedTargetRegressor(lm.Ridge(), transformer=PowerTransformer("box-cox"))
    yield Case("TransformedTargetRegressor(box-cox)", boxed, "positive targets")
    twice = make_pipeline(StandardScaler(), MinMaxScaler())
    for data in ("regression", "two targets", "one target column"):
        target = TransformedTargetRegressor(lm.Ridge(), transformer=twice)
        yield Case("TransformedTargetRegressor(Pipeline)", target, data)
