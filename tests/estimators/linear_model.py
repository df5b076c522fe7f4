"""sklearn.linear_model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn import linear_model as lm

from .case import Case

CLASSES = ("two classes", "three classes", "text labels", "bool labels", "float labels")
INPUTS = (
    "regression",
    "regression float32",
    "regression int",
    "one feature and targets",
    "sparse regression",
)


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _regressors()
    yield from _several_targets()
    yield from _links()
    yield from _classifiers()
    yield from _logistic()


def _regressors() -> Iterator[Case]:
    for regressor in (
        lm.LinearRegression(),
        lm.LinearRegression(fit_intercept=False),
        lm.Ridge(),
        lm.RidgeCV(),
        lm.Lasso(alpha=0.01),
        lm.LassoCV(cv=3, alphas=[0.01, 0.1]),
        lm.ElasticNet(alpha=0.01),
        lm.ElasticNetCV(cv=3, alphas=[0.01, 0.1]),
        lm.SGDRegressor(random_state=0),
        lm.PassiveAggressiveRegressor(random_state=0),
    ):
        for data in INPUTS:
            yield Case(repr(regressor), regressor, data)
    for dense in (
        lm.HuberRegressor(),
        lm.Lars(),
        lm.LarsCV(cv=3),
        lm.LassoLars(alpha=0.01),
        lm.LassoLarsCV(cv=3),
        lm.LassoLarsIC(),
        lm.OrthogonalMatchingPursuit(),
        lm.OrthogonalMatchingPursuitCV(cv=3),
        lm.TheilSenRegressor(random_state=0, max_subpopulation=50),
        lm.QuantileRegressor(alpha=0.01),
        lm.BayesianRidge(),
        lm.ARDRegression(),
    ):
        for data in INPUTS[:3]:
            yield Case(repr(dense), dense, data)
    yield Case("one feature and targets", lm.BayesianRidge(), "one feature and targets")
    yield Case("no column is kept", lm.ARDRegression(threshold_lambda=1e-9), "regression")
    for positive in (
        lm.LinearRegression(positive=True),
        lm.Ridge(positive=True),
        lm.Lasso(alpha=0.01, positive=True),
        lm.ElasticNet(alpha=0.01, positive=True),
        lm.LassoLars(alpha=0.01, positive=True),
    ):
        yield Case(repr(positive), positive, "regression")


def _several_targets() -> Iterator[Case]:
    for several in (
        lm.LinearRegression(),
        lm.LinearRegression(positive=True),
        lm.Ridge(),
        lm.RidgeCV(),
        lm.Lasso(alpha=0.01),
        lm.ElasticNet(alpha=0.01),
        lm.Lars(),
        lm.LassoLars(alpha=0.01),
        lm.OrthogonalMatchingPursuit(),
        lm.MultiTaskLasso(alpha=0.01),
        lm.MultiTaskLassoCV(cv=3, alphas=[0.01, 0.1]),
        lm.MultiTaskElasticNet(alpha=0.01),
        lm.MultiTaskElasticNetCV(cv=3, alphas=[0.01, 0.1]),
    ):
        yield Case(f"{several!r} multi-output", several, "two targets")
        yield Case(f"{several!r} one target in a matrix", several, "one target in a matrix")


def _links() -> Iterator[Case]:
    for regressor in (
        lm.PoissonRegressor(),
        lm.PoissonRegressor(solver="newton-cholesky", fit_intercept=False),
        lm.GammaRegressor(),
        lm.TweedieRegressor(power=1.5),
        lm.TweedieRegressor(power=0),
        lm.TweedieRegressor(power=2, link="auto"),
        lm.TweedieRegressor(power=0, link="log"),
        lm.TweedieRegressor(power=3, alpha=2.0),
    ):
        yield Case(repr(regressor), regressor, "positive targets")
        yield Case(repr(regressor), regressor, "positive targets float32")


def _classifiers() -> Iterator[Case]:
    for classifier in (
        lm.RidgeClassifier(),
        lm.RidgeClassifierCV(),
        lm.SGDClassifier(random_state=0),
        lm.SGDClassifier(loss="log_loss", random_state=0),
        lm.SGDClassifier(loss="modified_huber", random_state=0),
        lm.SGDClassifier(loss="log_loss", average=True, random_state=0),
        lm.Perceptron(random_state=0),
        lm.PassiveAggressiveClassifier(random_state=0),
    ):
        for data in (*CLASSES, "two classes float32", "three classes int"):
            yield Case(repr(classifier), classifier, data)
    for several in (lm.RidgeClassifier(), lm.RidgeClassifierCV()):
        yield Case(f"{several!r} labels given together", several, "label columns")
    for data in ("numbers", "float32"):
        yield Case("SGDOneClassSVM", lm.SGDOneClassSVM(random_state=0), data)


def _logistic() -> Iterator[Case]:
    def case(data: str, **options: Any) -> Case:
        return Case(f"LogisticRegression({options})", lm.LogisticRegression(**options), data)

    for data in (*CLASSES, "two classes float32", "three classes int", "sparse classes"):
        yield case(data)
        yield case(data, class_weight="balanced", C=0.1)
        yield case(data, fit_intercept=False, solver="newton-cg")
    for solver in ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", "liblinear"):
        yield case("two classes", solver=solver)
        if solver != "liblinear":
            yield case("three classes", solver=solver)
    yield case("three classes", solver="saga", l1_ratio=0.5)
    yield case("two classes", solver="liblinear", l1_ratio=1)
    yield case("two classes", C=float("inf"))
    for data in ("two classes", "three classes", "text labels"):
        searched = lm.LogisticRegressionCV(Cs=2, cv=2)
        yield Case("LogisticRegressionCV", searched, data)
