"""Functions on text (PMML, Built-in functions)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.graph import Value

from .convert import as_number, as_text, chosen
from .functions import Call, function
from .make import Maker
from .patterns import MAX_GROUPS, pattern_of, replaced, searchable
from .values import MISSING, UNKNOWN, Field, Number, Source, Text, Words
from .xml import refuse

Step = tuple[Any, ...]

MAX_CHARACTERS: Final = 1 << 26
"""Most characters that the words of a list may have together."""
MAX_LENGTH: Final = 1000
"""Longest text whose length can be asked for."""


def changed(field: Text, step: Step, apply: Callable[[str], str], call: Call) -> Text:
    """A text after a step: each word of a closed list, or as the rows come.

    Args:
        field: the text.
        step: of a `Phrase`, without its source.
        apply: what it does to a word.
        call: the function's use.
    """
    maker = call.maker
    if not field.words.open or field.whole:
        return folded(field, apply, maker)
    if field.choice is not None:
        condition, *both = field.choice
        a, b = (changed(each, step, apply, _deeper(call)) for each in both)
        return chosen(condition, a, b, maker)
    if field.source is None:
        refuse(call.where, "a text that can be any, and was treated, is changed")
    steps = field.source.steps
    kind, *rest = step
    return maker.text(Source(field.source.columns, (*steps, (kind, len(steps) - 1, *rest))))


def _deeper(call: Call) -> Call:
    """The same use, counted as one more expression: choices of choices could be many."""
    call.scope.reading.left -= 1
    if call.scope.reading.left < 0:
        refuse(call.where, "is of a text that is chosen among too many")
    return call


def folded(field: Text, apply: Callable[[str], str], maker: Maker) -> Text:
    """Each word of a list changed."""
    words = Words()
    words.open = True
    table = []
    left = MAX_CHARACTERS
    for word in field.words.words:
        made = apply(word)
        left -= len(made)
        if left < 0:
            raise Violation("makes texts of too many characters")
        table.append(words.code(made))
    words.open = False
    if not isinstance(field.code, Value):
        known = 0 <= field.code < len(table)
        return Text(table[field.code] if known else field.code, words)
    found = maker.look_up(field.code, np.array(table or [UNKNOWN], np.int64), UNKNOWN)
    absent = maker.code_is(field.code, MISSING)
    return Text(maker.choose_code(absent, MISSING, found), words)


@function("lowercase")
def _lowercase(call: Call) -> Field:
    return changed(call.text(0), ("lower",), str.lower, call)


@function("uppercase")
def _uppercase(call: Call) -> Field:
    return changed(call.text(0), ("upper",), str.upper, call)


@function("trimBlanks")
def _trim(call: Call) -> Field:
    return changed(call.text(0), ("trim",), str.strip, call)


# SAS writes out definitions of the following, which use a Constant for the name of a parameter;
# they take the width first, then the value.


@function("SAS-EM-String-Normalize")
def _sas_normalize(call: Call) -> Field:
    """The first w characters in upper case, without blanks at both ends."""
    cut = _sas_char(call)
    assert isinstance(cut, Text)
    trimmed = changed(cut, ("trim",), str.strip, call)
    return changed(trimmed, ("upper",), str.upper, call)


@function("SAS-FORMAT-$CHARw")
def _sas_char(call: Call) -> Field:
    """The first w characters."""
    width = _whole(call, 0)
    if width < 0:
        refuse(call.where, "takes a width of at least 0")
    return changed(call.text(1), ("substring", 1, width), lambda word: word[:width], call)


@function("SAS-FORMAT-BESTw")
def _sas_best(call: Call) -> Field:
    """A whole number as its digits."""
    field = call.fields[1] if len(call.fields) > 1 else Number(0.0)
    if isinstance(field, Text):
        return field
    return as_text(field._replace(kind="integer"), call.maker)


@function("substring")
def _substring(call: Call) -> Field:
    """Characters from a place, of which the first is 1."""
    start, length = _whole(call, 1), _whole(call, 2)
    if start < 1 or length < 0:
        refuse(call.where, "takes a start of at least 1 and a length of at least 0")

    def cut(word: str) -> str:
        return word[start - 1 : start - 1 + length]

    return changed(call.text(0), ("substring", start, length), cut, call)


def _whole(call: Call, place: int) -> int:
    x = call.number(place)
    if isinstance(x, Value) or x != x:
        refuse(call.where, "takes whole numbers that are constant")
    return int(x)


@function("stringLength")
def _length(call: Call) -> Field:
    field = call.text(0)
    if not field.words.open or field.whole:
        return as_number(
            folded(field, lambda word: str(len(word)), call.maker), "integer", call.maker
        )
    counted = changed(field, ("length",), lambda word: str(len(word)), call)
    for length in range(MAX_LENGTH):
        counted.words.code(str(length))
    found = as_number(counted._replace(whole=True), "integer", call.maker)
    beyond = call.maker.code_is(counted.code, UNKNOWN)
    return Number(call.maker.refuse_where(beyond, call.maker.real(found.value)), "integer")


def _constant(call: Call, place: int) -> str:
    field = call.text(place)
    if isinstance(field.code, Value) or not 0 <= field.code < len(field.words.words):
        refuse(call.where, "takes a text that is constant")
    return field.words.words[field.code]


@function("replace")
def _replace(call: Call) -> Field:
    pattern, into = pattern_of(_constant(call, 1), call.where, MAX_GROUPS), _constant(call, 2)
    step = ("replace", pattern, into)
    return changed(call.text(0), step, lambda x: replaced(x, pattern, into, call.where), call)


@function("matches")
def _matches(call: Call) -> Field:
    pattern = pattern_of(_constant(call, 1), call.where, MAX_GROUPS)

    def found(word: str) -> str:
        word = searchable(word, pattern, call.where)
        return "true" if re.search(pattern, word) else "false"

    result = changed(call.text(0), ("matches", pattern), found, call)
    result.words.code("true"), result.words.code("false")
    return as_number(result._replace(whole=True), "boolean", call.maker)


@function("concat")
def _concat(call: Call) -> Field:
    """Words of closed lists in all combinations; or as the rows come."""
    fields = [call.text(place) for place in range(len(call.fields))]
    result = fields[0]
    for other in fields[1:]:
        result = _joined(result, other, call)
    return result


def _joined(a: Text, b: Text, call: Call) -> Text:
    if MISSING in (a.code, b.code):
        return Text(MISSING, Words())
    closed = [not each.words.open or each.whole for each in (a, b)]
    if all(closed):
        return _combined(a, b, call)
    if a.choice is not None:
        here, *both = a.choice
        x, y = (_joined(each, b, _deeper(call)) for each in both)
        return chosen(here, x, y, call.maker)
    if b.choice is not None:
        here, *both = b.choice
        x, y = (_joined(a, each, _deeper(call)) for each in both)
        return chosen(here, x, y, call.maker)
    sources = [_source(each, shut, call) for each, shut in zip((a, b), closed, strict=True)]
    columns = list(dict.fromkeys(name for each in sources for name in each.columns))
    steps: list[Step] = []
    ends = []
    for each in sources:
        shift = len(steps)
        for kind, *rest in each.steps:
            steps.append((kind, *_shifted(kind, rest, shift, each, columns)))
        ends.append(len(steps) - 1)
    steps.append(("concat", *ends))
    for name in columns:
        call.maker.columns.setdefault(name, "mixed")
    return call.maker.text(Source(tuple(columns), tuple(steps)))


def _shifted(
    kind: str, rest: list[Any], shift: int, source: Source, columns: list[str]
) -> list[Any]:
    """A step's arguments, after other steps."""
    if kind == "column":
        return [columns.index(source.columns[rest[0]])]
    if kind == "text":
        return rest
    if kind == "concat":
        return [place + shift for place in rest]
    return [rest[0] + shift, *rest[1:]]


def _source(field: Text, closed: bool, call: Call) -> Source:
    if field.source is not None:
        return field.source
    if closed and not isinstance(field.code, Value) and 0 <= field.code < len(field.words.words):
        return Source((), (("text", field.words.words[field.code]),))
    refuse(call.where, "joins texts that can be any, and were treated")


def _combined(a: Text, b: Text, call: Call) -> Text:
    maker = call.maker
    width = len(b.words.words)
    lengths = [sum(map(len, each.words.words)) for each in (a, b)]
    if lengths[0] * width + lengths[1] * len(a.words.words) > MAX_CHARACTERS:
        refuse(call.where, "makes texts of too many characters")
    if not isinstance(a.code, Value) and not isinstance(b.code, Value):
        if MISSING in (a.code, b.code):
            return Text(MISSING, Words())
        return Text(0, Words([a.words.words[a.code] + b.words.words[b.code]]))
    if not isinstance(b.code, Value) and 0 <= b.code < width:
        end = b.words.words[b.code]
        return folded(a, lambda word: word + end, maker)
    if not isinstance(a.code, Value) and 0 <= a.code < len(a.words.words):
        begin = a.words.words[a.code]
        return folded(b, lambda word: begin + word, maker)
    if len(a.words.words) * width > 1 << 16:
        refuse(call.where, "has too many combinations")
    from scorebundle.bundle.ops import Cast

    words = Words()
    words.open = True
    table = [words.code(x + y) for x in a.words.words for y in b.words.words]
    words.open = False
    left = maker.add(Cast("float64"), maker.code(a.code))
    right = maker.add(Cast("float64"), maker.code(b.code))
    place = maker.plus(maker.times(left, float(width)), right)
    known = maker.both(
        *(maker.compare("greater_equal", x, 0.0) for x in (left, right)),
        *(maker.compare("less", x, float(MISSING)) for x in (left, right)),
    )
    code = maker.add(Cast("int64"), maker.real(maker.choose(known, place, -1.0)))
    found = maker.look_up(code, np.array(table, np.int64), UNKNOWN)
    absent = maker.either(maker.code_is(a.code, MISSING), maker.code_is(b.code, MISSING))
    return Text(maker.choose_code(absent, MISSING, found), words)


@function("formatNumber")
def _format_number(call: Call) -> Field:
    """C's printf of a whole number that can become text."""
    pattern = _constant(call, 1)
    field = call.fields[0]
    spelled = field if isinstance(field, Text) else as_text(field, call.maker)

    def formatted(word: str) -> str:
        try:
            number = float(word)
            return pattern % (int(number) if re.search(r"%[^a-zA-Z%]*d", pattern) else number)
        except (ValueError, TypeError):
            refuse(call.where, f"cannot format {word!r:.40} by {pattern!r:.40}")

    return folded(spelled, formatted, call.maker)
