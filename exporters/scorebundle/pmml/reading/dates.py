"""Functions on dates and times (PMML, Built-in functions)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from scorebundle.bundle.graph import Value

from .convert import cast
from .functions import Call, function
from .types import EPOCH, days, since
from .values import MISSING, UNKNOWN, Field, Number, Real, Text, Words
from .xml import refuse

DAYS: Final = frozenset("aAbBCdDejFgGhmuUVwWxyY%")
"""What strftime makes of a day alone."""
TIMES: Final = frozenset("HIMprRSTX%")
"""And of a time of the day alone."""
COST: Final = 1000
"""Expressions that one table counts as."""
MAX_PATTERN: Final = 200
EVE: Final = datetime(1970, 1, 1)
FIRST, LAST = date(1900, 1, 1).toordinal(), date(2100, 1, 1).toordinal()


def _moment(call: Call, kind: str) -> tuple[Real, str, int]:
    """The first operand as a date or time: its number, what it is, and the year it counts from."""
    field = call.fields[0]
    if not isinstance(field, Number) or not field.kind.startswith(("date", "time")):
        field = cast(field, kind, call.maker)
    assert isinstance(field, Number)
    what, year = since(field.kind)
    return field.value, what, year


def _year(call: Call) -> int:
    year = call.number(1)
    if isinstance(year, Value) or not 1 <= year <= 9999:
        refuse(call.where, "takes a year that is constant")
    return int(year)


@function("dateDaysSinceYear")
def _days(call: Call) -> Field:
    """Days from the first of January of a year."""
    x, what, base = _moment(call, "date")
    maker = call.maker
    if what == "dateTime":
        x = maker.unary("floor", maker.over(x, 86400.0))
    shift = float(days(base) - days(_year(call)))
    return Number(maker.plus(x, shift), "integer")


@function("dateSecondsSinceYear")
def _seconds(call: Call) -> Field:
    """Seconds from the first of January of a year."""
    x, what, base = _moment(call, "dateTime")
    maker = call.maker
    if what == "date":
        x = maker.times(x, 86400.0)
    shift = 86400.0 * (days(base) - days(_year(call)))
    return Number(maker.plus(x, shift), "integer")


@function("dateSecondsSinceMidnight")
def _since_midnight(call: Call) -> Field:
    """Seconds of the day."""
    x, what, _ = _moment(call, "time")
    maker = call.maker
    if what == "dateTime":
        day = maker.unary("floor", maker.over(x, 86400.0))
        x = maker.minus(x, maker.times(day, 86400.0))
    return Number(x, "integer")


@function("formatDatetime")
def _format(call: Call) -> Field:
    """A date or a time by a pattern of C's strftime: a table by the day, of the years 1900 to
    2099, or by the second of the day."""
    x, what, base = _moment(call, "date")
    maker, pattern = call.maker, call.text(1)
    if isinstance(pattern.code, Value) or not 0 <= pattern.code < len(pattern.words.words):
        refuse(call.where, "takes a pattern that is constant")
    spelling = pattern.words.words[pattern.code]
    if len(spelling) > MAX_PATTERN:
        refuse(call.where, f"takes a pattern of at most {MAX_PATTERN} characters")
    call.scope.reading.left -= COST
    parts = {part[:1] for part in _directives(spelling)}
    if what != "date" and parts <= TIMES:
        made = [(EVE + timedelta(seconds=second)).strftime(spelling) for second in range(86400)]
        day = maker.times(maker.unary("floor", maker.over(x, 86400.0)), 86400.0)
        return _spelled(maker.unary("floor", maker.minus(x, day)), made, call)
    if what == "time" or not parts <= DAYS:
        refuse(call.where, f"pattern {spelling!r:.40} is not one of days, nor one of times of day")
    made = [date.fromordinal(day).strftime(spelling) for day in range(FIRST, LAST)]
    if what == "dateTime":
        x = maker.unary("floor", maker.over(x, 86400.0))
    since_first = date(EPOCH, 1, 1).toordinal() + days(base) - FIRST
    return _spelled(maker.plus(x, float(since_first)), made, call)


def _spelled(x: Real, made: list[str], call: Call) -> Text:
    """The text at a place of a list; missing where the place is."""
    maker, words = call.maker, Words()
    words.open = True
    table = np.array([words.code(each) for each in made], np.int64)
    words.open = False
    place = maker.real(x)
    inside = maker.both(
        maker.compare("greater_equal", place, 0.0),
        maker.compare("less", place, float(len(table))),
    )
    code = maker.position(maker.real(maker.choose(inside, place, -1.0)))
    absent = maker.absent(place)
    return Text(maker.choose_code(absent, MISSING, maker.look_up(code, table, UNKNOWN)), words)


def _directives(pattern: str) -> list[str]:
    """What follows each % of a pattern."""
    return pattern.replace("%%", "").split("%")[1:]
