"""Nodes of a tree: as columns, or as lists in document order, children after their parent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lxml import etree

from scorebundle.bundle import BundleError

from .passing import EMBEDDED, Plain
from .xml import MEMBER, Element, array, attributes, line_of, tag


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


class Tree:
    """Nodes in document order; node 0 is the root. Partitions are left out.

    Attributes:
        plain: as columns, if they are so plain.
        embeds: whether there are models inside of Nodes.
    """

    def __init__(
        self,
        plain: Plain | None,
        source: Callable[[], tuple[bytes, str, str, int]],
        embeds: bool = False,
    ) -> None:
        self.plain, self.embeds = plain, embeds
        self._source = source
        self._nodes: list[Node] | None = None

    @classmethod
    def of(cls, nodes: list[Node]) -> Tree:
        """The tree of some Nodes."""
        made = cls(None, lambda: (b"", "", "utf-8", 1))
        made._nodes = nodes
        return made

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


MAX_LINES = 1 << 16
"""Lines of elements beyond are not told apart."""


def _read(data: bytes, prefix: str, encoding: str, line: int) -> list[Node]:
    """The Nodes of a part of a document, which begins at that line.

    Raises:
        BundleError: if they are nested more deeply than lxml reads.
    """
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
    before = "\n" * min(line - 1, MAX_LINES)
    whole = f"{before}<tree{bound}>".encode(encoding) + data + "<end/></tree>".encode(encoding)
    tree = etree.fromstring(whole, parser)
    if len(tree) == 0 or tree[-1].tag != "end":  # what follows is lost without an error
        raise BundleError("is nested too deeply", member=MEMBER, node=f"Node (line {line})")
    return compact(tree[0])


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


def compact(root: Element) -> list[Node]:
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
    return nodes
