"""NearestNeighborModel: the k nearest training rows, and what they vote for."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value

from .choices import largest, ranked
from .clustering import component
from .convert import by_place, constant
from .distances import measure
from .expressions import numeric
from .functions import median
from .output import SEVERAL
from .prediction import Prediction, model
from .scope import Scope
from .targets import target_names
from .types import NUMBERS
from .values import Field, Number, Real
from .xml import Element, children, column, flag, needed, real, refuse, rows, text, whole

MAX_SEARCH: Final = 1 << 20
"""Most numbers a row's search may hold: rows of training times neighbours."""

MAX_NUMBERS: Final = 1 << 27
"""Most numbers of all training rows, of which inputs may share a column."""


@model("NearestNeighborModel")
def nearest_neighbors(element: Element, scope: Scope) -> Prediction:
    """Distances to all rows; k times the smallest, of equal ones the first row's."""
    maker = scope.maker
    instances = needed(element, "TrainingInstances")
    columns = {
        text(each, "field"): column(each, "column" if each.get("column") else "field")
        for each in children(needed(instances, "InstanceFields"), "InstanceField")
    }
    table = rows(needed(instances, "InlineTable"))
    k = whole(element, "numberOfNeighbors")
    if not 0 < k <= len(table):
        refuse(element, "numberOfNeighbors does not fit the rows")
    if len(table) * k > MAX_SEARCH:
        refuse(instances, "holds too many rows for so many neighbours")
    inputs = list(children(needed(element, "KNNInputs"), "KNNInput"))
    kind = needed(element, "ComparisonMeasure")
    default = kind.get("compareFunction", "absDiff")
    if len(table) * len(inputs) > MAX_NUMBERS:
        refuse(instances, "holds too many rows for so many inputs")
    components = [component(each, "fieldWeight", default, scope) for each in inputs]
    points = _points(inputs, table, columns, instances, scope)
    found = measure(kind, components, points, maker)
    order: Real = found.values if found.similarity else maker.times(found.values, -1.0)
    places, nearness = ranked(maker.real(order), k, maker)
    distances = nearness if found.similarity else [maker.times(x, -1.0) for x in nearness]
    return _predicted(element, table, columns, places, distances, scope)


def _points(
    inputs: list[Element],
    table: list[dict[str, str]],
    columns: dict[str, str],
    instances: Element,
    scope: Scope,
) -> Array:
    """The training rows as numbers; if they are not transformed yet, they are now."""
    transformed = flag(instances, "isTransformed", False)
    points = np.empty((len(table), len(inputs)))
    for place, each in enumerate(inputs):
        name = text(each, "field")
        if name in columns and (transformed or name in scope.reading.data):
            points[:, place] = [_number(cells, columns[name], each) for cells in table]
        else:
            points[:, place] = [_derived(name, cells, columns, each, scope) for cells in table]
    return points


def _number(cells: dict[str, str], name: str, where: Element) -> float:
    try:
        return float(cells[name])
    except (KeyError, ValueError):
        refuse(where, f"a training row holds no number in {name!r:.40}")


def _derived(
    name: str, cells: dict[str, str], columns: dict[str, str], where: Element, scope: Scope
) -> float:
    """A derived field of a training row: computed while reading."""
    inner = Scope(scope.reading, scope)
    outer: Scope | None = scope
    while outer is not None:
        for derived, expression in outer.derived.items():
            inner.derived.setdefault(derived, expression)
        outer = outer.parent
    for field, key in columns.items():
        data = scope.reading.data.get(field)
        if data is not None and key in cells:
            inner.fields[field] = constant(cells[key], data.kind, where)
    x = numeric(inner.get(name, where), scope.maker)
    if isinstance(x, Value):
        refuse(where, f"field {name!r:.40} of a training row cannot be computed")
    return x


def _predicted(
    element: Element,
    table: list[dict[str, str]],
    columns: dict[str, str],
    places: list[Value],
    distances: list[Real],
    scope: Scope,
) -> Prediction:
    targets = target_names(element)
    ids = _ids(element, table, columns)
    neighbours: list[Field] = [by_place(place, ids, scope.maker) for place in places]
    results = {
        name: _target(name, element, table, columns, places, distances, scope)
        for name in targets
        if name in columns
    }
    for name, each in results.items():
        each.target = name
    result = Prediction(element.get("functionName", "regression"))
    if results:
        first = next(iter(results.values()))
        result.value, result.probabilities = first.value, first.probabilities
        result.function = first.function
    else:
        result.value = neighbours[0]
    if len(results) > 1:
        result.features["targets"] = results
    result.features["entityId" + SEVERAL] = neighbours
    result.features["affinity" + SEVERAL] = [Number(x) for x in distances]
    result.target = targets[0] if targets else None
    return result


def _ids(element: Element, table: list[dict[str, str]], columns: dict[str, str]) -> list[Any]:
    variable = element.get("instanceIdVariable")
    if variable is None:
        return [str(place + 1) for place in range(len(table))]
    return [cells.get(columns.get(variable, variable)) for cells in table]


def _target(
    name: str,
    element: Element,
    table: list[dict[str, str]],
    columns: dict[str, str],
    places: list[Value],
    distances: list[Real],
    scope: Scope,
) -> Prediction:
    maker = scope.maker
    data = scope.reading.data.get(name)
    texts = [cells.get(columns[name], "") for cells in table]
    threshold = real(element, "threshold", 0.001)
    continuous = data is not None and data.optype == "continuous" and data.kind in NUMBERS
    if continuous:
        method = element.get("continuousScoringMethod", "average")
        numbers = np.array([float(each) for each in texts])
        found: list[Real] = [maker.look_up(place, numbers, math.nan) for place in places]
        known = maker.present(distances[0])
        if method == "median":
            middle = maker.choose(known, median(found, maker), math.nan)
            return Prediction("regression", Number(middle))
        weights = _weights(method == "weightedAverage", distances, threshold, scope)
        total = maker.plus(*(maker.times(w, x) for w, x in zip(weights, found, strict=True)))
        mean = maker.over(total, maker.plus(*weights))
        return Prediction("regression", Number(maker.choose(known, mean, math.nan)))
    method = element.get("categoricalScoringMethod", "majorityVote")
    weights = _weights(method == "weightedMajorityVote", distances, threshold, scope)
    counts = Counter(texts)
    stated = [] if data is None else [each for each in data.valid if each in counts]
    categories = list(dict.fromkeys([*stated, *texts]))
    code_of = {category: code for code, category in enumerate(categories)}
    codes = np.array([code_of[each] for each in texts], np.int64)
    labels = [maker.look_up(place, codes, -1) for place in places]
    votes: list[Real] = []
    for code in range(len(categories)):
        terms = [
            maker.choose(maker.code_is(label, code), weight, 0.0)
            for label, weight in zip(labels, weights, strict=True)
        ]
        votes.append(maker.plus(*terms))
    total = maker.plus(*weights)
    shares = [maker.over(x, total) for x in votes]
    # Of equal votes those count that have more rows, then the first in lexical order.
    order = sorted(categories, key=lambda each: (-counts[each], each))
    known = maker.present(distances[0])
    ordered = [votes[code_of[each]] for each in order]
    value = largest(order, [maker.choose(known, x, math.nan) for x in ordered], maker)
    return Prediction("classification", value, dict(zip(categories, shares, strict=True)))


def _weights(weighted: bool, distances: list[Real], threshold: float, scope: Scope) -> list[Real]:
    """1 / (distance + threshold); without a threshold, neighbours at no distance count alone."""
    maker = scope.maker
    if not weighted:
        return [1.0] * len(distances)
    if threshold == 0:
        same = [maker.compare("equal", x, 0.0) for x in distances]
        exact = maker.either(*same)
        inverse = [maker.over(1.0, x) for x in distances]
        return [
            maker.choose(exact, maker.indicator(here), weight)
            for here, weight in zip(same, inverse, strict=True)
        ]
    return [maker.over(1.0, maker.plus(x, threshold)) for x in distances]
