"""TextIndex with normalization or typing errors: counts by replacing, step by step.

A text is cut into words between single spaces; what its TextIndexNormalizations name is
replaced; each occurrence of the term becomes a mark; all else is taken away, and the marks are
counted. Every step is one of a `Phrase`, so that a text that can be any is counted as rows come.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from scorebundle.bundle.graph import Value

from .convert import as_number
from .make import Maker
from .patterns import pattern_of, replaced
from .values import MISSING, UNKNOWN, Number, Real, Source, Text
from .xml import Element, children, flag, needed, refuse, rows, whole

Steps = list[tuple[str, ...]]
"""`lower`, or `replace` with a regular expression and what comes in its place."""

PUNCTUATION: Final = r"!-/:-@\[-`{-~"
MARK, OTHER, ANY = "\x01", "\x02", "\x03"
"""An occurrence; one of a smaller distance; any one character."""
MAX_COUNT: Final = 1000
MAX_STEPS: Final = 200
MAX_PATTERN: Final = 190


def counted(field: Text, term: str, index: Element, lower: bool, maker: Maker) -> Real:
    """How often a term, its words joined by spaces, occurs in a text after normalization."""
    steps = _cut(index.get("wordSeparatorCharacterRE", r"\s+"), index)
    for each in children(index, "TextIndexNormalization"):
        steps += _normalization(each, not lower)
    if lower:
        steps.append(("lower",))
    words = term.split(" ")
    if any(words[:size] == words[-size:] for size in range(1, len(words))):
        refuse(index, "a term that begins as it ends is not supported here")
    farthest = whole(index, "maxLevenshteinDistance", 0)
    if not 0 <= farthest <= 2:
        refuse(index, "maxLevenshteinDistance must be 0, 1 or 2")
    rings = list(_rings(term, farthest))
    if index.get("countHits", "allHits") != "bestHits":
        rings = [[spelling for ring in rings for spelling in ring]]
    result: Real = 0.0
    for place in reversed(range(len(rings))):
        marked = [(ring, MARK if ring is rings[place] else OTHER) for ring in rings[: place + 1]]
        marks = [step for ring, mark in marked for step in _marked(ring, mark)]
        count = _of_steps(field, [*steps, ("replace", " ", "  "), *marks], index, maker)
        result = maker.choose(maker.compare("equal", count, 0.0), result, count)
    return result


def _cut(separator: str, where: Element) -> Steps:
    """Words between single spaces, without punctuation around them, and spaces at both ends."""
    pattern_of(separator, where)
    return [
        ("replace", separator, " "),
        ("replace", r"\A", " "),
        ("replace", r"\Z", " "),
        ("replace", rf" [{PUNCTUATION}]+", " "),
        ("replace", rf"[{PUNCTUATION}]+ ", " "),
        ("replace", r" +", " "),
    ]


def _normalization(element: Element, sensitive: bool) -> Steps:
    """Row by row: words, or what a regular expression matches, are replaced."""
    if not flag(element, "tokenize", True) or whole(element, "maxLevenshteinDistance", 0):
        refuse(element, "tokenize=false and maxLevenshteinDistance are not supported")
    same = "" if flag(element, "isCaseSensitive", sensitive) else "(?i)"
    names = [
        element.get(f"{name}Field", default)
        for name, default in (("in", "string"), ("out", "stem"), ("regex", "regex"))
    ]
    table = rows(needed(element, "InlineTable"))
    if flag(element, "recursive", False):
        table = _repeated(table, names, same == "", element)
    steps: Steps = []
    for cells in table:
        source, into = (cells.get(name, "") for name in names[:2])
        if cells.get(names[2], "").strip() in ("true", "1"):
            steps.append(("replace", pattern_of(same + source, element), into))
            continue
        if "\\" in into or "$" in into:
            refuse(element, "a stem with \\ or $ is not supported")
        words = "  ".join(re.escape(word) for word in source.split())
        steps += [
            ("replace", " ", "  "),
            ("replace", pattern_of(f"{same} {words} ", element), f" {into} "),
            ("replace", " +", " "),
        ]
    return steps


def _repeated(
    table: list[dict[str, str]], names: list[str], sensitive: bool, where: Element
) -> list[dict[str, str]]:
    """A table of single words that does at once what this one does until nothing changes."""
    pairs = [(cells.get(names[0], ""), cells.get(names[1], "")) for cells in table]
    plain = all(cells.get(names[2], "").strip() not in ("true", "1") for cells in table)
    if not plain or any(len(side.split()) != 1 for pair in pairs for side in pair):
        refuse(where, "recursive=true is supported for single words, and stop words")
    result = []
    for source, _ in pairs:
        word, last, rounds = source.strip(), "", 0
        while word != last:
            last = word
            for before, after in pairs:
                same = (word, before.strip())
                if same[0] == same[1] if sensitive else same[0].lower() == same[1].lower():
                    word = after.strip()
            rounds += 1
            if rounds > len(pairs) + 1:
                refuse(where, f"recursive=true never ends for {source!r:.40}")
        result.append({names[0]: source, names[1]: word})
    return result


def _rings(term: str, farthest: int) -> Iterator[list[str]]:
    """The term; its spellings with one typing error; with two. ANY is any character."""
    seen, ring = {term}, [term]
    yield ring
    for _ in range(farthest):
        ring = [each for each in dict.fromkeys(_misspelled(ring)) if each not in seen]
        seen.update(ring)
        yield ring


def _misspelled(ring: Sequence[str]) -> Iterator[str]:
    """One character left out, another, or one more; the words stay as many."""
    for word in ring:
        for place in range(len(word) + 1):
            yield word[:place] + ANY + word[place:]
            if place < len(word) and word[place] != " ":
                yield word[:place] + ANY + word[place + 1 :]
                yield word[:place] + word[place + 1 :]


def _marked(ring: Sequence[str], mark: str) -> Steps:
    """Each spelling, between spaces, replaced by a mark: as many at once as a pattern holds."""
    steps: Steps = []
    pattern = ""
    for each in ring:
        escaped = re.escape(each).replace(r"\ ", "  ").replace(re.escape(ANY), ANY)
        spelling = escaped.replace(ANY, f"[^ {MARK}{OTHER}]")
        if pattern and len(pattern) + len(spelling) > MAX_PATTERN:
            steps.append(("replace", f" (?:{pattern}) ", f" {mark} "))
            pattern = ""
        pattern = f"{pattern}|{spelling}" if pattern else spelling
    return [*steps, ("replace", f" (?:{pattern}) ", f" {mark} ")]


def _of_steps(field: Text, steps: Steps, where: Element, maker: Maker) -> Real:
    """The number of marks after the steps."""
    given = steps
    steps = [*steps, ("replace", f"[^{MARK}]+", "")]
    if not field.words.open or field.whole:
        counts = [float(len(_applied(steps, word, where))) for word in field.words.words]
        if not isinstance(field.code, Value):
            return counts[field.code] if 0 <= field.code < len(counts) else float("nan")
        return maker.look_up(field.code, np.array(counts or [0.0]), float("nan"))
    if field.choice is not None and field.choice[1].code == MISSING:
        absent, _, other = field.choice
        return maker.choose(absent, math.nan, _of_steps(other, given, where, maker))
    if field.source is None or len(steps) > MAX_STEPS:
        refuse(where, "a text that can be any was treated, or takes too many steps")
    chain: list[tuple[Any, ...]] = list(field.source.steps)
    for kind, *rest in [*steps, ("length",)]:
        chain.append((kind, len(chain) - 1, *rest))
    text = maker.text(Source(field.source.columns, tuple(chain)))
    for count in range(MAX_COUNT):
        text.words.code(str(count))
    found = as_number(text._replace(whole=True), "integer", maker)
    assert isinstance(found, Number)
    beyond = maker.code_is(text.code, UNKNOWN)
    empty = maker.code_is(text.code, MISSING)
    number = maker.refuse_where(beyond, maker.real(found.value))
    return maker.choose(empty, float("nan"), number)


def _applied(steps: Steps, word: str, where: Element) -> str:
    for kind, *rest in steps:
        if kind == "lower":
            word = word.lower()
        else:
            word = replaced(word, rest[0], rest[1], where)
    return word
