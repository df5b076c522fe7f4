"""sklearn.svm: linear machines, and libsvm's machines of kernels."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, ArgMax, Coupling

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .kernels import distances, products
from .linear_model import decision, probabilities, regressor
from .members import behind, summed
from .multiclass import duels

exports(LinearSVR)(regressor)

LEAST = 1e-7
"""libsvm keeps probabilities of pairs as far from 0 and 1."""


@exports(LinearSVC)
def linear_svc(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Classification by the sign, or the largest, of the decision values."""
    return decision(estimator, x, to)[1]


@exports(SVR, NuSVR)
def svr(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Σ coefᵢ k(x, svᵢ) + intercept."""
    return {"predict": Result((_sum(estimator, x, to),), "vector")}


@exports(OneClassSVM)
def one_class(estimator: Any, x: Columns, to: Export) -> Outputs:
    """+1 where the sum over the support vectors is above 0, else −1."""
    value = _sum(estimator, x, to)
    inside = to.binary("greater", value, 0)
    scores = to.binary("add", value, np.asarray(estimator.offset_, np.float64))
    return {
        "predict": to.positive_labels(inside, np.array([-1, 1])),
        "decision_function": Result((value,), "vector"),
        "score_samples": Result((scores,), "vector"),
    }


def _sum(estimator: Any, x: Columns, to: Export) -> Value:
    intercept = np.asarray(estimator._intercept_, np.float64)
    if not len(estimator.support_):  # no training row lies outside the tube
        rows = Columns.of(to, to.finite(to.cast(x.numbers(), "float64")))
        return behind(rows, to.constant(intercept), to)
    return to.add(Affine(_dense(estimator._dual_coef_), intercept), _kernel(estimator, x, to))


@exports(SVC, NuSVC)
def svc(estimator: Any, x: Columns, to: Export) -> Outputs:
    """One machine per pair of classes; the class with most votes, the first of equals."""
    classes = estimator.classes_
    values = _pairs(estimator, x, to)
    outputs: Outputs = {}
    if len(classes) == 2:
        first = to.binary("greater", values, 0)
        outputs["predict"] = to.positive_labels(to.unary("not", first), classes)
        negative = to.unary("negative", values)
        outputs["decision_function"] = Result((negative,), "vector")
    else:
        outputs = _several(estimator, values, to)
    if estimator._probA.size:
        pairs = _platt(values, estimator._probA, estimator._probB, to)
        outputs |= probabilities(to.add(Coupling(len(classes)), pairs), to)
    return outputs


def _several(estimator: Any, values: Value, to: Export) -> Outputs:
    classes, one_vs_rest = estimator.classes_, estimator.decision_function_shape == "ovr"
    scores = values
    if one_vs_rest:
        beaten = to.unary("not", to.binary("less", values, 0))
        scores = ovr_decision(beaten, values, len(classes), to)
    if estimator.break_ties and not one_vs_rest:
        # predict raises ValueError for every row
        return {"decision_function": Result((scores,), "matrix")}
    if estimator.break_ties:
        best = to.add(ArgMax(), scores)
    else:
        best = to.add(ArgMax(), votes(to.binary("greater", values, 0), len(classes), to))
    return {
        "predict": Result((to.labels(best, classes),), "vector"),
        "decision_function": Result((scores,), "matrix"),
    }


def votes(won: Value, classes: int, to: Export) -> Value:
    """How many of its pairs (i, j) each class wins; won says whether i does."""
    count = to.cast(won, "float64")
    return _by_class(to.concat([count, to.complement(count)]), classes, to)


def ovr_decision(won: Value, confidence: Value, classes: int, to: Export) -> Value:
    """_ovr_decision_function: votes, and sums of confidences pressed into ±1/3."""
    both = to.concat([confidence, to.unary("negative", confidence)])
    total = _by_class(both, classes, to)
    size = to.binary("add", to.unary("absolute", total), 1)
    pressed = to.binary("divide", total, to.binary("multiply", size, 3))
    return to.binary("add", votes(won, classes, to), pressed)


def _by_class(both: Value, classes: int, to: Export) -> Value:
    """Per class the sum over its pairs in order; both holds what i gets, then what j gets."""
    return summed([to.select(both, columns) for columns in duels(classes)], to)


def _pairs(estimator: Any, x: Columns, to: Export) -> Value:
    """The decision value of each pair of classes, added as libsvm's svm_predict_values does."""
    kernel = _kernel(estimator, x, to)
    coef, ends = _dense(estimator._dual_coef_), np.cumsum([0, *estimator._n_support]).tolist()
    intercepts = np.asarray(estimator._intercept_, np.float64)
    values = []
    for pair, (i, j) in enumerate(combinations(range(len(ends) - 1), 2)):
        own, other = range(ends[i], ends[i + 1]), range(ends[j], ends[j + 1])
        weights = np.concatenate([coef[j - 1, own], coef[i, other]])[None]
        op = Affine(weights, intercepts[[pair]])
        values.append(to.add(op, to.select(kernel, [*own, *other])))
    return to.concat(values)


def _platt(values: Value, a: Array, b: Array, to: Export) -> Value:
    """sigmoid_predict: 1 / (1 + exp(a d + b)), kept off 0 and 1."""
    inner = to.binary("add", to.binary("multiply", values, a), b)
    power = to.unary("exp", to.unary("negative", to.unary("absolute", inner)))
    above = to.where(to.binary("greater_equal", inner, 0), power, 1)
    p = to.binary("divide", above, to.binary("add", power, 1))
    return to.binary("minimum", to.binary("maximum", p, LEAST), 1 - LEAST)


def _kernel(estimator: Any, x: Columns, to: Export) -> Value:
    """k(x, sv) for each support vector."""
    kernel = estimator.kernel
    if callable(kernel) or kernel == "precomputed":
        named = "a Python function" if callable(kernel) else "kernel='precomputed'"
        to.block(f"its kernel is {named}", "use kernel='linear', 'poly', 'rbf' or 'sigmoid'")
    points = _dense(estimator.support_vectors_)
    value = to.cast(to.finite(x.numbers()), "float64")
    if kernel == "rbf":
        squares = distances(value, points, "sqeuclidean", "any order", to)
        return to.unary("exp", to.binary("multiply", squares, -float(estimator._gamma)))
    product = products(value, points, to)
    if kernel == "linear":
        return product
    scaled = to.binary("multiply", product, float(estimator._gamma))
    inner = to.binary("add", scaled, float(estimator.coef0))
    return to.unary("tanh", inner) if kernel == "sigmoid" else _power(inner, estimator.degree, to)


def _power(base: Value, degree: int, to: Export) -> Value:
    """powi: by squaring, the lowest bit of the degree first."""
    result = None
    while degree > 0:
        if degree % 2:
            result = base if result is None else to.binary("multiply", result, base)
        degree //= 2
        if degree:
            base = to.binary("multiply", base, base)
    return to.binary("power", base, 0) if result is None else result


def _dense(matrix: Any) -> Array:
    """Fitted on sparse rows, an estimator holds sparse matrices."""
    array = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    return np.ascontiguousarray(array, np.float64)
