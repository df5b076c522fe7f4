"""Nodes of a tree: as columns, or as lists in document order, children after their parent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lxml import etree

from .passing import Plain
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
    """A node: its predicate, its attributes, its score distribution, its children's places."""

    predicate: Predicate
    attributes: dict[str, str]
    distribution: tuple[dict[str, str], ...]
    children: list[int]
    line: int


class Tree:
    """Nodes in document order; node 0 is the root. Partitions are left out.

    Attributes:
        plain: as columns, if they are so plain.
    """

    def __init__(
        self, plain: Plain | None, source: Callable[[], tuple[bytes, str, str, int]]
    ) -> None:
        self.plain = plain
        self._source = source
        self._nodes: list[Node] | None = None

    @property
    def nodes(self) -> list[Node]:
        """As lists, which take a kilobyte for a Node: they are read when they are asked for."""
        if self._nodes is None:
            self._nodes = _read(*self._source())
        return self._nodes

    def forget(self) -> None:
        """Give up the lists; they can be read again."""
        self._nodes = None

    def done(self) -> None:
        """Give up the columns as well, of a tree that is part of the graph by now."""
        self._nodes = self.plain = None


def _read(data: bytes, prefix: str, encoding: str, line: int) -> list[Node]:
    """The Nodes of a part of a document, which begins at that line."""
    parser = etree.XMLParser(
        encoding=encoding,
        recover=True,  # prefixes may be declared elsewhere; expat found it well-formed
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    bound = f' xmlns:{prefix[:-1]}="tree"' if prefix else ""
    whole = f"<tree{bound}>".encode(encoding) + data + "</tree>".encode(encoding)
    return compact(etree.fromstring(whole, parser)[0], line - 1)


PREDICATES = frozenset(
    ["SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False"]
)


def predicate(element: Element, before: int = 0) -> Predicate:
    """Read a predicate element, of a part of the document that so many lines come before."""
    kind, line = tag(element), line_of(element) + before
    if kind == "SimplePredicate":
        get = element.get
        return Predicate(kind, get("operator", ""), get("field", ""), get("value"), (), line)
    if kind == "SimpleSetPredicate":
        arrays = [each for each in element if tag(each) == "Array"]
        items = tuple(array(arrays[0])) if arrays else ()
        return Predicate(
            kind, element.get("booleanOperator", ""), element.get("field", ""), items, (), line
        )
    if kind == "CompoundPredicate":
        parts = tuple(predicate(each, before) for each in element if tag(each) in PREDICATES)
        return Predicate(kind, element.get("booleanOperator", ""), "", None, parts, line)
    return Predicate(kind, line=line)


def compact(root: Element, before: int) -> list[Node]:
    """The Nodes below and with `root`, without recursion."""
    nodes: list[Node] = []
    stack: list[tuple[Element, int]] = [(root, -1)]
    while stack:
        element, parent = stack.pop()
        if parent >= 0:
            nodes[parent].children.append(len(nodes))
        condition, distribution, below = Predicate("True"), [], []
        for each in element:
            kind = tag(each)
            if kind == "Node":
                below.append((each, len(nodes)))
            elif kind in PREDICATES:
                condition = predicate(each, before)
            elif kind == "ScoreDistribution":
                distribution.append(attributes(each))
        line = line_of(element) + before
        nodes.append(Node(condition, attributes(element), tuple(distribution), [], line))
        stack.extend(reversed(below))
    return nodes
