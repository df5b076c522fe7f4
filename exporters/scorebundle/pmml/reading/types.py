"""Data types of PMML, and the numbers that their literals stand for.

Everything but a string is a number here: false and true are 0 and 1, a date counts days, a time
or dateTime counts seconds. A missing value is NaN.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import Final

STRING: Final = "string"
NUMBERS: Final = frozenset(["integer", "float", "double"])
EPOCH: Final = 1970
"""The year that dates without a base year count from."""

TRUE: Final = frozenset(["true", "1", "TRUE", "True", "1.0"])
FALSE: Final = frozenset(["false", "0", "FALSE", "False", "0.0"])

_SINCE = re.compile(r"(dateDays|dateTimeSeconds)Since\[(\d+)\]")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:Z|[+-]\d{2}:?\d{2})?")
_DAY = date(EPOCH, 1, 1).toordinal()


def is_temporal(kind: str) -> bool:
    """Whether values of a type are dates or times."""
    return kind.startswith(("date", "time"))


def since(kind: str) -> tuple[str, int]:
    """`date`, `dateTime` or `time`, and the year that its numbers count from."""
    found = _SINCE.fullmatch(kind)
    if found is None:
        return ("time" if kind == "timeSeconds" else kind), EPOCH
    return ("date" if found[1] == "dateDays" else "dateTime"), int(found[2])


def days(year: int) -> int:
    """Days from the epoch to the first of January of a year; of year 0, by its proleptic one."""
    return (date(year, 1, 1).toordinal() if year > 0 else -365) - _DAY


def number(text: str, kind: str) -> float:
    """The number that a literal of a type other than string stands for.

    Raises:
        ValueError: if it is none of that type.
    """
    text = text.strip()
    if kind == "boolean":
        if text in TRUE or text in FALSE:
            return float(text in TRUE)
        raise ValueError(text)
    if is_temporal(kind):
        return moment(text, kind)
    if text in ("INF", "+INF"):
        return math.inf
    if text == "-INF":
        return -math.inf
    if "_" in text:
        raise ValueError(text)
    return float(text)


def moment(text: str, kind: str) -> float:
    """A date, time or dateTime as ISO 8601 spells it, or already the number it stands for."""
    what, year = since(kind)
    if _SINCE.fullmatch(kind) or kind == "timeSeconds":
        try:
            return float(text)
        except ValueError:
            pass
    if what == "time":
        return _seconds(text.rpartition("T")[2])
    day, _, clock = text.replace(" ", "T", 1).partition("T")
    count = datetime.strptime(day, "%Y-%m-%d").toordinal() - _DAY - days(year)
    if what == "date":
        return float(count)
    return count * 86400 + (_seconds(clock) if clock else 0.0)


def _seconds(clock: str) -> float:
    found = _TIME.fullmatch(clock)
    if found is None:
        raise ValueError(clock)
    hours, minutes, seconds, fraction = found.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return whole + (float(f"0.{fraction}") if fraction else 0.0)


def spelled(value: float, kind: str) -> str:
    """How a number of a type is spelled as text, as Java does."""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "integer" or (value == math.trunc(value) and abs(value) < 1e7 and kind == ""):
        return str(int(value))
    return repr(float(value))


def guessed(text: str) -> str:
    """The type of a Constant that states none: integer, double or string."""
    try:
        int(text)
        return "integer"
    except ValueError:
        pass
    try:
        number(text, "double")
        return "double"
    except ValueError:
        return STRING


def wider(*kinds: str) -> str:
    """The type of arithmetic on numbers of these types."""
    found = set(kinds)
    if found <= {"integer"}:
        return "integer"
    return "float" if found <= {"integer", "float"} else "double"
