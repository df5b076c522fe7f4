"""What is known of values before any row comes: which columns can be NaN or infinite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array, Operator
from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import (
    Cast,
    Concat,
    Constant,
    Lookup,
    Missing,
    OneHot,
    Require,
    Select,
    Where,
)


class Possible(NamedTuple):
    """Per column, whether a row that was not refused may hold such a number."""

    nan: Array
    infinite: Array


class Facts:
    """What is known of each value of a graph.

    Attributes:
        types: type of every value.
    """

    def __init__(self, graph: Graph) -> None:
        self.types = graph.types
        self._made = {node.output: node for node in graph.nodes}
        self._found: dict[str, Possible] = {}
        for node in graph.nodes:
            self._found[node.output] = self._of(node)

    def broken(self, value: str, rule: str) -> Array:
        """Per column, whether a row may break a `Require` rule there."""
        if rule == "known":
            return np.ones(self.types[value].width, bool)
        found = self._found[value]
        if rule == "finite":
            return found.nan | found.infinite
        return found.infinite if rule == "not infinite" else found.nan

    def of(self, value: str) -> Possible:
        """What a value may hold."""
        return self._found[value]

    def maker(self, value: str) -> Node:
        """The node that makes a value."""
        return self._made[value]

    def _of(self, node: Node) -> Possible:
        rule = RULES.get(type(node.op))
        if self.types[node.output].dtype not in ("float32", "float64"):
            return _all(self.types[node.output].width, False)
        if rule is None:
            return _all(self.types[node.output].width, True)
        return rule(node.op, node, self)


def _all(width: int, possible: bool) -> Possible:
    return Possible(np.full(width, possible), np.full(width, possible))


def _numbers(numbers: Array) -> Possible:
    nan, infinite = np.isnan(numbers), np.isinf(numbers)
    return Possible(np.asarray(nan.any(axis=0)), np.asarray(infinite.any(axis=0)))


Rule = Callable[[Any, Node, Facts], Possible]
RULES: dict[type[Operator], Rule] = {
    Constant: lambda op, node, facts: _numbers(op.value[None]),
    OneHot: lambda op, node, facts: _all(op.size, False),
    Lookup: lambda op, node, facts: _numbers(np.vstack([op.table, op.default[None]])),
}


def _knows(operator: type[Operator]) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        RULES[operator] = function
        return function

    return register


@_knows(Concat)
def _concat(op: Concat, node: Node, facts: Facts) -> Possible:
    parts = [facts.of(name) for name in node.inputs]
    nan, infinite = zip(*parts, strict=True)
    return Possible(np.concatenate(nan), np.concatenate(infinite))


@_knows(Select)
def _select(op: Select, node: Node, facts: Facts) -> Possible:
    found, indices = facts.of(node.inputs[0]), list(op.indices)
    return Possible(found.nan[indices], found.infinite[indices])


@_knows(Cast)
def _cast(op: Cast, node: Node, facts: Facts) -> Possible:
    """Only float64 → float32 can make a number infinite."""
    found = facts.of(node.inputs[0])
    narrows = (facts.types[node.inputs[0]].dtype, op.dtype) == ("float64", "float32")
    return Possible(found.nan, found.infinite | narrows)


@_knows(Require)
def _require(op: Require, node: Node, facts: Facts) -> Possible:
    found = facts.of(node.inputs[0])
    nan = found.nan & (op.rule == "not infinite")
    return Possible(nan, found.infinite & (op.rule == "not missing"))


@_knows(Where)
def _where(op: Where, node: Node, facts: Facts) -> Possible:
    """An imputed column keeps no NaN: where x is missing, another number stands."""
    condition, a, b = node.inputs
    width = facts.types[node.output].width
    nan_a, infinite_a = (np.broadcast_to(part, width) for part in facts.of(a))
    nan_b, infinite_b = (np.broadcast_to(part, width) for part in facts.of(b))
    asked = facts.maker(condition)
    if isinstance(asked.op, Missing) and np.isnan(asked.op.value[0]) and asked.inputs == (b,):
        nan_b = np.zeros(width, bool)
    return Possible(nan_a | nan_b, infinite_a | infinite_b)
