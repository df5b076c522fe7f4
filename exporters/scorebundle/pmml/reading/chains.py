"""Segmentations that choose or chain segments: modelChain, selectFirst, selectAll."""

from __future__ import annotations

import math

from .expressions import pick
from .make import Maker
from .mining import Segment, method
from .models import predict
from .predicates import condition_of
from .prediction import Prediction
from .scope import Scope
from .values import MISSING, Bool, Code, Field, Number, Text, Words
from .xml import Element, refuse


@method("modelChain", "x-multiModelChain", "multiModelChain")
def _chain(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """Each segment sees the outputs of those before; the last that applies is the result."""
    result: Prediction | None = None
    seen: dict[str, Prediction] = {}
    outputs: dict[str, tuple[Field, bool]] = {}
    several: dict[str, Prediction] = {}
    for segment in segments:
        here = condition_of(segment.element, scope).yes
        if here is False:
            continue
        prediction = predict(segment.model, scope)
        seen[segment.id] = prediction
        for name, (field, final) in prediction.outputs.items():
            before = scope.fields.get(name)
            if here is not True:
                other = never(field) if before is None else before
                field = pick(here, field, other, scope.maker)
            scope.fields[name] = field
            outputs[name] = (field, final)
        if prediction.target is not None:
            several[prediction.target] = prediction
        result = (
            prediction
            if result is None or here is True
            else chosen(here, prediction, result, scope.maker)
        )
    if result is None:
        refuse(element, "no segment ever applies")
    combined = Prediction(result.function, result.value, result.probabilities)
    combined.features = dict(result.features)
    if len(several) > 1:
        combined.features["targets"] = several
    combined.target, combined.outputs, combined.segments = result.target, outputs, seen
    return combined


def never(field: Field) -> Field:
    """The missing value of a field's type."""
    if isinstance(field, Text):
        return Text(MISSING, field.words)
    return Number(math.nan, field.kind)


def chosen(here: Bool, a: Prediction, b: Prediction, maker: Maker) -> Prediction:
    """One prediction where a condition holds, else another."""
    result = Prediction(a.function)
    if a.value is not None and b.value is not None:
        result.value = pick(here, a.value, b.value, maker)
    for category in [*a.probabilities, *(c for c in b.probabilities if c not in a.probabilities)]:
        x = a.probabilities.get(category, 0.0)
        y = b.probabilities.get(category, 0.0)
        result.probabilities[category] = maker.choose(here, x, y)
    for name, left in a.features.items():
        right = b.features.get(name)
        if isinstance(left, (Number, Text)) and isinstance(right, (Number, Text)):
            result.features[name] = pick(here, left, right, maker)
    for name in [*a.outputs, *(n for n in b.outputs if n not in a.outputs)]:
        field, final = a.outputs.get(name) or b.outputs[name]
        left = a.outputs[name][0] if name in a.outputs else never(field)
        right = b.outputs[name][0] if name in b.outputs else never(field)
        result.outputs[name] = pick(here, left, right, maker), final
    result.target = a.target or b.target
    return result


def no_prediction(like: Prediction) -> Prediction:
    """A prediction of nothing, shaped like another."""
    value = None if like.value is None else never(like.value)
    result = Prediction(like.function, value)
    result.probabilities = dict.fromkeys(like.probabilities, math.nan)
    for name, field in like.features.items():
        if isinstance(field, (Number, Text)):
            result.features[name] = never(field)
    result.outputs = {name: (never(f), final) for name, (f, final) in like.outputs.items()}
    result.target = like.target
    return result


@method("selectFirst")
def _select_first(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """The first segment whose predicate is true; nothing if there is none."""
    if not segments:
        refuse(element, "no segment ever applies")
    seen = {segment.id: predict(segment.model, scope) for segment in segments}
    predictions = list(seen.values())
    result = no_prediction(predictions[0])
    for segment, prediction in reversed(list(zip(segments, predictions, strict=True))):
        result = chosen(segment.here, prediction, result, scope.maker)
    result.segments = seen
    ids = Words([segment.id for segment in segments])
    code: Code = MISSING
    for segment in reversed(segments):
        place = ids.places[segment.id]
        code = scope.maker.choose_code(segment.here, place, code)
    result.features.setdefault("entityId", Text(code, ids))
    return result


@method("selectAll")
def _select_all(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """Every segment's result side by side: reachable by segment id; the first is predicted."""
    if not segments:
        refuse(element, "no segment ever applies")
    result = Prediction(text_function(segments[0].model))
    for segment in segments:
        prediction = predict(segment.model, scope)
        masked = chosen(segment.here, prediction, no_prediction(prediction), scope.maker)
        result.segments[segment.id] = masked
        result.outputs.update(masked.outputs)
        if result.value is None:
            result.value, result.probabilities = masked.value, masked.probabilities
    return result


def text_function(model: Element) -> str:
    """A model's functionName."""
    return model.get("functionName", "regression")
