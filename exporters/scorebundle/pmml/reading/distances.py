"""ComparisonMeasure: distances and similarities of a row to stored points (PMML, Clustering)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Distance, Where

from .make import Maker
from .values import Bool, Real
from .xml import Element, children, real, refuse, tag

SIMILARITIES = frozenset(["simpleMatching", "jaccard", "tanimoto", "binarySimilarity"])


class Component(NamedTuple):
    """A field that is compared.

    Attributes:
        value: of the row.
        weight: fieldWeight.
        compare: compareFunction.
        scale: similarityScale of gaussSim.
        share: how much of the whole is left out with it (MissingValueWeights).
    """

    value: Real
    weight: float
    compare: str
    scale: float
    share: float = 1.0


class Measured(NamedTuple):
    """Distances or similarities to all points, one column each."""

    values: Value
    similarity: bool


def measure(
    element: Element, components: Sequence[Component], points: Array, maker: Maker
) -> Measured:
    """Compare a row with points; a missing component is left out, and the rest scaled up."""
    kinds = [each for each in children(element) if tag(each) != "Extension"]
    if not kinds:
        refuse(element, "names no measure")
    kind = tag(kinds[0])
    if kind in SIMILARITIES:
        return Measured(_similarity(kind, kinds[0], components, points, maker), True)
    weights = [each.weight for each in components]
    missing = [maker.absent(each.value) for each in components]
    power = {"euclidean": 2.0, "squaredEuclidean": 2.0, "cityBlock": 1.0, "chebychev": math.inf}
    if kind == "minkowski":
        p = real(kinds[0], "p-parameter")
    elif kind in power:
        p = power[kind]
    else:
        refuse(kinds[0], "this measure is not supported")
    simple = all(each.compare == "absDiff" for each in components)
    if simple and not any(isinstance(each, Value) for each in missing) and len(set(weights)) == 1:
        return Measured(_plain(kind, p, components, points, maker), False)
    total: Real = 0.0
    for column, (each, gone) in enumerate(zip(components, missing, strict=True)):
        term = _term(each, points[:, column], p, element, maker)
        term = choose(gone, maker.constant(np.zeros(len(points))), term, maker)
        if p == math.inf:
            total = maker.arithmetic("maximum", total, term)
        else:
            total = maker.plus(total, term)
    total = maker.times(adjusted([each.share for each in components], missing, maker), total)
    if p == math.inf:
        return Measured(maker.real(total), False)
    if kind != "squaredEuclidean" and p != 1.0:
        total = maker.unary("sqrt", total) if p == 2 else maker.arithmetic("power", total, 1 / p)
    return Measured(maker.real(total), False)


def choose(condition: Bool, a: Value, b: Value, maker: Maker) -> Value:
    """Choice of whole rows of numbers."""
    if isinstance(condition, bool):
        return a if condition else b
    return maker.add(Where(), condition, a, b)


def adjusted(weights: Sequence[float], missing: Sequence[Bool], maker: Maker) -> Real:
    """Σ weights / Σ weights of what is not missing."""
    there = maker.plus(
        *(maker.choose(gone, 0.0, w) for w, gone in zip(weights, missing, strict=True))
    )
    return maker.over(float(sum(weights)), there)


def _plain(
    kind: str, p: float, components: Sequence[Component], points: Array, maker: Maker
) -> Value:
    metric = {
        "euclidean": "euclidean",
        "squaredEuclidean": "sqeuclidean",
        "cityBlock": "manhattan",
        "chebychev": "chebyshev",
    }.get(kind, "minkowski")
    width = points.shape[1]
    weights = np.full((1 if metric == "minkowski" else 0, width), components[0].weight)
    order = np.array([p if metric == "minkowski" else 1.0])
    x = maker.matrix([each.value for each in components])
    found = maker.add(Distance(points, metric, order, weights, "ordered"), x)
    weight = components[0].weight
    if metric == "minkowski" or weight == 1:
        return found
    scale = math.sqrt(weight) if metric == "euclidean" else weight
    return maker.real(maker.times(found, scale))


def _term(each: Component, points: Array, p: float, element: Element, maker: Maker) -> Value:
    """weight · |c(x, y)|ᵖ for all points y."""
    x, y = maker.real(each.value), maker.constant(points)
    if each.compare == "absDiff":
        found: Real = maker.unary("absolute", maker.minus(x, y))
    elif each.compare == "delta":
        found = maker.indicator(maker.compare("not_equal", x, y))
    elif each.compare == "equal":
        found = maker.indicator(maker.compare("equal", x, y))
    elif each.compare == "gaussSim":
        d = maker.minus(x, y)
        square = maker.arithmetic("multiply", d, d)
        found = maker.unary("exp", maker.times(square, -math.log(2) / each.scale**2))
    else:
        refuse(element, f"compareFunction {each.compare!r:.40} is not supported")
    if p == 2:
        found = maker.arithmetic("multiply", found, found)
    elif p not in (1.0, math.inf):
        found = maker.arithmetic("power", found, p)
    return maker.real(maker.times(found, each.weight))


def _similarity(
    kind: str, element: Element, components: Sequence[Component], points: Array, maker: Maker
) -> Value:
    """From the numbers of fields where row and point are 1 and 1, 1 and 0, 0 and 1, 0 and 0."""
    x = maker.matrix([each.value for each in components])
    on = maker.indicator(maker.compare("not_equal", x, 0.0))
    assert isinstance(on, Value)
    ones = (points != 0).astype(np.float64)
    a11 = maker.add(Affine(ones, np.zeros(len(points))), on)
    a10 = maker.add(Affine(1 - ones, np.zeros(len(points))), on)
    off = maker.minus(1.0, on)
    assert isinstance(off, Value)
    a01 = maker.add(Affine(ones, np.zeros(len(points))), off)
    a00 = maker.add(Affine(1 - ones, np.zeros(len(points))), off)
    parts = [a11, a10, a01, a00]
    tops, bottoms = {
        "simpleMatching": ((1, 0, 0, 1), (1, 1, 1, 1)),
        "jaccard": ((1, 0, 0, 0), (1, 1, 1, 0)),
        "tanimoto": ((1, 0, 0, 1), (1, 2, 2, 1)),
    }.get(kind, (_given("c", element), _given("d", element)))
    return maker.real(maker.over(_mixed(parts, tops, maker), _mixed(parts, bottoms, maker)))


def _given(letter: str, element: Element) -> tuple[float, ...]:
    names = [f"{letter}{place}-parameter" for place in ("11", "10", "01", "00")]
    return tuple(real(element, name, 0.0) for name in names)


def _mixed(parts: list[Value], weights: Sequence[float], maker: Maker) -> Real:
    return maker.plus(
        *(maker.times(part, float(w)) for part, w in zip(parts, weights, strict=True) if w)
    )
