"""RegressionModel: linear predictors, and what makes probabilities of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Softmax

from .choices import largest, shares
from .expressions import absent, numeric
from .make import Maker
from .prediction import Prediction, model
from .scope import Scope
from .special import normal_cdf
from .values import Bool, Number, Real, Text
from .xml import Element, children, named, real, refuse, text, whole

Link = Callable[[Real, Maker], Real]


def _logit(x: Real, maker: Maker) -> Real:
    return maker.unary("expit", x)


def _cloglog(x: Real, maker: Maker) -> Real:
    return maker.minus(1.0, maker.unary("exp", maker.times(maker.unary("exp", x), -1.0)))


def _loglog(x: Real, maker: Maker) -> Real:
    return maker.unary("exp", maker.times(maker.unary("exp", maker.times(x, -1.0)), -1.0))


def _cauchit(x: Real, maker: Maker) -> Real:
    return maker.plus(0.5, maker.times(maker.unary("arctan", x), 1 / math.pi))


def _single_logit(x: Real, maker: Maker) -> Real:
    """In float32 at each step, so that what it leaves of 1 is that of a float32."""
    power = maker.rounded(maker.unary("exp", maker.times(x, -1.0)))
    return maker.rounded(maker.over(1.0, maker.rounded(maker.plus(1.0, power))))


LINKS: Final[dict[str, Link]] = {
    "none": lambda x, maker: x,
    "logit": _logit,
    "probit": lambda x, maker: normal_cdf(x, maker),
    "cloglog": _cloglog,
    "loglog": _loglog,
    "cauchit": _cauchit,
    "exp": lambda x, maker: maker.unary("exp", x),
}
"""Normalisation methods on one number."""
_SINGLE: Final[dict[str, Link]] = {**LINKS, "logit": _single_logit}
"""Those where arithmetic is in float32."""


@model("RegressionModel", "Regression")
def regression_model(element: Element, scope: Scope) -> Prediction:
    """Σ coefficient · predictor per table, then the normalisation."""
    tables = list(children(element, "RegressionTable"))
    if not tables:
        refuse(element, "needs a RegressionTable")
    method = element.get("normalizationMethod", "none")
    function = element.get("functionName", "regression")
    totals = [_table(each, scope) for each in tables]
    if scope.single:
        totals = [scope.maker.rounded(x) for x in totals]
    if function != "classification":
        return _regression(totals, method, element, scope)
    names = [text(each, "targetCategory") for each in tables]
    return classified(names, totals, method, element, scope)


def _regression(totals: list[Real], method: str, element: Element, scope: Scope) -> Prediction:
    if len(totals) != 1:
        refuse(element, "a regression has one RegressionTable")
    if method == "softmax":
        method = "logit"
    if method not in LINKS:
        refuse(element, f"normalizationMethod {method!r:.40} is not known")
    if scope.single:
        value = scope.maker.rounded(_SINGLE[method](totals[0], scope.maker))
        return Prediction("regression", Number(value, "float"))
    value = LINKS[method](totals[0], scope.maker)
    return Prediction("regression", Number(value))


def classified(
    names: list[str], totals: list[Real], method: str, element: Element, scope: Scope
) -> Prediction:
    """Probabilities of the categories, and the likeliest."""
    maker = scope.maker
    data = scope.reading.data.get(_target(element) or "")
    if len(names) == 1:
        others = [] if data is None else [each for each in data.valid if each != names[0]]
        if len(others) != 1:
            refuse(element, "a classification has a RegressionTable for each category")
        names, totals = [*names, *others], [*totals, 0.0]
    ordinal = data is not None and data.optype == "ordinal"
    if ordinal and method not in ("softmax", "simplemax") and data is not None:
        order = [each for each in data.valid if each in names]
        if len(order) == len(names):
            totals = [totals[names.index(each)] for each in order]
            names = order
            if method == "none":
                totals = [maker.clipped(x, 0.0, 1.0) for x in totals]
            probabilities = _cumulative(totals, method, element, maker)
            return _chosen(names, probabilities, maker)
    if method == "none":
        if len(totals) == 2:
            totals = [maker.clipped(totals[0], 0.0, 1.0), totals[1]]
        probabilities = _rest(totals, maker)
    elif method == "simplemax":
        probabilities = shares(totals, maker)
    elif method == "softmax":
        if len(totals) == 2 and not isinstance(totals[1], Value) and totals[1] == 0:
            p = maker.unary("expit", totals[0])
            probabilities = [p, maker.minus(1.0, p)]
        else:
            probabilities = list(maker.spread(maker.add(Softmax(), maker.matrix(totals))))
    elif method in LINKS:
        links = _SINGLE if scope.single else LINKS
        linked = [links[method](x, maker) for x in totals]
        probabilities = _rest(linked, maker) if len(names) == 2 else shares(linked, maker)
    else:
        refuse(element, f"normalizationMethod {method!r:.40} is not known")
    if scope.single:
        probabilities = [maker.rounded(x) for x in probabilities]
    return _chosen(names, probabilities, maker)


def _chosen(names: list[str], probabilities: Sequence[Real], maker: Maker) -> Prediction:
    value = largest(names, probabilities, maker)
    return Prediction("classification", value, dict(zip(names, probabilities, strict=True)))


def _rest(values: list[Real], maker: Maker) -> list[Real]:
    """The last category has what the others leave."""
    rest: Real = 1.0
    for each in values[:-1]:
        rest = maker.minus(rest, each)
    return [*values[:-1], rest]


def _cumulative(totals: list[Real], method: str, element: Element, maker: Maker) -> list[Real]:
    """Each is the inverse link less that of the category before; the last has the rest."""
    if method not in LINKS:
        refuse(element, f"normalizationMethod {method!r:.40} is not known")
    before: Real = 0.0
    result = []
    for place, x in enumerate(totals):
        upto = 1.0 if place == len(totals) - 1 else LINKS[method](x, maker)
        result.append(maker.minus(upto, before))
        before = upto
    return result


def _target(element: Element) -> str | None:
    named = element.get("targetFieldName")
    if named is not None:
        return named
    for schema in children(element, "MiningSchema"):
        for mining in children(schema, "MiningField"):
            if mining.get("usageType") in ("target", "predicted"):
                return mining.get("name")
    return None


def _table(table: Element, scope: Scope) -> Real:
    """intercept + Σ coefficient · predictor; missing if a number is."""
    maker = scope.maker
    terms: list[Real] = []
    weights: list[float] = []
    by_field: dict[str, list[Element]] = {}
    for each in children(table, "NumericPredictor"):
        x = numeric(scope.get(named(each), each), maker)
        exponent = whole(each, "exponent", 1)
        terms.append(maker.power(x, float(exponent)))
        weights.append(real(each, "coefficient"))
    for each in children(table, "CategoricalPredictor"):
        by_field.setdefault(named(each), []).append(each)
    for name, entries in by_field.items():
        terms.append(_categories(name, entries, scope))
        weights.append(1.0)
    for each in children(table, "PredictorTerm"):
        product: Real = 1.0
        for ref in children(each, "FieldRef"):
            x = numeric(scope.get(text(ref, "field"), ref), maker)
            product = maker.times(product, x)
        terms.append(product)
        weights.append(real(each, "coefficient"))
    return weighted(terms, weights, real(table, "intercept", 0.0), maker)


def weighted(terms: list[Real], weights: list[float], intercept: float, maker: Maker) -> Real:
    """Σ weight · term + intercept."""
    for x, weight in zip(terms, weights, strict=True):
        if not isinstance(x, Value):
            intercept += weight * x
    pairs = [(x, w) for x, w in zip(terms, weights, strict=True) if isinstance(x, Value)]
    if not pairs:
        return intercept
    matrix = maker.matrix([x for x, _ in pairs])
    coef = np.array([[w for _, w in pairs]], np.float64)
    return maker.add(Affine(coef, np.array([intercept], np.float64)), matrix)


def _categories(name: str, entries: list[Element], scope: Scope) -> Real:
    """The coefficient of the field's category; 0 for another one and a missing one."""
    maker = scope.maker
    field = scope.get(name, entries[0])
    weights = [real(each, "coefficient") for each in entries]
    literals = [text(each, "value") for each in entries]
    if isinstance(field, Text):
        codes = [field.words.code(each) for each in literals]
        table = np.zeros(max([*codes, 0]) + 1)
        for code, weight in zip(codes, weights, strict=True):
            if code >= 0:
                table[code] += weight
        return maker.look_up(field.code, table, 0.0)
    from .fields import literal

    result: Real = 0.0
    for each, weight, source in zip(entries, weights, literals, strict=True):
        here: Bool = maker.compare("equal", field.value, literal(source, field.kind, each))
        result = maker.plus(result, maker.choose(here, weight, 0.0))
    return maker.choose(absent(field, maker), 0.0, result)
