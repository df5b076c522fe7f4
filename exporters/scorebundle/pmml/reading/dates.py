"""Functions on dates and times (PMML, Built-in functions)."""

from __future__ import annotations

from scorebundle.bundle.graph import Value

from .convert import cast
from .functions import Call, function
from .types import days, since
from .values import Field, Number, Real
from .xml import refuse


def _moment(call: Call, kind: str) -> tuple[Real, str, int]:
    """The first operand as a date or time: its number, what it is, and the year it counts from."""
    field = call.fields[0]
    if not isinstance(field, Number) or not field.kind.startswith(("date", "time")):
        field = cast(field, kind, call.maker, call.where)
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
