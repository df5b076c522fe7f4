"""Phrase and Parse: text to codes and numbers, each distinct text once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Parse, Phrase
from scorebundle.bundle.patterns import template, work_of

from .encode import Categories
from .values import SPELLED

Steps = list[str | None]
Action = Callable[[Steps, tuple[Any, ...]], str | None]


class Phraser:
    """A Phrase node's rule."""

    def __init__(self, op: Phrase) -> None:
        self._columns, self._none = op.columns, op.none
        self._codes = {text: code for code, text in enumerate(op.categories)}
        self._steps = [_action(step) for step in op.steps]

    def read(self, columns: Mapping[str, Any]) -> Array:
        """The code of every row, int64."""
        cells = [columns[name] for name in self._columns]
        if len(cells) == 1:
            (column,) = cells
            found = np.array([self._code((value,)) for value in column.values], np.int64)
            return found if column.of_row is None else found.take(column.of_row)
        known: dict[tuple[Any, ...], int] = {}
        rows = zip(*(_rows(column) for column in cells), strict=True)
        return np.array([_remembered(row, known, self._code) for row in rows], np.int64)

    def _code(self, cells: tuple[Any, ...]) -> int:
        texts = tuple(map(spelled, cells))
        results: Steps = []
        for action in self._steps:
            results.append(action(results, texts))
        last = results[-1]
        return self._none if last is None else self._codes.get(last, -1)


def _remembered(
    row: tuple[Any, ...], known: dict[tuple[Any, ...], int], code: Callable[[Any], int]
) -> int:
    found = known.get(row)
    if found is None:
        found = known[row] = code(row)
    return found


def _rows(column: Categories) -> list[Any]:
    values = list(column.values)
    return values if column.of_row is None else [values[i] for i in column.of_row.tolist()]


def spelled(value: Any) -> str | None:
    """A cell as text; None if it is missing."""
    if value is None or value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if value == math.floor(value) else repr(float(value))
    return str(value)


def _of_one(function: Callable[[str], str | None], source: int) -> Callable[..., str | None]:
    def action(results: Steps, texts: tuple[Any, ...]) -> str | None:
        text = results[source]
        return None if text is None else function(text)

    return action


def _action(step: tuple[Any, ...]) -> Callable[[Steps, tuple[Any, ...]], str | None]:
    """A step as a function of the earlier steps' results and the cells."""
    kind, *arguments = step
    if kind == "column":
        return lambda results, texts: texts[arguments[0]]
    if kind == "text":
        return lambda results, texts: arguments[0]
    if kind == "concat":
        return partial(_concat, arguments)
    source, rest = arguments[0], arguments[1:]
    return _of_one(partial(ACTIONS[kind], *rest), source)


def _concat(sources: list[int], results: Steps, texts: tuple[Any, ...]) -> str | None:
    parts = [results[source] for source in sources]
    return None if None in parts else "".join(part or "" for part in parts)


def _substring(start: int, length: int, text: str) -> str:
    begin = max(start - 1, 0)
    return text[begin : begin + length]


def _replace(pattern: str, replacement: str, text: str) -> str | None:
    if not work_of(pattern).admits(text):
        return None
    return re.sub(pattern, template(replacement), text)


def _matches(pattern: str, text: str) -> str | None:
    if not work_of(pattern).admits(text):
        return None
    return "true" if re.search(pattern, text) else "false"


ACTIONS: Final[dict[str, Callable[..., str | None]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
    "length": lambda text: str(len(text)),
    "substring": _substring,
    "replace": _replace,
    "matches": _matches,
}
"""Steps of one text: the arguments after it, and then the text."""

_CLOCK: Final = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:Z|[+-]\d{2}:?\d{2})?"
)


class Parser:
    """A Parse node's rule."""

    def __init__(self, op: Parse) -> None:
        self._op = op
        self._first = date(op.year, 1, 1).toordinal() if op.year else -365

    def read(self, columns: Mapping[str, Any]) -> Array:
        """The number of every row, float64."""
        column = columns[self._op.column]
        found = np.array([self._number(value) for value in column.values], np.float64)
        return found if column.of_row is None else found.take(column.of_row)

    def _number(self, value: Any) -> float:
        if value is None or value != value:
            return math.nan
        if not isinstance(value, str):
            return float(value)
        if not value.strip():
            return math.nan
        try:
            return self._parsed(value.strip())
        except ValueError:
            return -math.inf

    def _parsed(self, text: str) -> float:
        if self._op.meaning == "number":
            known = SPELLED.get(text.lower())
            return known if known is not None else float(text) if "_" not in text else -math.inf
        if self._op.meaning == "time":
            return _seconds(text.rpartition("T")[2])
        day, _, clock = text.replace(" ", "T", 1).partition("T")
        count = datetime.strptime(day, "%Y-%m-%d").toordinal() - self._first
        if self._op.meaning == "date":
            return float(count)
        return count * 86400 + (_seconds(clock) if clock else 0.0)


def _seconds(clock: str) -> float:
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise ValueError(clock)
    hours, minutes, seconds, fraction = found.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return whole + (float(f"0.{fraction}") if fraction else 0.0)
