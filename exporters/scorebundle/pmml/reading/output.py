"""Output: the named results of a model (PMML, Output)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, Final

from .convert import as_text, by_place, cast, united
from .expressions import EXPRESSIONS, expression
from .prediction import Feature, Prediction
from .scope import Scope
from .values import MISSING, Field, Number, Real, Text
from .xml import Element, child, children, flag, real, refuse, tag, text, whole

FEATURES: Final[dict[str, Feature]] = {}
"""What an OutputField's `feature` means."""

SEVERAL = "::several"
"""Suffix of a feature that holds a list by rank."""


def feature(*names: str) -> Callable[[Feature], Feature]:
    """Register a feature."""

    def register(function: Feature) -> Feature:
        FEATURES.update(dict.fromkeys(names, function))
        return function

    return register


def put_out(element: Element, prediction: Prediction, scope: Scope, first: bool) -> None:
    """Compute a model's OutputFields, each of which later ones may read.

    All those of the document's model are results, `isFinalResult` or not.
    """
    output = child(element, "Output")
    fields = [] if output is None else list(children(output, "OutputField"))
    for each in (*children(element, "ResultField"), *fields):
        name = text(each, "name")
        if prediction.listed is not None and flag(each, "isMultiValued", False):
            if not first:
                refuse(each, "a list of results inside another model is not supported")
            several = prediction.listed(each)
            prediction.lists[name] = [_typed(field, "", each, scope) for field in several]
            continue
        field = _output_field(each, prediction, scope)
        scope.fields[name] = field
        prediction.outputs[name] = (field, first or flag(each, "isFinalResult", True))


def _output_field(element: Element, prediction: Prediction, scope: Scope) -> Field:
    name = element.get("feature") or _usual_feature(element, prediction)
    segment = element.get("segmentId")
    if segment is not None:
        if segment not in prediction.segments:
            refuse(element, f"there is no segment {segment!r:.40}")
        prediction = prediction.segments[segment]
    made = prediction.own.get(name) or FEATURES.get(name)
    if made is None:
        refuse(element, f"feature {name!r:.40} is not supported")
    field = made(element, prediction, scope)
    return _typed(field, name, element, scope)


def _typed(field: Field, name: str, element: Element, scope: Scope) -> Field:
    """A feature as the type that an OutputField states; a number does not become text."""
    kind = element.get("dataType")
    if kind is None or (
        kind == "string" and isinstance(field, Number) and name != "transformedValue"
    ):
        return field
    return cast(field, kind, scope.maker)


def _usual_feature(element: Element, prediction: Prediction) -> str:
    """The feature of an OutputField that states none: its expression, unless it is the target."""
    for each in children(element):
        if tag(each) in EXPRESSIONS and (
            tag(each) != "FieldRef" or each.get("field") != prediction.target
        ):
            return "transformedValue"
    return "predictedValue"


def predicted(element: Element, prediction: Prediction) -> Field:
    """The predicted value."""
    if prediction.value is None:
        refuse(element, "the model predicts no value")
    return prediction.value


@feature("predictedValue")
def _predicted_value(element: Element, prediction: Prediction, scope: Scope) -> Field:
    several: dict[str, Prediction] = prediction.features.get("targets", {})
    wanted = element.get("targetField")
    if wanted is None:  # R's pmml
        wanted = text(element, "name").removeprefix("Predicted_")
    return predicted(element, several.get(wanted, prediction))


@feature("predictedDisplayValue")
def _display_value(element: Element, prediction: Prediction, scope: Scope) -> Field:
    value = predicted(element, prediction)
    shown = dict(prediction.features.get("shown", {}))
    data = scope.reading.data.get(prediction.target or "")
    if data is not None:
        shown = {**data.shown, **shown}
    if isinstance(value, Number):
        if not shown:
            return value
        value = as_text(value, scope.maker)
    words = [shown.get(word, word) for word in value.words.words]
    return by_place(value.code, words, scope.maker)


@feature("transformedValue", "decision")
def _transformed(element: Element, prediction: Prediction, scope: Scope) -> Field:
    for each in children(element):
        if tag(each) in EXPRESSIONS:
            return expression(each, scope)
        if tag(each) not in ("Decisions", "Value"):
            refuse(each, "this expression is not supported")
    return predicted(element, prediction)


@feature("probability", "confidence")
def _probability(element: Element, prediction: Prediction, scope: Scope) -> Field:
    """Of a category, or of the predicted one; missing of a model that has none."""
    table: dict[str, Real] = prediction.probabilities
    if element.get("feature") == "confidence":
        found: Field | dict[str, Real] | None = prediction.features.get("confidence")
        if isinstance(found, (Number, Text)):
            return found
        table = found or table
    if not table:
        return Number(math.nan)
    return Number(of_category(element.get("value"), table, prediction, scope))


def of_category(
    category: str | None, table: dict[str, Real], prediction: Prediction, scope: Scope
) -> Real:
    """A number by category; without one, that of the predicted category."""
    if category is not None:
        if category in table:
            return table[category]
        same = [each for each in table if _same(each, category)]
        if same:
            return table[same[0]]
        value = prediction.value
        absent = isinstance(value, Text) and scope.maker.code_is(value.code, MISSING)
        return scope.maker.choose(absent, math.nan, 0.0)
    value = prediction.value
    assert isinstance(value, Text)
    result: Real = math.nan
    for each, x in table.items():
        here = scope.maker.code_is(value.code, value.words.code(each))
        result = scope.maker.choose(here, x, result)
    return result


def _same(a: str, b: str) -> bool:
    """Whether two texts spell one number."""
    try:
        return float(a) == float(b)
    except ValueError:
        return a.lower() == b.lower() and a.lower() in ("true", "false")


@feature("residual")
def _residual(element: Element, prediction: Prediction, scope: Scope) -> Field:
    """The target's value in the row less the predicted one; of a category, by default of the
    predicted one, whether the row has it less its probability."""
    maker, target = scope.maker, element.get("targetField") or prediction.target
    if target is None:
        refuse(element, "the model has no target field")
    value = predicted(element, prediction)
    actual = scope.get(target, element)
    if isinstance(value, Number):
        given = cast(actual, "double", maker)
        assert isinstance(given, Number)
        return Number(maker.minus(given.value, value.value))
    assert isinstance(value, Text)
    category = element.get("value")
    if not isinstance(actual, Text):
        refuse(element, "residual of a classification needs a target of texts")
    absent = maker.code_is(actual.code, MISSING)
    if category is not None:
        here = maker.one_of(actual, [category])
    else:
        alike, chosen = united(actual, value, maker)
        here = maker.same_code(alike.code, chosen.code)
    p = of_category(category, prediction.probabilities, prediction, scope)
    return Number(maker.choose(absent, math.nan, maker.minus(maker.indicator(here), p)))


@feature("entityId", "clusterId")
def _entity(element: Element, prediction: Prediction, scope: Scope) -> Field:
    return _ranked("entityId", element, prediction)


def _ranked(name: str, element: Element, prediction: Prediction) -> Field:
    rank = whole(element, "rank", 1)
    several: list[Field] = prediction.features.get(name + SEVERAL, [])
    if several:
        if rank > len(several):
            return Number(math.nan)
        return several[rank - 1]
    found: Field | None = prediction.features.get(name)
    if found is None:
        refuse(element, f"the model has no {name}")
    return found if rank == 1 else Number(math.nan)


@feature("affinity", "entityAffinity", "clusterAffinity")
def _affinity(element: Element, prediction: Prediction, scope: Scope) -> Field:
    """How near an entity is: the one named by `value`, or the one of a rank."""
    table: dict[str, Real] = prediction.features.get("affinity", {})
    wanted = element.get("value")
    if wanted is not None and table:
        if wanted not in table:
            refuse(element, f"there is no entity {wanted!r:.40}")
        return Number(table[wanted])
    if prediction.features.get("affinity" + SEVERAL):
        return _ranked("affinity", element, prediction)
    if not isinstance(prediction.value, Text):
        refuse(element, f"the model has no {element.get('feature')}")
    if table:
        return Number(of_category(None, table, prediction, scope))
    return Number(of_category(wanted, prediction.probabilities, prediction, scope))


@feature("reasonCode")
def _reason_code(element: Element, prediction: Prediction, scope: Scope) -> Field:
    return _ranked("reasonCode", element, prediction)


@feature("warning")
def _warning(element: Element, prediction: Prediction, scope: Scope) -> Field:
    return Number(math.nan)


@feature("standardError", "standardDeviation")
def _stated(element: Element, prediction: Prediction, scope: Scope) -> Field:
    name = text(element, "feature")
    for each in children(element, "Extension"):
        if each.get("name") == "cpi":  # R's pmml 2.0 to 2.2: a bound, as UPPER95
            bound = _BOUND.fullmatch(text(each, "value"))
            if bound is None:
                refuse(each, "value must be LOWER or UPPER and per cent")
            return _bound(bound[1] == "LOWER", float(bound[2]), element, prediction, scope)
    found: Field | None = prediction.features.get(name)
    if found is None:
        refuse(element, f"the model has no {name}")
    return found


_BOUND: Final = re.compile(r"(LOWER|UPPER)([0-9]+(?:\.[0-9]+)?)")


@feature("confidenceIntervalLower", "confidenceIntervalUpper")
def _interval(element: Element, prediction: Prediction, scope: Scope) -> Field:
    """A bound; `value` is the per cent between both, by default 95."""
    lower = element.get("feature") == "confidenceIntervalLower"
    return _bound(lower, real(element, "value", 95.0), element, prediction, scope)


def _bound(
    lower: bool, share: float, element: Element, prediction: Prediction, scope: Scope
) -> Field:
    """μ ∓ z · σ of a normal distribution."""
    deviation: Any = prediction.features.get("standardDeviation")
    value = predicted(element, prediction)
    if not isinstance(value, Number) or deviation is None or not 0 < share < 100:
        refuse(element, "the model has no confidence intervals")
    z = NormalDist().inv_cdf(0.5 + share / 200)
    spread = scope.maker.times(deviation.value, -z if lower else z)
    return Number(scope.maker.plus(value.value, spread))
