"""Regular expressions of a document on its own words: in bounded time and memory."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.patterns import Work, template, work_of

from .xml import Element, refuse

MAX_GROUPS: Final = 99
"""Most capturing groups of a pattern whose matches are replaced, or asked for."""
MAX_CHARACTERS: Final = 1 << 24
"""Most characters that a replacement may make of a word."""


def pattern_of(source: str, where: Element, groups: int = 1) -> str:
    """A regular expression, in Python's spelling, whose work on a text has a bound."""
    try:
        work_of(source, groups)
    except Violation as broken:
        refuse(where, f"regular expression {source!r:.60} {broken}")
    return source


def searchable(word: str, pattern: str, where: Element) -> str:
    """A word of the document, on which a regular expression does not take too long."""
    if not _work(pattern).admits(word):
        refuse(where, f"regular expression {pattern!r:.60} would take too long on {word!r:.40}")
    return word


def replaced(word: str, pattern: str, into: str, where: Element) -> str:
    """A word of the document after a replacement."""
    if (len(word) + 1) * (len(into) + 1) > MAX_CHARACTERS:
        refuse(where, f"would make too much of {word!r:.40}")
    return re.sub(pattern, template(into), searchable(word, pattern, where))


@lru_cache(256)
def _work(pattern: str) -> Work:
    return work_of(pattern, MAX_GROUPS)
