"""Forms of the operators on codes."""

from __future__ import annotations

import math

from scorebundle.bundle.ops import Lookup, LookupSum, Match, OneHot

from .draft import Call, form
from .elements import DATA_TYPES, spelled
from .expressions import Cell, Const, Expression, Ref, apply, balanced, choose, compare
from .tables import map_values, number_codes


@form(Match)
def match(op: Match, call: Call) -> list[Cell]:
    """Discretize at the categories; a missing number is the category NaN, if there is one."""
    field = call.field(call.cells[0][0])
    numbers = [(number, code) for code, number in enumerate(op.categories.tolist())]
    missing = numbers.pop()[1] if numbers and math.isnan(numbers[-1][0]) else -1
    return [call.derive(number_codes(field, numbers, missing))]


@form(Lookup)
def lookup(op: Lookup, call: Call) -> list[Cell]:
    """Per code and column of the table, MapValues of the code."""
    cells: list[Cell] = []
    for code in call.cells[0]:
        field = call.field(code)
        for column, default in enumerate(op.default.tolist()):
            expression = _entry(field, op.table[:, column].tolist(), default, call.type.dtype)
            cells.append(call.derive(expression, _part(len(cells), call)))
    return cells


@form(LookupSum)
def lookup_sum(op: LookupSum, call: Call) -> list[Cell]:
    """Per column of the table, Σ weight · MapValues of the code."""
    codes, weights = call.cells
    fields = [call.field(code) for code in codes]
    dtype = call.type.dtype
    cells: list[Cell] = []
    for column in range(op.table.shape[1]):
        numbers = op.table[:, column].tolist()
        terms: list[Expression] = [
            apply("*", weight, _entry(field, numbers, 0.0, dtype))
            for field, weight in zip(fields, weights, strict=True)
        ]
        cells.append(call.derive(balanced("+", terms), _part(column, call)))
    return cells


def _part(column: int, call: Call) -> int | None:
    return column if call.type.width > 1 else None


def _entry(field: str, table: list[float], default: float, dtype: str) -> Expression:
    """A number that is NaN has no row, and the default value may not stand in for it."""
    rows = [(str(code), spelled(number)) for code, number in enumerate(table) if number == number]
    missing = [code for code, number in enumerate(table) if number != number]
    otherwise = Const(default, dtype)
    if rows and otherwise.is_missing:
        return map_values(field, rows, DATA_TYPES[dtype], default=None)
    found: Expression = otherwise
    if rows:
        text = spelled(default)
        found = map_values(field, rows, DATA_TYPES[dtype], default=text, missing=text)
    if not missing:
        return found
    codes = [Const(code, "int64") for code in missing]
    inside = apply("isIn", Ref(field), *codes, if_missing="false")
    return choose(inside, Const(math.nan, dtype), found)


@form(OneHot)
def one_hot(op: OneHot, call: Call) -> list[Cell]:
    """`if` the code is the column's, 1, else 0."""
    (code,) = call.cells[0]
    one, zero = Const(_typed(1, op.dtype), op.dtype), Const(_typed(0, op.dtype), op.dtype)
    cells: list[Cell] = []
    for column in range(op.size):
        here = compare("equal", code, Const(column, "int64"))
        expression = here if op.dtype == "bool" else choose(here, one, zero)
        cells.append(call.derive(expression, column))
    return cells


def _typed(number: int, dtype: str) -> float | int:
    return float(number) if dtype.startswith("float") else number
