"""Operators on text before it becomes numbers: phrases of columns, and numbers spelled as text."""

from __future__ import annotations

from typing import Any

from ..errors import Violation
from ..fields import Operator, choice, integer, name, names, require, steps, texts
from ..patterns import work_of
from ..types import Type

ARGUMENTS: dict[str, str] = {
    "column": "c",
    "text": "t",
    "lower": "s",
    "upper": "s",
    "trim": "s",
    "length": "s",
    "substring": "sii",
    "concat": "s+",
    "replace": "spt",
    "matches": "sp",
}
"""What follows a step's name: c a column's position, s an earlier step's, i an integer, t a text,
p a regular expression; + is once or more."""

MAX_STEPS = 256


class Phrase(Operator):
    """A text made of columns, step by step, as its position in `categories`; −1 for another text.

    The last step is the result. Each is one of

        column c              the cell, spelled as text
        text t                t
        lower s, upper s      in lower or upper case
        trim s                without white space at both ends
        length s              the number of characters, in decimal
        substring s i n       n characters from the i-th, which is 1, on
        concat s …            one after the other
        replace s p t         t in place of each match of p; \\1 or $1 in t is a group, $$ a dollar
        matches s p           `true` if p matches somewhere, else `false`

    of earlier steps s. A missing cell makes every step missing that needs it, and `none` is the
    code of a missing result.
    """

    arity = 0
    columns: tuple[str, ...] = names()
    steps: tuple[tuple[Any, ...], ...] = steps()
    categories: tuple[str, ...] = texts()
    none: int = integer(-1, 2**31)

    def validate(self) -> None:
        require(0 < len(self.steps) <= MAX_STEPS, f"steps: must be 1 to {MAX_STEPS}")
        for place, step in enumerate(self.steps):
            self._validate_step(place, step)

    def _validate_step(self, place: int, step: tuple[Any, ...]) -> None:
        kinds = ARGUMENTS.get(step[0])
        require(kinds is not None, f"steps: {step[0]!r:.40} is not known")
        assert kinds is not None
        arguments = step[1:]
        if kinds.endswith("+"):
            kinds = kinds[0] * max(1, len(arguments))
        require(len(arguments) == len(kinds), f"steps: {step[0]} takes {len(kinds)} arguments")
        for kind, argument in zip(kinds, arguments, strict=True):
            if kind in "tp":
                require(isinstance(argument, str), f"steps: {step[0]} takes a text")
                if kind == "p":
                    _require_pattern(argument)
                continue
            require(type(argument) is int, f"steps: {step[0]} takes an integer")
            limit = {"c": len(self.columns), "s": place, "i": 2**31}[kind]
            require(0 <= argument < limit, f"steps: {step[0]}: {argument} is out of range")

    def output(self, *inputs: Type) -> Type:
        return Type("int64", 1)


class Parse(Operator):
    """A column of text as numbers; NaN is missing, an empty text too, and −∞ a text that spells
    none.

    `number` is a decimal. `date` counts days and `dateTime` seconds from the first of January of
    `year`; `time` counts seconds from midnight; they are text in ISO 8601. A cell may also be a
    number already.
    """

    arity = 0
    column: str = name()
    meaning: str = choice("number", "date", "time", "dateTime")
    year: int = integer(0, 9999)

    def output(self, *inputs: Type) -> Type:
        return Type("float64", 1)


def _require_pattern(pattern: str) -> None:
    """Refuse a regular expression that could take very long."""
    try:
        work_of(pattern)
    except Violation as broken:
        raise Violation(f"steps: pattern: {broken}") from None
