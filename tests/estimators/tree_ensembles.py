"""sklearn.tree and the tree ensembles of sklearn.ensemble."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import linear_model as lm
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _trees()
    yield from _boosting()


def _trees() -> Iterator[Case]:
    classifiers = (
        DecisionTreeClassifier(random_state=0),
        DecisionTreeClassifier(max_leaf_nodes=9, class_weight="balanced", random_state=0),
        ExtraTreeClassifier(random_state=0),
        RandomForestClassifier(7, random_state=0),
        RandomForestClassifier(3, class_weight="balanced_subsample", random_state=0, n_jobs=2),
        ExtraTreesClassifier(5, random_state=0),
    )
    for classifier in classifiers:
        for data in ("two classes", "three classes", "text labels", "bool labels", "float labels"):
            yield Case(repr(classifier), classifier, data)
        yield Case(f"{classifier!r} multi-output", classifier, "two label columns")
        yield Case(f"{classifier!r} several labels", classifier, "several labels")
        yield Case(f"{classifier!r} missing", classifier, "classes with missing")
    regressors = (
        DecisionTreeRegressor(random_state=0),
        DecisionTreeRegressor(criterion="absolute_error", max_depth=4, random_state=0),
        DecisionTreeRegressor(monotonic_cst=[1, 0, -1, 0], random_state=0),
        ExtraTreeRegressor(random_state=0),
        RandomForestRegressor(7, random_state=0),
        ExtraTreesRegressor(5, random_state=0),
    )
    for regressor in regressors:
        yield Case(repr(regressor), regressor, "regression")
        if getattr(regressor, "monotonic_cst", None) is None:
            yield Case(f"{regressor!r} multi-output", regressor, "two targets")
            yield Case(f"{regressor!r} missing", regressor, "regression with missing")


def _boosting() -> Iterator[Case]:
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield Case(
            f"GradientBoostingRegressor({loss})",
            GradientBoostingRegressor(loss=loss, n_estimators=5, random_state=0),
            "regression",
        )
    for init in ("zero", lm.LinearRegression(), DecisionTreeRegressor(max_depth=2)):
        yield Case(
            f"GradientBoostingRegressor(init={init})",
            GradientBoostingRegressor(init=init, n_estimators=5, random_state=0),
            "regression",
        )
    for start in ("zero", lm.LogisticRegression(), DummyClassifier(strategy="prior")):
        for data in ("two classes", "three classes"):
            yield Case(
                f"GradientBoostingClassifier(init={start})",
                GradientBoostingClassifier(init=start, n_estimators=5, random_state=0),
                data,
            )
    yield Case(
        "GradientBoostingClassifier(exponential)",
        GradientBoostingClassifier(loss="exponential", n_estimators=5, random_state=0),
        "text labels of two",
    )
    yield Case(
        "GradientBoostingClassifier(exponential, init)",
        GradientBoostingClassifier(
            loss="exponential", init=lm.LogisticRegression(), n_estimators=5, random_state=0
        ),
        "two classes",
    )
    for loss in ("squared_error", "absolute_error", "quantile"):
        yield Case(
            f"HistGradientBoostingRegressor({loss})",
            HistGradientBoostingRegressor(
                loss=loss, max_iter=5, quantile=0.3 if loss == "quantile" else None
            ),
            "regression with missing",
        )
    for loss in ("gamma", "poisson"):
        yield Case(
            f"HistGradientBoostingRegressor({loss})",
            HistGradientBoostingRegressor(loss=loss, max_iter=5),
            "positive targets",
        )
    yield Case(
        "HistGradientBoostingRegressor(monotonic)",
        HistGradientBoostingRegressor(monotonic_cst=[1, 0, -1, 0], max_iter=5),
        "regression",
    )
    for data in ("two classes", "three classes", "text labels", "classes with missing"):
        yield Case(
            "HistGradientBoostingClassifier",
            HistGradientBoostingClassifier(max_iter=5, early_stopping=False),
            data,
        )
    yield Case(
        "HistGradientBoostingClassifier(categorical codes)",
        HistGradientBoostingClassifier(categorical_features=[0, 2], max_iter=5),
        "codes",
    )
    yield Case(
        "HistGradientBoostingRegressor(from_dtype)",
        HistGradientBoostingRegressor(categorical_features="from_dtype", max_iter=5),
        "categorical frame",
    )
