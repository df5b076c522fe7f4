"""Predictions: what a model computes, for its Output and for the models around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .scope import Scope
from .values import Field, Real
from .xml import Element


class Prediction:
    """What a model computes.

    Attributes:
        function: `regression`, `classification`, `clustering`, `associationRules`, …
        value: the predicted value; None if it predicts none.
        probabilities: by category.
        scores: by category or entity: what is compared; probabilities if None.
        features: other results by feature name, as `models` say.
        target: name of the target field.
        outputs: OutputFields by name, in order, with whether they are final.
        segments: of a MiningModel, predictions by segment id.
        own: Output features that mean something else, or only something, for this model.
        lists: OutputFields of several values by name, a field by rank.
        listed: what gives these, if the model has any.
    """

    def __init__(
        self,
        function: str,
        value: Field | None = None,
        probabilities: dict[str, Real] | None = None,
    ) -> None:
        self.function, self.value = function, value
        self.probabilities = probabilities or {}
        self.features: dict[str, Any] = {}
        self.target: str | None = None
        self.outputs: dict[str, tuple[Field, bool]] = {}
        self.segments: dict[str, Prediction] = {}
        self.own: dict[str, Feature] = {}
        self.lists: dict[str, list[Field]] = {}
        self.listed: Callable[[Element], list[Field]] | None = None


Feature = Callable[[Element, Prediction, Scope], Field]
"""How a feature of an OutputField is computed."""


Model = Callable[[Element, Scope], Prediction]
MODELS: Final[dict[str, Model]] = {}
"""How each model element is read."""


def model(*names: str) -> Callable[[Model], Model]:
    """Register how model elements are read."""

    def register(function: Model) -> Model:
        MODELS.update(dict.fromkeys(names, function))
        return function

    return register
