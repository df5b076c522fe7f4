"""NaiveBayesModel: log priors and log likelihoods, added."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from scorebundle.bundle.ops import Reduce

from .choices import largest
from .expressions import absent, numeric
from .prediction import Prediction, model
from .scope import Scope
from .values import Field, Real
from .xml import Element, child, children, needed, real, refuse, tag, text

HALF_LOG_2PI: Final = 0.5 * math.log(2 * math.pi)


@model("NaiveBayesModel")
def naive_bayes(element: Element, scope: Scope) -> Prediction:
    """P(c | x) ∝ count(c) · Π P(xᵢ | c); an input that is missing is left out."""
    maker = scope.maker
    output = needed(element, "BayesOutput")
    counts = {
        text(each, "value"): real(each, "count")
        for each in children(needed(output, "TargetValueCounts"), "TargetValueCount")
    }
    threshold = real(element, "threshold")
    classes = list(counts)
    totals: list[Real] = [_log(counts[each]) for each in classes]
    for each in _inputs(needed(element, "BayesInputs")):
        parts = _input(each, classes, threshold, scope)
        totals = [maker.plus(a, b) for a, b in zip(totals, parts, strict=True)]
    matrix = maker.matrix(totals)
    sum_ = maker.add(Reduce("logsumexp"), matrix)
    probabilities = [maker.unary("exp", maker.minus(x, sum_)) for x in maker.spread(matrix)]
    value = largest(classes, totals, maker)
    return Prediction("classification", value, dict(zip(classes, probabilities, strict=True)))


def _inputs(element: Element) -> Iterator[Element]:
    """The BayesInputs; R's pmml before 4.2 wraps those of numbers in Extensions."""
    for each in children(element, "BayesInput", "Extension"):
        yield from (each,) if tag(each) == "BayesInput" else children(each, "BayesInput")


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _input(element: Element, classes: list[str], threshold: float, scope: Scope) -> list[Real]:
    """ln P(x | c) by class; 0 where the input is missing."""
    maker, field = scope.maker, scope.get(text(element, "fieldName"), element)
    stats = child(element, "TargetValueStats")
    if stats is not None:
        x = numeric(field, maker)
        found = {text(each, "value"): each for each in children(stats, "TargetValueStat")}
        return [
            0.0 if each not in found else _density(found[each], x, threshold, scope)
            for each in classes
        ]
    derived = child(element, "DerivedField")
    if derived is not None:
        from .expressions import derived_field

        field = derived_field(derived, scope)
    return _table(element, field, classes, threshold, scope)


def _density(stat: Element, x: Real, threshold: float, scope: Scope) -> Real:
    """The logarithm of a density, at least the threshold; 0 where x is missing."""
    maker = scope.maker
    for each in children(stat):
        kind = tag(each)
        if kind == "GaussianDistribution":
            mean, variance = real(each, "mean"), real(each, "variance")
            d = maker.minus(x, mean)
            square = maker.over(maker.times(d, d), 2 * variance)
            p = maker.minus(-HALF_LOG_2PI - 0.5 * math.log(variance), square)
        elif kind == "PoissonDistribution":
            mean = real(each, "mean")
            refuse(each, f"PoissonDistribution of mean {mean} is not supported")
        else:
            refuse(each, "this distribution is not supported")
        if threshold > 0:
            p = maker.choose(maker.compare("less", p, math.log(threshold)), math.log(threshold), p)
        return maker.choose(maker.absent(x), 0.0, p)
    refuse(stat, "needs a distribution")


def _table(
    element: Element,
    field: Field,
    classes: list[str],
    threshold: float,
    scope: Scope,
) -> list[Real]:
    """From counts of pairs; a count of 0 gives the threshold. A value that is not listed is left
    out, like a missing one."""
    from .mapping import positions

    maker = scope.maker
    pairs = list(children(element, "PairCounts"))
    table = np.full((len(pairs), len(classes)), _log(threshold))
    totals = dict.fromkeys(classes, 0.0)
    found: list[dict[str, float]] = []
    for each in pairs:
        entry = {
            text(c, "value"): real(c, "count")
            for c in children(needed(each, "TargetValueCounts"), "TargetValueCount")
        }
        found.append(entry)
        for name, count in entry.items():
            totals[name] = totals.get(name, 0.0) + count
    for row, entry in enumerate(found):
        for column, name in enumerate(classes):
            count = entry.get(name, 0.0)
            if count > 0 and totals[name] > 0:
                table[row, column] = math.log(count / totals[name])
    code = positions(field, [text(each, "value") for each in pairs], maker, element)
    unknown = np.zeros(len(classes))
    parts = maker.spread(maker.look_up(code, table, unknown))
    gone = absent(field, maker)
    return [maker.choose(gone, 0.0, x) for x in parts]
