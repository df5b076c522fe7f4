"""sklearn.neural_network: layers of linear maps and activations."""

from __future__ import annotations

from typing import Any

from sklearn.neural_network import BernoulliRBM, MLPClassifier, MLPRegressor

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Softmax

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .linear_model import affine, in_place, probabilities, two_columns

UNARY = {"tanh": "tanh", "logistic": "expit", "exp": "exp"}
"""Activations that are one elementwise function."""


def _activated(name: str, x: Value, to: Export) -> Value:
    """sklearn.neural_network._base.ACTIVATIONS."""
    if name == "relu":
        return to.binary("maximum", x, 0)
    if name == "softmax":
        return to.add(Softmax(), x)
    if name in UNARY:
        return to.unary(UNARY[name], x)
    if name != "identity":
        to.block(f"activation {name!r} is unknown", "use one of scikit-learn's own")
    return x


def _forward(estimator: Any, x: Columns, to: Export) -> Value:
    """BaseMultilayerPerceptron._forward_pass_fast: activation(x · coefs_ + intercepts_)."""
    value = to.finite(x.numbers())
    layers = len(estimator.coefs_)
    for number in range(layers):
        value = affine(value, estimator.coefs_[number].T, 0.0, to)
        value = in_place("add", value, estimator.intercepts_[number], to)
        last = number == layers - 1
        value = _activated(estimator.out_activation_ if last else estimator.activation, value, to)
    return value


@exports(MLPRegressor)
def mlp_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The last layer's values."""
    value = _forward(estimator, x, to)
    return {"predict": Result((value,), "vector" if value.type.width == 1 else "matrix")}


@exports(MLPClassifier)
def mlp_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """One output says the second of two classes; several are classes, or labels that may be
    given together."""
    value = _forward(estimator, x, to)
    binarizer = estimator._label_binarizer
    if binarizer.y_type_.startswith("multilabel"):
        labels = to.cast(to.binary("greater", value, 0.5), "int64")
        predict = Result((labels,), "matrix")
    elif binarizer.y_type_ == "multiclass":
        predict = to.argmax_labels(value, estimator.classes_)
    else:
        predict = to.positive_labels(to.binary("greater", value, 0.5), estimator.classes_)
    proba = two_columns(value, to) if value.type.width == 1 else value
    return {"predict": predict, **probabilities(proba, to)}


@exports(BernoulliRBM)
def bernoulli_rbm(estimator: Any, x: Columns, to: Export) -> Outputs:
    """P(h = 1 | x) = expit(x · components_ᵀ + intercept_hidden_). score_samples is random."""
    value = affine(to.finite(x.floats()), estimator.components_, 0.0, to)
    value = in_place("add", value, estimator.intercept_hidden_, to)
    return {"transform": Columns.of(to, to.unary("expit", value))}
