"""Conversion between the types of fields: text to number, number to text, one number to another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Match

from .make import Maker
from .types import NUMBERS, STRING, number, spelled
from .values import MISSING, UNKNOWN, Bool, Code, Field, Number, Real, Text, Words
from .xml import Element, refuse

MAX_WHOLE = 4096
"""Whole numbers from 0 on that may become text."""


def constant(source: str, kind: str, where: Element) -> Field:
    """A literal of a type."""
    if kind == STRING:
        return Text(0, Words([source]))
    try:
        value = number(source, kind)
    except ValueError:
        refuse(where, f"{source!r:.40} is not of type {kind}")
    return Number(float(np.float32(value)) if kind == "float" else value, kind)


def cast(field: Field, kind: str, maker: Maker) -> Field:
    """A field as another type."""
    if field.kind == kind:
        return field
    if isinstance(field, Text):
        return as_number(field, kind, maker)
    if kind == STRING:
        return as_text(field, maker)
    x = field.value
    if kind == "float":
        x = maker.rounded(x)
    elif kind == "integer" and field.kind in NUMBERS:
        x = maker.unary("trunc", x)
    elif kind == "boolean" and field.kind in NUMBERS:
        known = maker.either(maker.compare("equal", x, 0.0), maker.compare("equal", x, 1.0))
        x = maker.choose(known, x, math.nan)
    same = {field.kind, kind} <= {"integer", "double"} and x is field.value
    return Number(x, kind, field.known if same else None)


def as_number(field: Text, kind: str, maker: Maker) -> Number:
    """The number that a text spells; missing if it spells none."""
    if field.words.open and not field.whole:
        if field.choice is not None:
            return _chosen_number(field, kind, maker)
        if field.source is None or field.source.column is None:
            raise Violation("a text that can be any is read as a number")
        return Number(maker.parsed_column(field.source.column, kind), kind)
    numbers = []
    for word in field.words.words:
        try:
            numbers.append(number(word, kind))
        except ValueError:
            numbers.append(math.nan)
    if not isinstance(field.code, Value):
        known = 0 <= field.code < len(numbers)
        return Number(numbers[field.code] if known else math.nan, kind)
    found: Real = maker.look_up(field.code, np.array(numbers, np.float64), math.nan)
    return Number(maker.rounded(found) if kind == "float" else found, kind)


def _chosen_number(field: Text, kind: str, maker: Maker) -> Number:
    assert field.choice is not None
    key = field.code, kind
    if key not in maker.converted:
        condition, *both = field.choice
        x, y = (as_number(each, kind, maker).value for each in both)
        maker.converted[key] = Number(maker.choose(condition, x, y), kind)
    found: Number = maker.converted[key]
    return found


def as_text(field: Number, maker: Maker) -> Text:
    """The text that spells a number: a list of words for what it can be."""
    x, kind = field.value, field.kind
    if not isinstance(x, Value):
        if math.isnan(x):
            return Text(MISSING, Words())
        return Text(0, Words([spelled(x, kind)]))
    if kind == "boolean":
        code = maker.position(x)
        return Text(code, Words(["false", "true"]))
    known = np.arange(-1.0, MAX_WHOLE)
    if field.known is not None:
        known = np.unique(np.array(field.known, np.float64))
    words = [spelled(v, kind if kind in NUMBERS else "integer") for v in known.tolist()]
    code = maker.add(Match(known), x)
    return Text(maker.code(maker.choose_code(maker.absent(x), MISSING, code)), Words(words))


def chosen(condition: Bool, a: Text, b: Text, maker: Maker) -> Text:
    """`a` where the condition holds, else `b`."""
    if isinstance(condition, bool):
        return a if condition else b
    left, right = united(a, b, maker)
    code = maker.choose_code(condition, left.code, right.code)
    closed = all(not each.words.open or each.whole for each in (a, b))
    return Text(code, left.words, choice=None if closed else (condition, a, b))


def united(a: Text, b: Text, maker: Maker) -> tuple[Text, Text]:
    """Two texts with one list of words."""
    if a.words is b.words:
        return a, b
    if a.words.open and not a.whole:
        return a._replace(source=None), listed(b, a.words, maker)
    if b.words.open and not b.whole:
        return recoded(a, b.words, maker), b._replace(source=None)
    words = Words()
    words.open = True
    both = recoded(a, words, maker), recoded(b, words, maker)
    words.open = False
    return both


def listed(field: Text, words: Words, maker: Maker) -> Text:
    """A text by the codes of an open list."""
    if field.words is words:
        return field
    if not field.words.open or field.whole:
        return recoded(field, words, maker)
    if field.source is not None:
        return maker.text(field.source, words)
    if field.choice is None:
        raise Violation("texts that can be any, and were treated, meet in one field")
    key = field.code, id(words)
    if key not in maker.converted:
        condition, *both = field.choice
        a, b = (listed(each, words, maker).code for each in both)
        maker.converted[key] = Text(maker.choose_code(condition, a, b), words, choice=field.choice)
    found: Text = maker.converted[key]
    return found


def recoded(field: Text, words: Words, maker: Maker) -> Text:
    """A text by the codes of another list, which grows."""
    table = [words.code(word) for word in field.words.words]
    if not isinstance(field.code, Value):
        known = 0 <= field.code < len(table)
        return Text(table[field.code] if known else field.code, words)
    if table == list(range(len(table))):
        return Text(field.code, words)
    found = maker.look_up(field.code, np.array(table, np.int64), UNKNOWN)
    absent = maker.code_is(field.code, MISSING)
    return Text(maker.choose_code(absent, MISSING, found), words)


def by_place(place: Code, texts: Sequence[str | None], maker: Maker) -> Text:
    """A text by position; None is missing."""
    words = Words(each for each in texts if each is not None)
    table = [MISSING if each is None else words.code(each) for each in texts]
    return Text(maker.look_up(place, np.array(table, np.int64), MISSING), words)
