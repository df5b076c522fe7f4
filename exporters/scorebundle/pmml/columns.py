"""Forms of the operators that read columns, arrange values, and give class labels."""

from __future__ import annotations

import math

import numpy as np

from scorebundle.bundle.ops import (
    Cast,
    Concat,
    Constant,
    Encode,
    Labels,
    Numbers,
    Require,
    Select,
)
from scorebundle.bundle.types import Scalar

from .draft import Call, form
from .elements import DATA_TYPES, Unsupported, element, spelled
from .expressions import Cell, Const, Expression, Ref, apply, choose, compare, present
from .tables import bin_of, discretize, map_values, number_codes

LIMIT = 2.0**63
"""int64 holds whole numbers from −LIMIT to below LIMIT."""


@form(Numbers)
def numbers(op: Numbers, call: Call) -> list[Cell]:
    """The DataFields themselves, or DerivedFields of the wanted dataType."""
    cells: list[Cell] = []
    for column in op.columns:
        ref = call.draft.read(column)
        before = call.draft.inputs[column]
        cells.append(ref if before == op.dtype else _converted(ref, before, op.dtype, call))
    return cells


@form(Encode)
def encode(op: Encode, call: Call) -> list[Cell]:
    """MapValues of text; Discretize of numbers; `if` for booleans."""
    column = call.draft.read(op.column)
    kind, missing = call.draft.inputs[op.column], _missing_code(op)
    if kind == "string":
        texts = category_texts(op.categories, call.draft.declared[op.column])
        codes = [(text, str(code)) for text, code in texts.items()]
        return [
            call.derive(
                map_values(column.name, codes, "integer", default="-1", missing=str(missing))
            )
        ]
    if kind == "boolean":
        return [call.derive(_boolean_code(op, column, missing))]
    numbers = [(float(c), code) for code, c in enumerate(op.categories)]
    return [call.derive(number_codes(column.name, numbers, missing))]


def _missing_code(op: Encode) -> int:
    """PMML has one missing value where Python has None and NaN."""
    if op.none != op.nan:
        raise Unsupported(f"column {op.column!r} tells None from NaN; PMML has one missing value")
    return op.none


def _boolean_code(op: Encode, column: Ref, missing: int) -> Expression:
    codes = {c: code for code, c in enumerate(op.categories) if not isinstance(c, str)}
    known = choose(column, _code(codes.get(True, -1)), _code(codes.get(False, -1)))
    return choose(apply("isMissing", column), _code(missing), known)


def _code(code: int) -> Const:
    return Const(code, "int64")


def category_texts(categories: tuple[Scalar, ...], declared: str) -> dict[str, int]:
    """How a text column spells each category, and its code.

    In a `mixed` column a number has several spellings, as 1 and 1.0 are one category; in a
    `string` column a number is never found.
    """
    texts: dict[str, int] = {c: code for code, c in enumerate(categories) if isinstance(c, str)}
    for code, category in enumerate(categories):
        if isinstance(category, str) or declared == "string":
            continue
        for text in _number_texts(category):
            if texts.setdefault(text, code) != code:
                raise Unsupported(f"a column holds both the text {text!r} and the number")
    return texts


def _number_texts(number: float | int | bool) -> list[str]:
    texts = [spelled(number), spelled(float(number))]
    if math.isfinite(number) and number == int(number):
        texts.append(str(int(number)))
    return [*texts, spelled(bool(number))] if number in (0, 1) else texts


@form(Constant)
def constant(op: Constant, call: Call) -> list[Cell]:
    """Stays a Constant inside the expressions that use it."""
    return [Const(number, call.type.dtype) for number in op.value.tolist()]


@form(Select)
def select(op: Select, call: Call) -> list[Cell]:
    """The fields themselves."""
    return [call.cells[0][index] for index in op.indices]


@form(Concat)
def concat(op: Concat, call: Call) -> list[Cell]:
    """The fields themselves."""
    return [cell for cells in call.cells for cell in cells]


@form(Require)
def require(op: Require, call: Call) -> list[Cell]:
    """The fields themselves: PMML has no way to refuse a row by a computed number."""
    return call.cells[0]


@form(Cast)
def cast(op: Cast, call: Call) -> list[Cell]:
    """A DerivedField of the other dataType, which rounds; `if` where PMML does not convert."""
    before = call.types[0].dtype
    if before == op.dtype:
        return call.cells[0]
    return [_converted(cell, before, op.dtype, call) for cell in call.cells[0]]


def _converted(cell: Cell, before: str, dtype: str, call: Call) -> Cell:
    if isinstance(cell, Const) and dtype.startswith("float"):
        return Const(float(np.dtype(dtype).type(cell.value)), dtype)
    if dtype == "bool":
        return call.derive(compare("notEqual", cell, Const(0, before), if_missing=True))
    if before == "bool":
        one, zero = (Const(1, dtype), Const(0, dtype))
        return call.derive(choose(cell, one, zero))
    if dtype == "int64":
        return call.derive(_truncated(cell, before))
    made = call.derive(cell)
    if (before, dtype) == ("float64", "float32") and isinstance(cell, Ref):
        call.draft.rounded[made.name] = cell.name
    return made


def _truncated(cell: Cell, before: str) -> Expression:
    """Toward zero. What int64 cannot hold is the smallest int64 in the graph, missing here:
    JPMML's integers have 32 bits, and the forms that read codes take missing for no category.
    """
    low = compare("greaterOrEqual", cell, Const(-LIMIT, before))
    high = compare("lessThan", cell, Const(LIMIT, before))
    return choose(apply("and", low, high), truncated(cell, before), Const(math.nan))


def truncated(cell: Cell, dtype: str) -> Expression:
    """A float without its fraction; missing stays missing."""
    negative = compare("lessThan", cell, Const(0.0, dtype))
    whole = choose(negative, apply("ceil", cell), apply("floor", cell))
    return present([cell], whole)


@form(Labels)
def labels(op: Labels, call: Call) -> list[Cell]:
    """Discretize: a code's class; below 0 the first, beyond the end the last."""
    last, dtype = len(op.classes) - 1, label_dtype(op)
    data_type = DATA_TYPES[dtype]
    if last == 0:
        only = element("Constant", {"dataType": data_type}, text=spelled(op.classes[0]))
        return [call.derive(only, dtype=dtype)]
    bins = [
        bin_of(spelled(label), None if code == 0 else code, None if code == last else code)
        for code, label in enumerate(op.classes)
    ]
    field = call.field(call.cells[0][0])
    missing = {"mapMissingTo": spelled(op.classes[0])}
    return [call.derive(discretize(field, bins, data_type, missing), dtype=dtype)]


def label_dtype(op: Labels) -> str:
    """The graph dtype, or `string`, of class labels."""
    kinds = {type(label) for label in op.classes}
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return "int64"
    return "float64" if kinds <= {int, float} else "string"
