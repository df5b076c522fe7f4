"""SupportVectorMachineModel: sums of kernels over support vectors, and their votes."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Distance

from .choices import largest, smallest
from .ensembles import ordered
from .expressions import numeric
from .make import Maker
from .predicates import among_words
from .prediction import Prediction, model
from .scope import Scope
from .values import Number, Real, Text
from .xml import (
    Element,
    child,
    children,
    flag,
    needed,
    real,
    reals,
    refuse,
    tag,
    text,
)

KERNELS = ("LinearKernelType", "PolynomialKernelType", "RadialBasisKernelType", "SigmoidKernelType")


MAX_NUMBERS: Final = 1 << 27
"""Most numbers that all vectors may have: they may be sparse, and machines share them."""


class Machine(NamedTuple):
    """A SupportVectorMachine and its result."""

    element: Element
    value: Real


@model("SupportVectorMachineModel")
def support_vectors(element: Element, scope: Scope) -> Prediction:
    """f(x) = Σ coefficientᵢ · K(vectorᵢ, x) + absoluteValue per machine."""
    maker = scope.maker
    dictionary = needed(element, "VectorDictionary")
    x = maker.matrix(_fields(needed(dictionary, "VectorFields"), scope))
    instances = list(children(dictionary, "VectorInstance"))
    used = [support for support in element.iter() if tag(support) == "SupportVector"]
    if max(len(instances), len(used)) * x.type.width > MAX_NUMBERS:
        refuse(element, "has too many vectors")
    vectors = {
        text(each, "id"): reals(needed(each, "Array", "REAL-SparseArray"), x.type.width)
        for each in instances
    }
    machines = [
        Machine(each, _result(each, element, vectors, x, maker))
        for each in children(element, "SupportVectorMachine")
    ]
    if not machines:
        refuse(element, "needs a SupportVectorMachine")
    if element.get("functionName") != "classification":
        return Prediction("regression", Number(machines[0].value))
    return _classified(element, machines, scope)


def _fields(element: Element, scope: Scope) -> list[Real]:
    maker = scope.maker
    result: list[Real] = []
    for each in children(element, "FieldRef", "CategoricalPredictor"):
        if tag(each) == "FieldRef":
            result.append(numeric(scope.get(text(each, "field"), each), maker))
            continue
        field = scope.get(text(each, "name"), each)
        weight = real(each, "coefficient", 1.0)
        if isinstance(field, Text):
            here = among_words(field, [text(each, "value")], maker).yes
        else:
            here = maker.compare("equal", field.value, real(each, "value"))
        result.append(maker.choose(here, weight, 0.0))
    if not result:
        refuse(element, "needs a FieldRef")
    return result


def _result(
    machine: Element, element: Element, vectors: dict[str, list[float]], x: Value, maker: Maker
) -> Real:
    coefficients = needed(machine, "Coefficients")
    weights = np.array([real(c, "value", 0.0) for c in children(coefficients, "Coefficient")])
    offset = real(coefficients, "absoluteValue", 0.0)
    support = child(machine, "SupportVectors")
    if element.get("svmRepresentation") == "Coefficients" or support is None:
        if len(weights) != x.type.width:
            refuse(coefficients, "must be one per field")
        return maker.add(Affine(weights[None], np.array([offset])), x)
    names = [text(each, "vectorId") for each in children(support, "SupportVector")]
    if any(name not in vectors for name in names) or len(names) != len(weights):
        refuse(support, "does not fit the vectors and coefficients")
    if not names:
        return offset
    points = np.array([vectors[name] for name in names], np.float64)
    kernel = next((each for each in children(element) if tag(each) in KERNELS), None)
    if kernel is None:
        refuse(element, "needs a kernel")
    if tag(kernel) == "LinearKernelType":
        return maker.add(Affine((weights @ points)[None], np.array([offset])), x)
    return maker.add(Affine(weights[None], np.array([offset])), _kernel(kernel, points, x, maker))


def _kernel(element: Element, points: Array, x: Value, maker: Maker) -> Value:
    """K(vector, x) for all vectors."""
    gamma = real(element, "gamma", 1.0)
    if tag(element) == "RadialBasisKernelType":
        none = np.zeros((0, points.shape[1]))
        squared = maker.add(Distance(points, "sqeuclidean", np.ones(1), none, "ordered"), x)
        return maker.real(maker.unary("exp", maker.times(squared, -gamma)))
    coef = real(element, "coef0", 1.0)
    dots = maker.add(Affine(gamma * points, np.full(len(points), coef)), x)
    if tag(element) == "SigmoidKernelType":
        return maker.real(maker.unary("tanh", dots))
    degree = real(element, "degree", 1.0)
    return maker.real(powered(dots, degree, maker))


def powered(x: Value, degree: float, maker: Maker) -> Real:
    """xᵈ by multiplication where d is a small whole number."""
    if degree != int(degree) or not 0 < degree <= 16:
        return maker.arithmetic("power", x, degree)
    result: Real = x
    for _ in range(int(degree) - 1):
        result = maker.arithmetic("multiply", result, x)
    return result


def _classified(element: Element, machines: list[Machine], scope: Scope) -> Prediction:
    maker = scope.maker
    alternate = element.get("alternateBinaryTargetCategory")
    if alternate is not None and len(machines) == 1:
        return _binary(machines[0], alternate, maker)
    pairs = [(m.element.get("targetCategory"), _alternate(m.element)) for m in machines]
    method = element.get("classificationMethod", "OneAgainstAll")
    if method == "OneAgainstOne" or all(b is not None for _, b in pairs):
        return _one_against_one(element, machines, pairs, scope)
    names = [str(a) for a, _ in pairs]
    values = [m.value for m in machines]
    choose = largest if flag(element, "maxWins", False) else smallest
    prediction = Prediction("classification", choose(names, values, maker))
    prediction.features["affinity"] = dict(zip(names, values, strict=True))
    return prediction


def _alternate(element: Element) -> str | None:
    """The other category of a machine; R's pmml for PMML 4.0 names it in an Extension."""
    for each in children(element, "Extension"):
        if each.get("name") == "alternateTargetCategory":
            return each.get("value")
    return element.get("alternateTargetCategory")


def _binary(machine: Machine, alternate: str, maker: Maker) -> Prediction:
    """The machine's category where its value rounds to 1, the other where it rounds to 0."""
    target = machine.element.get("targetCategory", "")
    near = maker.compare("greater_equal", machine.value, 0.5)
    votes = [maker.indicator(near), maker.indicator(maker.negated(near))]
    known = maker.present(machine.value)
    votes = [maker.choose(known, x, math.nan) for x in votes]
    value = largest([target, alternate], votes, maker)
    return Prediction("classification", value, {target: votes[0], alternate: votes[1]})


def _one_against_one(
    element: Element,
    machines: list[Machine],
    pairs: list[tuple[str | None, str | None]],
    scope: Scope,
) -> Prediction:
    """A value below the threshold is a vote for the target category, else for the other.

    Of equal votes the category that machines name first counts, as in LIBSVM, whose order of
    categories theirs is.
    """
    maker = scope.maker
    if any(a is None or b is None for a, b in pairs):
        refuse(element, "needs targetCategory and alternateTargetCategory of each machine")
    found = dict.fromkeys(str(name) for pair in pairs for name in pair)
    categories = ordered(list(found), scope, element)
    votes: dict[str, Real] = dict.fromkeys(categories, 0.0)
    default = real(element, "threshold", 0.0)
    wins = flag(element, "maxWins", False)
    for machine, (a, b) in zip(machines, pairs, strict=True):
        limit = real(machine.element, "threshold", default)
        below = maker.compare("greater" if wins else "less", machine.value, limit)
        known = maker.present(machine.value)
        vote = maker.choose(known, maker.indicator(below), math.nan)
        votes[str(a)] = maker.plus(votes[str(a)], vote)
        votes[str(b)] = maker.plus(votes[str(b)], maker.minus(1.0, vote))
    total = float(len(machines))
    shares = {name: maker.over(x, total) for name, x in votes.items()}
    value = largest(list(found), [votes[c] for c in found], maker)
    return Prediction("classification", value, shares)
