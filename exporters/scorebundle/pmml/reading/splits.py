"""What the predicates of a tree's columns become: features, thresholds and sets of codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

from .passing import ASKED, COMPARED, PLACES, Plain
from .scope import Scope
from .values import Field, Number, Text
from .xml import items

if TYPE_CHECKING:
    from .forest import Forest

BELOW: Final = np.isin(ASKED, ["lessThan", "greaterOrEqual"])
"""Whether the number itself is on the right side."""
SETS: Final = PLACES["isIn"]
"""The place of the first that asks for one of several."""
UNSEEN, DOUBLE, SINGLE, TEXT, OTHER = range(5)
"""Kinds of fields."""


class Splits(NamedTuple):
    """What each Node's predicate becomes."""

    feature: Array
    threshold: Array
    category_set: Array


class Fields:
    """What the document's words mean as fields of a scope, as columns by word.

    Attributes:
        kind: of the field; UNSEEN until it is asked for.
        feature: its place in the forest.
    """

    def __init__(self) -> None:
        self.kind = np.zeros(1, np.int8)  # Nodes that ask nothing have word -1, the last
        self.feature = np.zeros(1, np.int32)

    def see(self, words: list[str], asked: Array, scope: Scope, forest: Forest) -> None:
        """Look up the words that are asked and were not seen."""
        more = len(words) - len(self.kind)
        if more > 0:  # twice as many as needed, as words come with every tree
            self.kind = np.append(self.kind, np.zeros(more + len(words), np.int8))
            self.feature = np.append(self.feature, np.zeros(more + len(words), np.int32))
        for word in sorted(set(asked[self.kind[asked] == UNSEEN].tolist())):
            field = scope.find(words[word])
            self.kind[word] = _kind(field)
            if isinstance(field, Text):
                self.feature[word] = forest.feature_of(forest.code_of(field))
            elif isinstance(field, Number):
                self.feature[word] = forest.feature_of(field.value)


def _kind(field: Field | None) -> int:
    if isinstance(field, Text):
        return TEXT
    if field is None or field.kind not in ("integer", "double", "float"):
        return OTHER
    return SINGLE if field.kind == "float" else DOUBLE


def splits_of(tree: Plain, asked: Array, scope: Scope, forest: Forest) -> Splits | None:
    """Features, thresholds and sets of the Nodes that are asked."""
    fields = forest.fields_of(scope)
    fields.see(tree.words, tree.field[asked], scope, forest)
    kind = np.where(asked, fields.kind[tree.field], UNSEEN)
    compared = tree.asks < COMPARED
    text = kind == TEXT
    if (kind == OTHER).any() or (asked & (text == compared)).any():
        return None
    feature = np.where(asked, fields.feature[tree.field], -1)
    sets = np.full(len(asked), -1, np.int32)
    threshold = tree.value.copy()
    with np.errstate(over="ignore"):
        single = kind == SINGLE
        threshold[single] = threshold[single].astype(np.float32)
        below = asked & compared & BELOW[tree.asks]
        threshold[below] = np.nextafter(threshold[below], -np.inf)
    for word in sorted(set(tree.field[text].tolist())):
        here = text & (tree.field == word)
        field = scope.find(tree.words[word])
        assert isinstance(field, Text)
        sets[here] = _sets(tree, here, field, forest)
        threshold[here] = 0.0
    return Splits(feature, threshold, sets)


def _sets(tree: Plain, here: Array, field: Text, forest: Forest) -> Array:
    """The sets of codes that texts are looked for in."""
    keys = np.stack([tree.value[here].astype(np.int64), tree.asks[here] >= SETS], axis=1)
    distinct, which = np.unique(keys, axis=0, return_inverse=True)
    found = []
    for word, several in distinct.tolist():
        text = tree.words[word]
        codes = map(field.words.code, items(text) if several else [text])
        found.append(forest.set_of(frozenset(code for code in codes if code >= 0)))
    return np.array(found, np.int32)[which.ravel()]
