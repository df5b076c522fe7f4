"""MiningModel: segments, and how their results become one (PMML, MultipleModels)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, NamedTuple

from .ensembles import fused
from .passing import EMBEDDED
from .predicates import condition_of
from .prediction import Prediction, model
from .scope import Scope
from .values import Bool
from .xml import Element, child, children, needed, real, refuse, text


class Segment(NamedTuple):
    """A segment that may apply.

    Attributes:
        id: its id, or its place from 1 on.
        here: where its predicate is true.
        weight: of its vote.
        model: the element of its model.
        element: the Segment.
    """

    id: str
    here: Bool
    weight: float
    model: Element
    element: Element


Method = Callable[[list[Segment], Element, Scope], Prediction]
METHODS: Final[dict[str, Method]] = {}
"""How the results of segments become one, by multipleModelMethod."""


def method(*names: str) -> Callable[[Method], Method]:
    """Register a method."""

    def register(function: Method) -> Method:
        METHODS.update(dict.fromkeys(names, function))
        return function

    return register


@model("MiningModel")
def mining_model(element: Element, scope: Scope) -> Prediction:
    """The segments' results, combined."""
    for module in ("chains", "votes"):  # which register their methods, and read models
        import_module(f"{__package__}.{module}")
    embedded = _embedded(element, scope)
    segmentation = child(element, "Segmentation")
    if segmentation is None and embedded is not None:
        return embedded
    segmentation = needed(element, "Segmentation")
    for each in children(segmentation, "LocalTransformations"):
        for field in children(each, "DerivedField"):
            scope.derived[text(field, "name")] = field
    whole = fused(element, segmentation, scope)
    if whole is not None:
        return whole
    name = text(segmentation, "multipleModelMethod")
    if name not in METHODS:
        refuse(segmentation, f"multipleModelMethod {name!r:.40} is not supported")
    if name in ("modelChain", "x-multiModelChain", "multiModelChain"):
        return METHODS[name](segments_of(segmentation, None), segmentation, scope)
    return METHODS[name](segments_of(segmentation, scope), segmentation, scope)


def _embedded(element: Element, scope: Scope) -> Prediction | None:
    """Regressions and DecisionTrees one after the other: each sees the results of those before.

    The last one's prediction is the model's; None without any.
    """
    from .models import predict

    prediction = None
    for each in children(element, *EMBEDDED):
        prediction = predict(each, scope)
        scope.fields.update({name: field for name, (field, _) in prediction.outputs.items()})
    return prediction


def segments_of(segmentation: Element, scope: Scope | None) -> list[Segment]:
    """The segments that may apply; without a scope, predicates are left for later."""
    from .models import is_model

    found = []
    for place, segment in enumerate(children(segmentation, "Segment")):
        models = [each for each in children(segment) if is_model(each)]
        if not models:
            refuse(segment, "holds no model")
        here = True if scope is None else condition_of(segment, scope).yes
        if here is False:
            continue
        found.append(
            Segment(
                segment.get("id", str(place + 1)),
                here,
                real(segment, "weight", 1.0),
                models[0],
                segment,
            )
        )
    return found
