"""Terms: text to counts of its terms, each distinct text once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Terms
from scorebundle.bundle.patterns import work_of

from .encode import Categories
from .murmur import murmur3

MAX_WORK: Final = 1 << 22
"""Most characters of a text, times the number of lengths of n-grams."""
WHITE_SPACES: Final = re.compile(r"\s\s+")
ABSENT: Final = (-1, -1)
"""Entries of a row whose text is missing or too long: the row is refused."""


class Counter:
    """A Terms node's rule."""

    def __init__(self, op: Terms) -> None:
        self._op = op
        self._longest = MAX_WORK // (op.ngrams[1] - op.ngrams[0] + 1)
        self._terms = _analyzer(op)
        self._places = {term: place for place, term in enumerate(op.vocabulary)}
        self._work = work_of(op.pattern) if op.analyzer == "word" else None

    def counts(self, column: Categories) -> tuple[Array, Array, Array]:
        """Per row, first and behind last of its entries (rows, 2); the entries' columns; counts."""
        spans = np.empty((len(column.values), 2), np.int64)
        columns: list[int] = []
        counts: list[int] = []
        for row, text in enumerate(column.values):
            prepared = self._prepared(text)
            if prepared is None:
                spans[row] = ABSENT
                continue
            found = self._counted(self._terms(prepared))
            first = len(columns)
            places = sorted(found)
            columns += places
            counts += [1] * len(places) if self._op.binary else map(found.__getitem__, places)
            spans[row] = first, len(columns)
        if column.of_row is not None:
            spans = spans[column.of_row]
        return spans, np.array(columns, np.int32), np.array(counts, np.float64)

    def _prepared(self, text: Any) -> str | None:
        """The text as its terms are sought in it; None if it is missing or too long."""
        if not isinstance(text, str) or len(text) > self._longest:
            return None
        if self._op.lowercase:
            text = text.lower()
        if self._op.hashed and not _has_bytes(text):
            return None
        if self._op.accents != "keep" and not text.isascii():
            text = _without_accents(text, self._op.accents)
        return text if self._work is None or self._work.admits(text) else None

    def _counted(self, terms: Iterable[str]) -> dict[int, int]:
        """Counts by column."""
        if not self._op.hashed:
            found: dict[Any, int] = Tally(map(self._places.get, terms))
            found.pop(None, None)
            return found
        found = {}
        for term, count in Tally(terms).items():
            number = murmur3(term.encode())
            place = abs(number) % self._op.hashed
            signed = -count if self._op.signed and number < 0 else count
            found[place] = found.get(place, 0) + signed
        return found


def _has_bytes(text: str) -> bool:
    """Whether UTF-8 can hold it: half surrogate pairs have no bytes to hash."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_accents(text: str, accents: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    if accents == "ascii":
        return apart.encode("ascii", "ignore").decode("ascii")
    return "".join(c for c in apart if not unicodedata.combining(c))


def _analyzer(op: Terms) -> Callable[[str], Iterable[str]]:
    low, high = op.ngrams
    if op.analyzer == "char":
        return lambda text: _windows(WHITE_SPACES.sub(" ", text), low, high)
    if op.analyzer == "char_wb":
        return lambda text: _within_words(text, low, high)
    tokens = re.compile(op.pattern).findall
    stop = frozenset(op.stop_words)

    def words(text: str) -> Iterable[str]:
        found: Sequence[str] = tokens(text)
        if stop:
            found = [word for word in found if word not in stop]
        return found if high == 1 else _in_a_row(found, low, high)

    return words


def _in_a_row(words: Sequence[str], low: int, high: int) -> Iterator[str]:
    for n in range(low, min(high, len(words)) + 1):
        for first in range(len(words) - n + 1):
            yield " ".join(words[first : first + n])


def _windows(text: str, low: int, high: int) -> Iterator[str]:
    for n in range(low, min(high, len(text)) + 1):
        for first in range(len(text) - n + 1):
            yield text[first : first + n]


def _within_words(text: str, low: int, high: int) -> Iterator[str]:
    """n-grams of each word with a space on both sides; of a shorter one, itself for the first n
    that it is not longer than."""
    for word in text.split():
        padded = f" {word} "
        for n in range(low, high + 1):
            yield padded[:n]
            if n >= len(padded):
                break
            for first in range(1, len(padded) - n + 1):
                yield padded[first : first + n]
