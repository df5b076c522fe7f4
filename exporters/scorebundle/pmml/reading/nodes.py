"""Nodes of a tree in compact form: lists in document order, children after their parent."""

from __future__ import annotations

from typing import Any, NamedTuple

from .xml import Element, array, attributes, line_of, tag


class Predicate(NamedTuple):
    """A condition on fields, as the document has it.

    Attributes:
        kind: SimplePredicate, SimpleSetPredicate, CompoundPredicate, True, False.
        operator: of that kind; empty for True and False.
        field: what it asks.
        value: what it compares with; of a set, its items.
        parts: the predicates that a compound one combines.
        line: where it stands.
    """

    kind: str
    operator: str = ""
    field: str = ""
    value: Any = None
    parts: tuple[Predicate, ...] = ()
    line: int = 0


class Node(NamedTuple):
    """A node: its predicate, its attributes, its score distribution, its children's places, its
    line, and the Regression or DecisionTree that predicts in its place."""

    predicate: Predicate
    attributes: dict[str, str]
    distribution: tuple[dict[str, str], ...]
    children: list[int]
    line: int
    model: Element | None = None


class Tree(NamedTuple):
    """Nodes in document order; node 0 is the root. `partitions` are left out."""

    nodes: list[Node]


EMBEDDED = frozenset(["Regression", "DecisionTree"])
"""Models without a MiningSchema, inside a Node or a MiningModel."""
PREDICATES = frozenset(
    ["SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False"]
)


def predicate(element: Element) -> Predicate:
    """Read a predicate element."""
    kind, line = tag(element), line_of(element)
    if kind == "SimplePredicate":
        get = element.get
        return Predicate(kind, get("operator", ""), get("field", ""), get("value"), (), line)
    if kind == "SimpleSetPredicate":
        arrays = [each for each in element if tag(each) == "Array"]
        items = tuple(array(arrays[0])) if arrays else ()
        # Rattle before 1.1 called it operator.
        operator = element.get("booleanOperator") or element.get("operator") or ""
        return Predicate(kind, operator, element.get("field", ""), items, (), line)
    if kind == "CompoundPredicate":
        parts = tuple(predicate(each) for each in element if tag(each) in PREDICATES)
        return Predicate(kind, element.get("booleanOperator", ""), "", None, parts, line)
    return Predicate(kind, line=line)


def compact(root: Element) -> Tree:
    """The Nodes below and with `root`, without recursion."""
    nodes: list[Node] = []
    stack: list[tuple[Element, int]] = [(root, -1)]
    while stack:
        element, parent = stack.pop()
        if parent >= 0:
            nodes[parent].children.append(len(nodes))
        condition, distribution, below, model = Predicate("True"), [], [], None
        for each in element:
            kind = tag(each)
            if kind == "Node":
                below.append((each, len(nodes)))
            elif kind in PREDICATES:
                condition = predicate(each)
            elif kind == "ScoreDistribution":
                distribution.append(attributes(each))
            elif kind in EMBEDDED:
                model = each
        line = line_of(element)
        nodes.append(Node(condition, attributes(element), tuple(distribution), [], line, model))
        stack.extend(reversed(below))
    return Tree(nodes)
