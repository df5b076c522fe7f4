"""BayesianNetworkModel: exact inference of a discrete node by eliminating variables.

A factor is a table over some of the nodes, flat, the last node's values side by side; it holds a
number for each combination of their values. What a row does not tell is summed over.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.ops import Select

from .choices import largest
from .densities import likelihood
from .expressions import absent
from .make import Maker
from .mapping import positions
from .prediction import Prediction, model
from .scope import Scope
from .values import Real
from .xml import Element, child, children, needed, real, refuse, tag, text

MAX_NODES: Final = 512
MAX_TABLE: Final = 4096
"""Most combinations that a factor may hold."""


class Factor(NamedTuple):
    """A table over nodes."""

    nodes: tuple[str, ...]
    table: Real


@model("BayesianNetworkModel")
def bayesian_network(element: Element, scope: Scope) -> Prediction:
    """P(target | what is known) ∝ Σ over the other nodes' values of Π P(node | its parents).

    A ContinuousNode gives its density; one that no row tells is integrated out, which leaves 1.
    """
    nodes = {text(e, "name"): e for e in children(needed(element, "BayesianNetworkNodes"))}
    if len(nodes) > MAX_NODES:
        refuse(element, f"needs at most {MAX_NODES} nodes")
    for each in nodes.values():
        if child(each, "DerivedField") is not None:
            refuse(each, "only nodes without DerivedFields are supported")
    continuous = {name: e for name, e in nodes.items() if tag(e) == "ContinuousNode"}
    nodes = {name: e for name, e in nodes.items() if name not in continuous}
    values = {name: _values(each) for name, each in nodes.items()}
    usages = {
        text(each, "name"): each.get("usageType", "active")
        for each in children(needed(element, "MiningSchema"), "MiningField")
    }
    targets = [name for name in nodes if usages.get(name) in ("target", "predicted")]
    if len(targets) != 1:
        refuse(element, "needs one DiscreteNode that is the target")
    network = _Network(values, element, scope.maker)
    factors = [_conditional(each, values, network) for each in nodes.values()]
    known = [name for name in nodes if usages.get(name) == "active"]
    factors += [_evidence(name, values[name], element, scope) for name in known]
    for name, each in continuous.items():
        if usages.get(name) == "active":
            parents, densities = likelihood(each, values, scope)
            factors.append(Factor(parents, scope.maker.matrix(densities)))
        elif any(e.get("field") == name for other in continuous.values() for e in other.iter()):
            refuse(each, "is no active field, and another node depends on its number")
    last = network.eliminated(factors, targets[0])
    return _normalised(targets[0], values[targets[0]], network.spread(last), scope.maker)


def _values(node: Element) -> list[str]:
    """The values of a node, as its probabilities name them."""
    tables = [node, *children(node, "DiscreteConditionalProbability")]
    found = [text(p, "value") for each in tables for p in children(each, "ValueProbability")]
    if not found:
        refuse(node, "needs a ValueProbability")
    return list(dict.fromkeys(found))


def _conditional(node: Element, values: dict[str, list[str]], network: _Network) -> Factor:
    """P(node | parents), the node's values side by side."""
    name, parts = text(node, "name"), list(children(node, "DiscreteConditionalProbability"))
    parents = [] if not parts else [text(p, "parent") for p in children(parts[0], "ParentValue")]
    scopes = (*parents, name)
    if any(each not in values for each in scopes) or len(set(scopes)) < len(scopes):
        refuse(node, "has a parent that is no other node")
    table = np.zeros(network.shape(scopes))
    told: set[tuple[str, ...]] = set()
    for part in parts or [node]:
        given = {text(p, "parent"): text(p, "value") for p in children(part, "ParentValue")}
        if given.keys() != set(parents):
            refuse(part, "does not name each parent")
        told.add(tuple(given[parent] for parent in parents))
        for each in children(part, "ValueProbability"):
            known = {**given, name: text(each, "value")}
            if any(known[n] not in values[n] for n in scopes):
                refuse(part, "names a value that is none of its parent's")
            place = tuple(values[n].index(known[n]) for n in scopes)
            table[place] = real(each, "probability")
    if len(told) != math.prod(len(values[parent]) for parent in parents):
        refuse(node, "needs a table for each combination of its parents' values")
    return Factor(scopes, network.maker.constant(table.ravel()))


def _evidence(name: str, values: list[str], where: Element, scope: Scope) -> Factor:
    """1 for the value that a row tells, and for each value if it tells none."""
    maker, field = scope.maker, scope.get(name, where)
    place = positions(field, values, maker, where)
    code = maker.choose_code(absent(field, maker), len(values), place)
    rows = np.vstack([np.eye(len(values)), np.ones(len(values))])
    return Factor((name,), maker.look_up(code, rows, 0.0))


class _Network:
    """Arithmetic of factors.

    Attributes:
        values: of each node.
        where: what is refused if a table grows too large.
    """

    def __init__(self, values: dict[str, list[str]], where: Element, maker: Maker) -> None:
        self.values, self.where, self.maker = values, where, maker

    def shape(self, nodes: tuple[str, ...]) -> tuple[int, ...]:
        """How many values each node has."""
        found = tuple(len(self.values[name]) for name in nodes)
        if math.prod(found) > MAX_TABLE:
            refuse(self.where, f"needs tables of more than {MAX_TABLE} combinations")
        return found

    def spread(self, factor: Factor) -> list[Real]:
        """The numbers of a factor, one by one."""
        return list(self.maker.spread(self.maker.real(factor.table)))

    def eliminated(self, factors: list[Factor], target: str) -> Factor:
        """All factors multiplied and summed over every node but the target."""
        left = [name for name in self.values if name != target]
        while left:
            name = min(left, key=lambda each: len(self._around(each, factors)))
            left.remove(name)
            joined = self._product([each for each in factors if name in each.nodes])
            factors = [each for each in factors if name not in each.nodes]
            factors.append(self._summed(joined, name))
        return self._product(factors)

    def _around(self, name: str, factors: list[Factor]) -> set[str]:
        return {node for each in factors if name in each.nodes for node in each.nodes}

    def _product(self, factors: list[Factor]) -> Factor:
        nodes = tuple(dict.fromkeys(name for each in factors for name in each.nodes))
        wide = [self._wide(each, nodes) for each in factors]
        result = wide[0]
        for each in wide[1:]:
            result = self.maker.times(result, each)
        return Factor(nodes, result)

    def _wide(self, factor: Factor, nodes: tuple[str, ...]) -> Real:
        """The factor's number for each combination of the nodes."""
        shape = self.shape(factor.nodes)
        spots = [nodes.index(name) for name in factor.nodes]
        combinations = product(*map(range, self.shape(nodes)))
        places = [
            int(np.ravel_multi_index([each[spot] for spot in spots], shape)) if spots else 0
            for each in combinations
        ]
        return self.maker.add(Select(tuple(places)), self.maker.real(factor.table))

    def _summed(self, factor: Factor, name: str) -> Factor:
        spot, shape = factor.nodes.index(name), self.shape(factor.nodes)
        places = np.arange(math.prod(shape)).reshape(shape)
        table = self.maker.real(factor.table)
        slices = [
            self.maker.add(Select(tuple(places.take(value, spot).ravel().tolist())), table)
            for value in range(shape[spot])
        ]
        rest = factor.nodes[:spot] + factor.nodes[spot + 1 :]
        return Factor(rest, self.maker.plus(*slices))


def _normalised(name: str, values: list[str], votes: list[Real], maker: Maker) -> Prediction:
    total = maker.plus(*votes)
    shares = [maker.over(vote, total) for vote in votes]
    prediction = Prediction("classification", largest(values, shares, maker))
    prediction.probabilities = dict(zip(values, shares, strict=True))
    prediction.target = name
    return prediction
