"""TextIndex: how often a term occurs in a text (PMML, Transformations)."""

from __future__ import annotations

import math
import re
from typing import Final

import numpy as np

from scorebundle.bundle.graph import Value

from .expressions import expression, reads
from .make import Maker
from .patterns import pattern_of, searchable
from .phrases import PUNCTUATION, counted
from .scope import Scope
from .values import MISSING, Field, Number, Real, Text
from .xml import Element, child, children, flag, needed, real, refuse, rows, text

WORD: Final = rf"[^\s{PUNCTUATION}](?:\S*[^\s{PUNCTUATION}])?"
"""A word between blanks, without punctuation around it."""
_WORDS: Final = r"\(([\w']+(?:\|[\w']+)*)\)"
_RUNS: Final = r"(?:\(\?u\))?\\b\((\w+(?:\|\w+)*)\)\\b"
STOP_BETWEEN: Final = {
    WORD: rf"\(\^\|\\s\+?\)\\p\{{Punct\}}\*{_WORDS}\\p\{{Punct\}}\*\(\\s\+?\|\$\)",
    r"(?u)\b\w\w+\b": _RUNS,
    r"\b\w\w+\b": _RUNS,
    r"(?u)\b\w+\b": _RUNS,
    r"\w+": _RUNS,
}
"""The regular expressions of stop words, by that of a word."""


@reads("TextIndex")
def text_index(element: Element, scope: Scope) -> Field:
    """How often a term occurs in a text, weighted."""
    maker = scope.maker
    field = scope.get(text(element, "textField"), element)
    term = _term(element, scope)
    pattern = element.get("x-wordRE")
    trimmed = pattern is None
    if pattern is None:
        pattern = _word_between(element.get("wordSeparatorCharacterRE", r"\s+"), element)
    pattern_of(pattern, element)
    lower = not flag(element, "isCaseSensitive", False)
    if not flag(element, "tokenize", True):
        refuse(element, "tokenize=false is not supported")
    plain = child(element, "TextIndexNormalization") is None
    stop = () if plain else _stop_words(element, pattern, lower)
    if (plain or stop) and real(element, "maxLevenshteinDistance", 0.0) == 0:
        count = _count(field, term, pattern, trimmed, lower, stop, element, maker)
    else:
        if not isinstance(field, Text) or not trimmed:
            refuse(element, "needs a text, and no x-wordRE")
        wanted = " ".join(re.findall(pattern, term.lower() if lower else term))
        count = counted(field, wanted, element, lower, maker)
    return Number(
        _weighted(count, element.get("localTermWeights", "termFrequency"), element, maker)
    )


def _stop_words(element: Element, pattern: str, lower: bool) -> tuple[str, ...]:
    """The words that a recursive normalization makes blanks of; none if it is another.

    So are the stop words of scikit-learn's vectorizers written: words between separators and
    punctuation, or between the bounds of words that are runs of letters and digits.
    """
    (each, *others) = children(element, "TextIndexNormalization")
    table = rows(needed(each, "InlineTable"))
    if others or len(table) != 1 or not flag(each, "recursive", False):
        return ()
    if flag(each, "isCaseSensitive", not lower) == lower:
        return ()
    names = (("in", "string"), ("out", "stem"), ("regex", "regex"))
    source, into, regex = (table[0].get(each.get(f"{n}Field", d), "") for n, d in names)
    if regex.strip() not in ("true", "1") or not into.isspace():
        return ()
    found = re.fullmatch(STOP_BETWEEN[pattern], source) if pattern in STOP_BETWEEN else None
    words = [] if found is None else found[1].split("|")
    return tuple(dict.fromkeys(word.lower() if lower else word for word in words))


def _word_between(separator: str, where: Element) -> str:
    """The regular expression of a word, from that of what lies between words."""
    if separator in (r"\s+", r"\s"):
        return WORD
    plain = separator.replace(r"\p{L}\p{N}_", r"\w").removesuffix("+")
    found = re.fullmatch(r"\[\^([^\[\]]+)\]", plain)
    if found is None:
        refuse(where, f"wordSeparatorCharacterRE {separator!r:.40} is not supported")
    return f"[{found[1]}]+"


def _term(element: Element, scope: Scope) -> str:
    for each in children(element):
        if each.tag.endswith("TextIndexNormalization"):
            continue
        field = expression(each, scope)
        if isinstance(field, Text) and not isinstance(field.code, Value) and field.code >= 0:
            return field.words.words[field.code]
        refuse(each, "a term must be constant")
    refuse(element, "needs a term")


def _count(
    field: Field,
    term: str,
    pattern: str,
    trimmed: bool,
    lower: bool,
    stop: tuple[str, ...],
    element: Element,
    maker: Maker,
) -> Real:
    if not isinstance(field, Text):
        refuse(element, "needs a text")
    words = re.findall(pattern, term) if trimmed else term.split()
    wanted = " ".join(words).lower() if lower else " ".join(words)
    if not field.words.open or field.whole:
        listed = [searchable(word, pattern, element) for word in field.words.words]
        counts = [_occurrences(word, wanted, pattern, lower, stop) for word in listed]
        if not isinstance(field.code, Value):
            return counts[field.code] if 0 <= field.code < len(counts) else math.nan
        return maker.look_up(field.code, np.array(counts or [0.0]), math.nan)
    if field.choice is not None and field.choice[1].code == MISSING:
        absent, _, rest = field.choice
        x = _count(rest, term, pattern, trimmed, lower, stop, element, maker)
        return maker.choose(absent, math.nan, x)
    if field.source is None or len(field.source.columns) != 1:
        refuse(element, "a text that can be any, and was treated, is searched")
    steps = [kind for kind, *_ in field.source.steps]
    if steps not in (["column"], ["column", "lower"]):
        refuse(element, "a text that can be any, and was changed, is searched")
    lower = lower or steps[-1] == "lower"
    return maker.term(field.source.columns[0], pattern, lower, wanted, stop)


def _occurrences(
    document: str, term: str, pattern: str, lower: bool, stop: tuple[str, ...]
) -> float:
    tokens = re.findall(pattern, document.lower() if lower else document)
    tokens = [token for token in tokens if token not in stop]
    wanted = term.split(" ")
    size = len(wanted)
    return float(sum(tokens[i : i + size] == wanted for i in range(len(tokens) - size + 1)))


def _weighted(count: Real, method: str, element: Element, maker: Maker) -> Real:
    if method == "termFrequency":
        return count
    if method == "binary":
        return maker.arithmetic("minimum", count, 1.0)
    if method == "logarithmic":
        return maker.unary("log10", maker.plus(count, 1.0))
    refuse(element, f"localTermWeights {method!r:.40} is not supported")
