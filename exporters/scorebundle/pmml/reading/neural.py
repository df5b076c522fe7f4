"""NeuralNetwork: layers of weighted sums and activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Distance, Reduce, Select, Softmax

from .choices import largest
from .convert import by_place
from .expressions import expression_below, numeric
from .make import Maker
from .prediction import Prediction, model
from .scope import Scope
from .targets import target_names
from .values import Number, Real
from .xml import Element, children, needed, real, refuse, tag, text

Activation = Callable[[Value, Maker], Real]


def _gauss(x: Value, maker: Maker) -> Real:
    return maker.unary("exp", maker.times(maker.unary("square", x), -1.0))


def _elliott(x: Value, maker: Maker) -> Real:
    return maker.over(x, maker.plus(maker.unary("absolute", x), 1.0))


ACTIVATIONS: Final[dict[str, Activation]] = {
    "identity": lambda x, maker: x,
    "logistic": lambda x, maker: maker.unary("expit", x),
    "tanh": lambda x, maker: maker.unary("tanh", x),
    "exponential": lambda x, maker: maker.unary("exp", x),
    "reciprocal": lambda x, maker: maker.unary("reciprocal", x),
    "square": lambda x, maker: maker.unary("square", x),
    "Gauss": _gauss,
    "sine": lambda x, maker: maker.unary("sin", x),
    "cosine": lambda x, maker: maker.unary("cos", x),
    "Elliott": _elliott,
    "arctan": lambda x, maker: maker.times(maker.unary("arctan", x), 2 / math.pi),
    "rectifier": lambda x, maker: maker.arithmetic("maximum", x, 0.0),
}
"""Activation functions on the neurons of a layer."""


class Neuron(NamedTuple):
    """Where a neuron's result lies."""

    layer: Value
    place: int


@model("NeuralNetwork")
def neural_network(element: Element, scope: Scope) -> Prediction:
    """Inputs, layers, outputs."""
    maker = scope.maker
    neurons: dict[str, Neuron] = {}
    inputs = list(children(needed(element, "NeuralInputs"), "NeuralInput"))
    values = [
        numeric(expression_below(needed(each, "DerivedField"), scope), maker) for each in inputs
    ]
    layer = maker.matrix(values)
    for place, each in enumerate(inputs):
        neurons[text(each, "id")] = Neuron(layer, place)
    for each in children(element, "NeuralLayer"):
        layer = _layer(each, element, neurons, maker)
        for place, neuron in enumerate(children(each, "Neuron")):
            neurons[text(neuron, "id")] = Neuron(layer, place)
    outputs = list(children(needed(element, "NeuralOutputs"), "NeuralOutput"))
    targets: dict[str, list[_Result]] = {}
    names = target_names(element)
    results = [_output(each, neurons, maker) for each in outputs]
    apart = len(names) > 1 or any(tag(each.field) != "NormDiscrete" for each in results)
    for result in results:
        targets.setdefault(text(result.field, "field") if apart else "", []).append(result)
    if not targets:
        refuse(element, "needs a NeuralOutput")
    several = {name: _predicted(found, scope) for name, found in targets.items()}
    first = several.get(names[0] if names else "") or next(iter(several.values()))
    if len(several) == 1:
        return first
    for name, prediction in several.items():
        prediction.target = name
    whole = Prediction(first.function, first.value, first.probabilities)
    whole.features = {**first.features, "targets": several}
    return whole


def _layer(element: Element, network: Element, neurons: dict[str, Neuron], maker: Maker) -> Value:
    members = list(children(element, "Neuron"))
    if not members:
        refuse(element, "needs a Neuron")
    sources = {text(con, "from"): 0 for neuron in members for con in children(neuron, "Con")}
    for place, name in enumerate(sources):
        if name not in neurons:
            refuse(element, f"there is no neuron {name!r:.40}")
        sources[name] = place
    before = gathered([neurons[name] for name in sources], maker)
    weights, biases = np.zeros((len(members), len(sources))), np.zeros(len(members))
    for row, neuron in enumerate(members):
        biases[row] = real(neuron, "bias", 0.0)
        for con in children(neuron, "Con"):
            weights[row, sources[text(con, "from")]] = real(con, "weight")
    name = element.get("activationFunction") or text(network, "activationFunction")
    if name == "radialBasis":
        result: Real = _radial(members, element, network, before, sources, maker)
    else:
        total = maker.add(Affine(weights, biases), before)
        result = _activated(name, total, element, network, maker)
    method = element.get("normalizationMethod") or network.get("normalizationMethod") or "none"
    return _normalised(method, maker.real(result), element, maker)


def gathered(neurons: Sequence[Neuron], maker: Maker) -> Value:
    """The results of neurons side by side."""
    layers = {each.layer.name: each.layer for each in neurons}
    if len(layers) == 1:
        layer = neurons[0].layer
        places = tuple(each.place for each in neurons)
        if places == tuple(range(layer.type.width)):
            return layer
        return maker.add(Select(places), layer)
    return maker.matrix([maker.column(each.layer, each.place) for each in neurons])


def _activated(name: str, x: Value, element: Element, network: Element, maker: Maker) -> Real:
    if name == "threshold":
        limit = real(element, "threshold", real(network, "threshold", 0.0))
        return maker.indicator(maker.compare("greater", x, limit))
    if name not in ACTIVATIONS:
        refuse(element, f"activationFunction {name!r:.40} is not known")
    return ACTIVATIONS[name](x, maker)


def _radial(
    members: list[Element],
    element: Element,
    network: Element,
    before: Value,
    sources: dict[str, int],
    maker: Maker,
) -> Value:
    """exp(n · ln(altitude) − Σ (x − w)² / (2 width²)) with n incoming connections."""
    results: list[Real] = []
    for neuron in members:
        cons = list(children(neuron, "Con"))
        centre = np.array([[real(con, "weight") for con in cons]])
        places = tuple(sources[text(con, "from")] for con in cons)
        squared = maker.add(
            Distance(centre, "sqeuclidean", np.ones(1), np.zeros((0, len(cons))), "ordered"),
            maker.add(Select(places), before),
        )
        spread = _inherited("width", neuron, element, network)
        height = _inherited("altitude", neuron, element, network, 1.0)
        z = maker.over(squared, 2 * spread * spread)
        results.append(maker.unary("exp", maker.minus(len(cons) * math.log(height), z)))
    return maker.matrix(results)


def _inherited(
    name: str, neuron: Element, layer: Element, network: Element, default: float | None = None
) -> float:
    for each in (neuron, layer, network):
        if each.get(name) is not None:
            return real(each, name)
    return real(neuron, name, default)


def _normalised(method: str, x: Value, element: Element, maker: Maker) -> Value:
    if method == "none":
        return x
    if method == "softmax":
        return maker.add(Softmax(), x)
    if method == "simplemax":
        return maker.real(maker.over(x, maker.add(Reduce("sum"), x)))
    refuse(element, f"normalizationMethod {method!r:.40} is not known")


class _Result(NamedTuple):
    """What an output neuron says: the expression that its value is of, the value, its id."""

    field: Element
    value: Real
    neuron: str


def _output(element: Element, neurons: dict[str, Neuron], maker: Maker) -> _Result:
    name = text(element, "outputNeuron")
    if name not in neurons:
        refuse(element, f"there is no neuron {name!r:.40}")
    neuron = neurons[name]
    derived = needed(element, "DerivedField")
    parts = list(children(derived, "FieldRef", "NormContinuous", "NormDiscrete"))
    if not parts:
        refuse(derived, "must hold FieldRef, NormContinuous or NormDiscrete")
    return _Result(parts[0], maker.column(neuron.layer, neuron.place), name)


def _predicted(outputs: list[_Result], scope: Scope) -> Prediction:
    """Of a target: a category by NormDiscrete, whose output neuron is the entity, or a number."""
    maker = scope.maker
    if all(tag(each.field) == "NormDiscrete" for each in outputs):
        table = {text(each.field, "value"): each.value for each in outputs}
        ids = {text(each.field, "value"): each.neuron for each in outputs}
        value = largest(list(table), list(table.values()), maker)
        result = Prediction("classification", value, table)
        entity = by_place(value.code, list(ids.values()), maker)
        result.features["entityId"] = entity
        return result
    if len(outputs) > 1:
        refuse(outputs[0].field, "several outputs of one number are not supported")
    field, x, _ = outputs[0]
    return Prediction("regression", Number(_original(field, x, maker)))


def _original(field: Element, x: Real, maker: Maker) -> Real:
    """The number that NormContinuous would have made x of."""
    if tag(field) == "FieldRef":
        return x
    if tag(field) == "NormDiscrete":
        refuse(field, "a regression needs NormContinuous or FieldRef")
    points = [(real(p, "norm"), real(p, "orig")) for p in children(field, "LinearNorm")]
    if len(points) < 2:
        refuse(field, "needs two LinearNorms")
    from .expressions import norm

    return norm(x, sorted(points), "asIs", maker)
