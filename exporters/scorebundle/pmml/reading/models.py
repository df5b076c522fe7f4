"""Models: scope, prediction, targets and output of any model element."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from .output import put_out
from .prediction import MODELS, Prediction
from .scope import Scope
from .targets import each_targeted, target_names, target_values, targeted
from .xml import Element, located, refuse, tag

MODULES: Final = (
    "trees",
    "regression",
    "mining",
    "neural",
    "bayes",
    "clustering",
    "neighbors",
    "vectors",
    "general",
    "scorecard",
    "rules",
    "statespace",
    "smoothing",
    "anomaly",
    "gaussian",
    "bayesnet",
    "association",
    "textmodel",
)
"""Families of models; importing them registers their elements."""


EXPRESSIONS: Final = (
    "mapping",
    "functions",
    "conditions",
    "texts",
    "textindex",
    "dates",
    "statistics",
)
"""Expressions and functions, likewise."""


def register() -> None:
    """Import them all."""
    for module in (*MODULES, *EXPRESSIONS):
        import_module(f"{__package__}.{module}")


def is_model(element: Element) -> bool:
    """Whether an element is a model of the standard's, supported or not."""
    return tag(element).endswith(("Model", "Network", "Scorecard")) or tag(element) in MODELS


def predict(element: Element, outer: Scope, *, first: bool = False) -> Prediction:
    """What a model computes, with its Targets applied and its Output.

    Args:
        element: the model.
        outer: the scope around it.
        first: whether it is the document's model, whose MiningSchema `outer` holds already.
    """
    register()
    read = MODELS.get(tag(element))
    if read is None:
        refuse(element, "this model is not supported")
    if element.get("isScorable") in ("false", "0"):
        refuse(element, "is marked as not scorable")
    scope = Scope(outer.reading, outer)
    if not first:
        scope.mine(element)
    scope.localise(element)
    context = element.get("x-mathContext")
    if context is not None:
        scope.single = context == "float"
    with located(element):
        prediction = read(element, scope)
        prediction.target = target_name(element) or prediction.target
        targeted(prediction, target_values(element, prediction.target), scope)
        if tag(element) != "MiningModel":
            each_targeted(prediction, element, scope)
        put_out(element, prediction, scope, first)
        return prediction


def target_name(element: Element) -> str | None:
    """The field that a model predicts."""
    names = target_names(element)
    return names[0] if names else None
