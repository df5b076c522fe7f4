"""sklearn.linear_model."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import linear_model as lm

from .case import Case


def cases() -> Iterator[Case]:
    for regressor in (
        lm.LinearRegression(),
        lm.LinearRegression(fit_intercept=False),
        lm.Ridge(),
        lm.Lasso(alpha=0.01),
        lm.ElasticNet(alpha=0.01),
        lm.SGDRegressor(random_state=0),
        lm.HuberRegressor(),
    ):
        yield Case(repr(regressor), regressor, "regression")
        yield Case(f"{regressor!r} float32", regressor, "regression float32")
    for several in (lm.LinearRegression(), lm.Ridge(), lm.MultiTaskLasso(alpha=0.01)):
        yield Case(f"{several!r} multi-output", several, "two targets")
    for classifier in (
        lm.LogisticRegression(),
        lm.LogisticRegression(class_weight="balanced", C=0.1),
        lm.LogisticRegression(fit_intercept=False, solver="newton-cg"),
        lm.RidgeClassifier(),
        lm.SGDClassifier(random_state=0),
        lm.SGDClassifier(loss="log_loss", random_state=0),
        lm.SGDClassifier(loss="modified_huber", random_state=0),
        lm.Perceptron(random_state=0),
    ):
        for data in ("two classes", "three classes", "text labels", "bool labels", "float labels"):
            yield Case(repr(classifier), classifier, data)
    yield Case(
        "LogisticRegression(liblinear)",
        lm.LogisticRegression(solver="liblinear"),
        "two classes",
    )
    yield Case("SGDOneClassSVM", lm.SGDOneClassSVM(random_state=0), "numbers")
