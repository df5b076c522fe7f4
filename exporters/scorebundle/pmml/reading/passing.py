"""A tree's Nodes while they pass by, as columns (PMML, TreeModel: Node).

    parent      of each Node, −1 of the root
    asks        what its predicate asks: the place of the operator in ASKED; True is ALWAYS
    field       the place of the field's name among the document's words
    value       the number it compares with; of a text or a set, its place among the words
    score       the number; of a classification, its place among the words; NaN if none
    default     the child of that id, −1 if none
    shares      per ScoreDistribution: Node, category (a word), recordCount, probability

A tree that says anything else (compound predicates, for example) has no such columns; its Nodes
are read from the document once more when they are needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

ASKED: Final = (
    *("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"),
    *("equal", "notEqual", "isIn", "isNotIn"),
)
COMPARED: Final = 4
"""So many of them compare with a number."""
PLACES: Final = {name: place for place, name in enumerate(ASKED)}
ALWAYS: Final = -1
ITEMS: Final = " items"
"""Among a set predicate's attributes, of which none can have this name: its Array."""
EMBEDDED: Final = frozenset(["Regression", "DecisionTree"])
"""Models without a MiningSchema, inside a Node or a MiningModel."""


class Words:
    """The document's words, by place."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.places: dict[str, int] = {}

    def place(self, word: str) -> int:
        """The place of a word."""
        found = self.places.setdefault(word, len(self.words))
        if found == len(self.words):
            self.words.append(word)
        return found


class Plain(NamedTuple):
    """The columns of a tree; see above."""

    parent: Array
    asks: Array
    field: Array
    value: Array
    score: Array
    default: Array
    shares: tuple[Array, Array, Array, Array]
    words: list[str]


class Passing:
    """Follows expat through one tree.

    Attributes:
        prefix: of the elements' names.
        plain: the columns, once the tree has passed by; None if it has none.
        embeds: whether there are models inside of Nodes.
    """

    def __init__(
        self, parser: Any, root: str, words: Words, categories: bool, done: Callable[[], None]
    ) -> None:
        self.prefix = root[: -len("Node")]
        self.words, self.categories = words, categories
        self.plain: Plain | None = None
        self.embeds = False
        self.parents: list[int] = []
        self.nodes: list[dict[str, str]] = []
        self.predicates: list[Any] = []
        self.shares: list[tuple[int, dict[str, str]]] = []
        self.start = self._handlers(parser, root, done)

    def _handlers(self, parser: Any, node: str, done: Callable[[], None]) -> Any:
        """Set the parser's handlers, which are closures: they are called for every element."""
        parents, nodes, predicates = self.parents, self.nodes, self.predicates
        stack, text = [-1], list[str]()
        embedded = [self.prefix + name for name in EMBEDDED]
        simple, always, share, among, array = (
            self.prefix + name
            for name in (
                *("SimplePredicate", "True", "ScoreDistribution"),
                *("SimpleSetPredicate", "Array"),
            )
        )

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == node:
                parents.append(stack[-1])
                stack.append(len(nodes))
                nodes.append(attributes)
                predicates.append(None)
            elif name == simple:
                predicates[stack[-1]] = attributes
            elif name == among:
                predicates[stack[-1]] = attributes
                attributes[ITEMS] = ""
            elif name == share:
                self.shares.append((stack[-1], attributes))
            elif name == array and ITEMS in (predicates[stack[-1]] or ()):
                parser.CharacterDataHandler = text.append
            elif name != always:
                self.embeds |= name in embedded
                give_up()

        def end(name: str) -> None:
            if name == node:
                stack.pop()
                if len(stack) == 1:
                    self.plain = self._columns()
                    for each in (parents, nodes, predicates, self.shares):
                        each.clear()
                    done()
            elif name == array:
                parser.CharacterDataHandler = None
                predicates[stack[-1]][ITEMS] = "".join(text)
                text.clear()

        def give_up() -> None:
            parser.StartElementHandler, parser.EndElementHandler = deeper, back
            parser.CharacterDataHandler = None

        def deeper(name: str, _: object) -> None:
            self.embeds |= name in embedded
            if name == node:
                stack.append(0)

        def back(name: str) -> None:
            if name == node:
                stack.pop()
                if len(stack) == 1:
                    done()

        parser.StartElementHandler, parser.EndElementHandler = start, end
        return start

    def _columns(self) -> Plain | None:
        try:
            asks, field, value = self._predicates()
            words = self.words.place
            shares = self.shares
            return Plain(
                np.array(self.parents, np.int32),
                asks,
                field,
                value,
                self._scores(),
                self._defaults(),
                (
                    np.array([node for node, _ in shares], np.int32),
                    np.array([words(each["value"]) for _, each in shares], np.int32),
                    np.array([float(each.get("recordCount", 0)) for _, each in shares]),
                    np.array([float(each.get("probability", math.nan)) for _, each in shares]),
                ),
                self.words.words,
            )
        except (KeyError, ValueError):
            return None

    def _predicates(self) -> tuple[Array, Array, Array]:
        places, words = PLACES, self.words.place
        asks: list[int] = []
        field: list[int] = []
        value: list[float] = []
        for each in self.predicates:
            if each is None:
                asks.append(ALWAYS)
                field.append(-1)
                value.append(0.0)
                continue
            several = ITEMS in each
            asked = places[each["booleanOperator" if several else "operator"]]
            asks.append(asked)
            field.append(words(each["field"]))
            if asked < COMPARED:
                value.append(_number(each["value"]))
            else:
                value.append(words(each[ITEMS if several else "value"]))
        return np.array(asks, np.int8), np.array(field, np.int32), np.array(value, np.float64)

    def _scores(self) -> Array:
        stated = [each.get("score") for each in self.nodes]
        if self.categories:
            words = self.words.place
            return np.array([math.nan if s is None else words(s) for s in stated], np.float64)
        return np.array([math.nan if s is None else float(s) for s in stated], np.float64)

    def _defaults(self) -> Array:
        """The child that each Node names."""
        found = np.full(len(self.nodes), -1, np.int32)
        stated = [each.get("defaultChild") for each in self.nodes]
        if any(stated):
            ids = [each.get("id") for each in self.nodes]
            for node, parent in enumerate(self.parents):
                if parent >= 0 and ids[node] is not None and stated[parent] == ids[node]:
                    if found[parent] < 0:
                        found[parent] = node
            if any(each is not None and found[i] < 0 for i, each in enumerate(stated)):
                raise ValueError("a child is named that is not there")
        return found


def _number(text: str) -> float:
    """A number that every type of number spells so."""
    if "_" in text:
        raise ValueError(text)
    return float(text)
