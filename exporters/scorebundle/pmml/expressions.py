"""Expressions of PMML (Transformations: EXPRESSION; Built-in functions: Apply).

A number of a graph's value is a `Cell`: a field, or a constant that never became one. NaN is
PMML's missing value: Apply gives missing if an operand is (unless mapMissingTo says otherwise),
as NaN passes through arithmetic; `sum`, `min` and `max` skip missing operands, which NaN does
not, so they are guarded or spelled with `+`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .elements import DATA_TYPES, Element, element, spelled


class Ref(NamedTuple):
    """A field of the document, by name."""

    name: str


class Const(NamedTuple):
    """The same number for every row, of a graph's dtype; NaN is missing."""

    value: float | int | bool
    dtype: str = "float64"

    @property
    def is_missing(self) -> bool:
        """Whether it is NaN."""
        return isinstance(self.value, float) and math.isnan(self.value)


Cell = Ref | Const
Expression = Ref | Const | Element


PARTIAL = frozenset(
    [
        "/",
        "pow",
        "modulo",
        "exp",
        "expm1",
        "ln",
        "ln1p",
        "log10",
        "sqrt",
        "tan",
        "asin",
        "acos",
        "sinh",
        "cosh",
    ]
)
"""Functions that some numbers have no finite result of."""


def as_element(expression: Expression) -> Element:
    """FieldRef, Constant, or the element itself."""
    if isinstance(expression, Ref):
        return element("FieldRef", {"field": expression.name})
    if isinstance(expression, Const):
        attributes = {"dataType": DATA_TYPES[expression.dtype]}
        if expression.is_missing:
            return element("Constant", {**attributes, "missing": "true"})
        return element("Constant", attributes, text=spelled(expression.value))
    return expression


def apply(function: str, *operands: Expression, if_missing: str | None = None) -> Element:
    """Apply a built-in function; `if_missing` is the result if an operand is missing.

    A result outside the function's domain (a NaN or an infinity in Java's arithmetic) becomes
    missing, not an error.
    """
    attributes = {"function": function}
    if function in PARTIAL:
        attributes["invalidValueTreatment"] = "asMissing"
    if if_missing is not None:
        attributes["mapMissingTo"] = if_missing
    return element("Apply", attributes, *map(as_element, operands))


def choose(condition: Expression, a: Expression, b: Expression) -> Expression:
    """`a` if the condition holds, else `b`; `if` without a third operand is missing there."""
    if isinstance(condition, Const):
        return a if condition.value else b
    if isinstance(b, Const) and b.is_missing:
        return apply("if", condition, a)
    if isinstance(a, Const) and a.is_missing:
        return apply("if", apply("not", condition), b)
    return apply("if", condition, a, b)


def compare(function: str, a: Expression, b: Expression, *, if_missing: bool = False) -> Element:
    """A comparison that is never missing: with NaN all are false but `notEqual`.

    The standard makes it missing without `mapMissingTo`; JPMML refuses to compare then.
    """
    return apply(function, a, b, if_missing=spelled(if_missing))


def balanced(function: str, operands: Sequence[Expression]) -> Expression:
    """Fold with a function of two operands, nested only as deep as log₂ of their number."""
    level = list(operands)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [*(apply(function, a, b) for a, b in pairs), *odd]
    return level[0]


def present(cells: Iterable[Cell], expression: Expression) -> Expression:
    """The expression where none of the cells is missing, else missing.

    The standard says that a function of a missing operand is missing; JPMML refuses to
    evaluate any but `+`, `-`, `*`, `/` then, so functions are guarded by this.
    """
    cells = list(cells)
    if any(isinstance(cell, Const) and cell.is_missing for cell in cells):
        return Const(math.nan)
    checks = [apply("isNotMissing", cell) for cell in cells if isinstance(cell, Ref)]
    if not checks:
        return expression
    return apply("if", checks[0] if len(checks) == 1 else apply("and", *checks), expression)


def extreme(function: str, cells: Sequence[Cell]) -> Expression:
    """`min` or `max` of the cells that are not missing."""
    return cells[0] if len(cells) == 1 else apply(function, *cells)
