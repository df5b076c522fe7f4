"""ContinuousNodes of a BayesianNetworkModel: the density of what a row tells."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Final

from .expressions import expression_below, numeric
from .make import Maker
from .scope import Scope
from .values import Real
from .xml import Element, children, needed, refuse, tag, text

Density = Callable[[Real, Callable[[str], Real], Maker], Real]
"""(number, the parameter of a name) → density."""


def _normal(x: Real, parameter: Callable[[str], Real], maker: Maker) -> Real:
    """exp(−(x − μ)² / 2σ²) / √(2πσ²)."""
    variance = parameter("Variance")
    d = maker.minus(x, parameter("Mean"))
    power = maker.over(maker.times(maker.times(d, d), -0.5), variance)
    scale = maker.unary("sqrt", maker.times(variance, 2 * math.pi))
    return maker.over(maker.unary("exp", power), scale)


def _uniform(x: Real, parameter: Callable[[str], Real], maker: Maker) -> Real:
    """1 / (upper − lower) between both, else 0."""
    lower, upper = parameter("Lower"), parameter("Upper")
    inside = maker.both(
        maker.compare("greater_equal", x, lower), maker.compare("less_equal", x, upper)
    )
    height = maker.over(1.0, maker.minus(upper, lower))
    known = maker.both(maker.present(lower), maker.present(upper))
    return maker.choose(known, maker.choose(inside, height, 0.0), math.nan)


DENSITIES: Final[dict[str, Density]] = {
    "NormalDistributionForBN": _normal,
    "UniformDistributionForBN": _uniform,
}
"""Those of which the standard leaves no doubt what their parameters are."""


def likelihood(
    node: Element, values: dict[str, list[str]], scope: Scope
) -> tuple[tuple[str, ...], list[Real]]:
    """The node's discrete parents, and its density for each combination of their values.

    It is 1 where the row does not tell the number. Where it does, and a parent's number that a
    parameter is made of is missing, it is missing.
    """
    maker, name = scope.maker, text(node, "name")
    x = numeric(scope.get(name, node), maker)
    parts = list(children(node, "ContinuousConditionalProbability"))
    parents = tuple(text(p, "parent") for p in children(parts[0], "ParentValue")) if parts else ()
    if any(parent not in values for parent in parents):
        refuse(node, "has a parent that is no DiscreteNode")
    found: dict[tuple[str, ...], Real] = {}
    for part in parts or [node]:
        given = {text(p, "parent"): text(p, "value") for p in children(part, "ParentValue")}
        if given.keys() != set(parents):
            refuse(part, "does not name each parent")
        density = _density(part, x, scope)
        found[tuple(given[parent] for parent in parents)] = maker.choose(
            maker.absent(x), 1.0, density
        )
    choices = [values[parent] for parent in parents]
    if len(found) != math.prod(map(len, choices)) or not found.keys() <= set(product(*choices)):
        refuse(node, "needs a distribution for each combination of its parents' values")
    return parents, [found[each] for each in product(*choices)]


def _density(part: Element, x: Real, scope: Scope) -> Real:
    stated = list(children(part, "ContinuousDistribution"))
    kinds = [each for outer in stated for each in children(outer)]
    if len(kinds) != 1 or tag(kinds[0]) not in DENSITIES:
        refuse(part, f"needs one distribution, which is one of {', '.join(DENSITIES)}")

    def parameter(name: str) -> Real:
        element = needed(kinds[0], name)
        return numeric(expression_below(element, scope), scope.maker)

    return DENSITIES[tag(kinds[0])](x, parameter, scope.maker)
