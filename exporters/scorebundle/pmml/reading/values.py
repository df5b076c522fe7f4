"""Values of fields while a document is read: three-valued, and of few kinds.

    Number   a number of any type but string; NaN is the missing value
    Text     a code into a list of words; −1 is a word not listed, MISSING no word
    Truth    a condition that is true, false, or neither, which PMML calls unknown

What is known while reading is a Python float, int or bool; it becomes a value of the graph only
where it is needed. Strings never enter the graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from scorebundle.bundle.graph import Value

MISSING: Final = 1 << 31
"""Code of a missing text."""
UNKNOWN: Final = -1
"""Code of a text that is not listed."""

Real = Value | float
"""float64[1] of the graph, or a constant."""
Bool = Value | bool
"""bool[1] of the graph, or a constant."""
Code = Value | int
"""int64[1] of the graph, or a constant."""


class Words:
    """The texts that codes stand for.

    Attributes:
        words: by code.
        open: whether a word that the document mentions later is added, as for an input column,
            of which any text may come.
        phrase: what an open list's codes are read from (see `Phrase`).
    """

    def __init__(self, words: Iterable[str] = (), phrase: Any = None) -> None:
        self.words: list[str] = []
        self.places: dict[str, int] = {}
        self.open = True
        self.phrase = phrase
        for word in words:
            self.code(word)
        self.open = phrase is not None

    def code(self, word: str) -> int:
        """The code of a word; UNKNOWN if the list is closed and lacks it."""
        place = self.places.get(word)
        if place is None:
            if not self.open:
                return UNKNOWN
            place = self.places[word] = len(self.words)
            self.words.append(word)
        return place


class Number(NamedTuple):
    """A number of a PMML type."""

    value: Real
    kind: str = "double"


class Text(NamedTuple):
    """A text by its code."""

    code: Code
    words: Words
    kind: str = "string"


Field = Number | Text


class Truth(NamedTuple):
    """A condition: `yes` where it is true, `no` where it is false, else unknown."""

    yes: Bool
    no: Bool


NOTHING = Number(float("nan"), "double")
"""The missing value."""


def word(text: str) -> Text:
    """A constant text."""
    return Text(0, Words([text]))
