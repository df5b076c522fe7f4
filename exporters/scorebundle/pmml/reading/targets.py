"""Targets: how a model's raw prediction becomes its target's value (PMML, Targets)."""

from __future__ import annotations

from .functions import rounded_half_up
from .make import Maker
from .prediction import Prediction
from .scope import Scope
from .values import MISSING, Number, Real, Text
from .xml import Element, child, children, real, refuse, text


def target_names(element: Element) -> list[str]:
    """The fields that a model predicts."""
    return [
        text(mining, "name")
        for schema in children(element, "MiningSchema")
        for mining in children(schema, "MiningField")
        if mining.get("usageType") in ("target", "predicted")
    ]


def target_values(element: Element, name: str | None) -> Element | None:
    """The Target of a model's target field."""
    targets = child(element, "Targets")
    if targets is None:
        return None
    found = list(children(targets, "Target"))
    for each in found:
        if each.get("field") in (name, None) or name is None:
            return each
    return found[0] if len(found) == 1 else None


def targeted(prediction: Prediction, target: Element | None, scope: Scope) -> None:
    """Apply a Target to a prediction."""
    if target is None:
        return
    if prediction.features.pop("rescaled", False):
        return
    if isinstance(prediction.value, Number):
        prediction.value = _number(prediction.value, target, scope.maker)
    elif isinstance(prediction.value, Text):
        _text(prediction, target, scope)


def each_targeted(prediction: Prediction, element: Element, scope: Scope) -> None:
    """Apply the Targets of several fields that one model predicts."""
    several: dict[str, Prediction] = prediction.features.get("targets", {})
    targets = child(element, "Targets")
    if targets is not None:
        for each in children(targets, "Target"):
            if each.get("field") in several:
                targeted(several[str(each.get("field"))], each, scope)


def _number(field: Number, target: Element, maker: Maker) -> Number:
    """A default where it is missing; then bounds, factor, constant, cast."""
    x: Real = field.value
    for each in children(target, "TargetValue"):
        if each.get("defaultValue") is not None:
            x = maker.choose(maker.absent(x), real(each, "defaultValue"), x)
    single = field.kind == "float"

    def kept(value: Real) -> Real:
        return maker.rounded(value) if single else value

    if target.get("min") is not None:
        x = maker.arithmetic("maximum", x, real(target, "min"))
    if target.get("max") is not None:
        x = maker.arithmetic("minimum", x, real(target, "max"))
    factor, constant = real(target, "rescaleFactor", 1.0), real(target, "rescaleConstant", 0.0)
    if factor != 1:
        x = kept(maker.times(x, factor))
    if constant != 0:
        x = kept(maker.plus(x, constant))
    cast = target.get("castInteger")
    if cast is None:
        return Number(x, field.kind)
    if cast == "round":
        return Number(rounded_half_up(x, maker), "integer")
    if cast not in ("ceiling", "floor"):
        refuse(target, f"castInteger {cast!r:.40} is not known")
    return Number(maker.unary("ceil" if cast == "ceiling" else "floor", x), "integer")


def _text(prediction: Prediction, target: Element, scope: Scope) -> None:
    """Prior probabilities where there is no prediction."""
    maker, value = scope.maker, prediction.value
    assert isinstance(value, Text)
    priors = {
        str(each.get("value")): real(each, "priorProbability")
        for each in children(target, "TargetValue")
        if each.get("priorProbability") is not None
    }
    shown = {
        str(each.get("value")): each.get("displayValue") or str(each.get("rawDataValue"))
        for each in children(target, "TargetValue")
        if each.get("displayValue") or each.get("rawDataValue")  # of PMML 3
    }
    if shown:
        prediction.features["shown"] = shown
    if not priors:
        return
    absent = maker.code_is(value.code, MISSING)
    if absent is False:
        return
    likeliest = max(priors, key=priors.__getitem__)
    code = value.words.code(likeliest)
    prediction.value = value._replace(code=maker.choose_code(absent, code, value.code))
    for category, prior in priors.items():
        before = prediction.probabilities.get(category, 0.0)
        prediction.probabilities[category] = maker.choose(absent, prior, before)
