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


class Source(NamedTuple):
    """What an open text is made of: input columns, and the steps of a `Phrase`."""

    columns: tuple[str, ...]
    steps: tuple[tuple[Any, ...], ...] = (("column", 0),)

    @property
    def column(self) -> str | None:
        """The one column that it is as it is."""
        return self.columns[0] if self.steps == (("column", 0),) else None


class Words:
    """The texts that codes stand for.

    Attributes:
        words: by code.
        open: whether a word that the document mentions later is added, as for an input column,
            of which any text may come.
    """

    def __init__(self, words: Iterable[str] = (), open: bool = False) -> None:
        self.words: list[str] = []
        self.places: dict[str, int] = {}
        self.open = True
        for word in words:
            self.code(word)
        self.open = open

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
    """A number of a PMML type.

    Attributes:
        value, kind: the number, and its type.
        known: all numbers that it can be, besides the missing value; None if they are not known.
    """

    value: Real
    kind: str = "double"
    known: tuple[float, ...] | None = None


class Text(NamedTuple):
    """A text by its code.

    Attributes:
        code, words: the code, and what it stands for.
        source: of an open text, what its code is read from; None if it was treated since.
        whole: whether an open text can hold no word but those listed now.
        choice: a condition, the text where it holds, and the text elsewhere, of an open text that
            was chosen: what changes texts goes into both.
    """

    code: Code
    words: Words
    source: Source | None = None
    whole: bool = False
    choice: tuple[Bool, Text, Text] | None = None

    @property
    def kind(self) -> str:
        """The data type."""
        return "string"


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
