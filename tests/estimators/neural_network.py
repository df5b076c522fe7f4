"""sklearn.neural_network."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.neural_network import BernoulliRBM, MLPClassifier, MLPRegressor

from .case import Case

ACTIVATIONS = ("identity", "logistic", "tanh", "relu")


def cases() -> Iterator[Case]:
    """Every row."""
    for activation in ACTIVATIONS:
        classifier = MLPClassifier((5, 3), activation, max_iter=20, random_state=0)
        for data in (
            *("two classes", "three classes", "text labels", "bool labels", "float labels"),
            *("label columns", "two classes float32", "three classes int", "only one class"),
        ):
            yield Case(repr(classifier), classifier, data)
        regressor = MLPRegressor(
            hidden_layer_sizes=(4,), activation=activation, max_iter=20, random_state=0
        )
        for data in ("regression", "regression float32", "two targets", "regression int"):
            yield Case(repr(regressor), regressor, data)
    lbfgs = MLPClassifier((), solver="lbfgs", max_iter=20, random_state=0)
    yield Case("MLPClassifier without hidden layers", lbfgs, "three classes")
    poisson = MLPRegressor(loss="poisson", hidden_layer_sizes=(4,), max_iter=20, random_state=0)
    yield Case("MLPRegressor(poisson)", poisson, "small positive targets")
    for data in ("booleans", "positive", "unit float32"):
        yield Case("BernoulliRBM", BernoulliRBM(3, random_state=0, n_iter=2), data)
