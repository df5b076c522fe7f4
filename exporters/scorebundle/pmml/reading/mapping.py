"""MapValues: a table by the values of fields (PMML, Transformations)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from scorebundle.bundle import BundleError
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Cast, Match

from .expressions import absent, optional, pick, reads, spells
from .fields import literal
from .make import Maker
from .scope import Scope
from .types import STRING
from .values import MISSING, UNKNOWN, Bool, Field, Number, Text, Words
from .xml import Element, children, column, needed, refuse, rows, text

MAX_CELLS: Final = 1 << 22
"""Most rows times columns of a table: an empty row takes no room in a document."""


@reads("MapValues")
def _map_values(element: Element, scope: Scope) -> Field:
    """A table by the codes of its input columns: code of all = ((c₁ · n₂) + c₂) · n₃ + …"""
    maker = scope.maker
    table = rows(needed(element, "InlineTable"))
    kind = element.get("dataType") or STRING
    code: Value | None = None
    size, places = 1, [0] * len(table)
    absents: Bool = False
    pairs = list(children(element, "FieldColumnPair"))
    if len(pairs) * len(table) > MAX_CELLS:
        refuse(element, "has too many columns for so many rows")
    for pair in pairs:
        field, name = scope.get(text(pair, "field"), pair), column(pair, "column")
        texts = list(dict.fromkeys(cells[name] for cells in table if name in cells))
        keys = _keys(texts, field, element)
        absents = maker.either(absents, absent(field, maker))
        here = positions(field, texts, maker, element)
        code = _joint(code, size, here, len(texts), maker, element)
        size *= len(texts)
        for row, cells in enumerate(table):
            known = name in cells and places[row] >= 0
            places[row] = places[row] * len(texts) + keys[cells[name]] if known else -1
    outputs: list[str | None] = [None] * size
    output = column(element, "outputColumn")
    for row, cells in reversed(list(enumerate(table))):
        if places[row] >= 0:
            outputs[places[row]] = cells.get(output)
    default, lacking = element.get("defaultValue"), element.get("mapMissingTo")
    if not all(spells(each, kind) for each in (*outputs, default, lacking)):
        kind = STRING
    result = _table(code, outputs, default, kind, maker, element)
    missing = optional(lacking, kind, element)
    return pick(absents, missing, result, maker)


def _keys(texts: list[str], field: Field, where: Element) -> dict[str, int]:
    """The place of each key; of those that spell one number, such as 1 and true, the first's."""
    if isinstance(field, Text):
        return {key: place for place, key in enumerate(texts)}
    numbers = _numbers(texts, field.kind, where)
    return {
        key: numbers.get(_number(key, field.kind, where), place) for place, key in enumerate(texts)
    }


def _number(key: str, kind: str, where: Element) -> float:
    """The number that a key spells; NaN if it spells none of the type."""
    try:
        return literal(key, "double" if kind == "integer" else kind, where)
    except BundleError:
        return math.nan


def _numbers(keys: list[str], kind: str, where: Element) -> dict[float, int]:
    """The place of the first key that spells each number."""
    found: dict[float, int] = {}
    for place, key in enumerate(keys):
        x = _number(key, kind, where)
        if x == x:
            found.setdefault(x, place)
    return found


def positions(field: Field, keys: list[str], maker: Maker, where: Element) -> Value:
    """The place of a field's value among literals; −1 for none."""
    if isinstance(field, Text):
        codes = [field.words.code(key) for key in keys]
        table = np.full(max([*codes, 0]) + 1, -1, np.int64)
        for place, code in reversed(list(enumerate(codes))):
            if code >= 0:
                table[code] = place
        return maker.look_up(field.code, table, -1)
    numbers = _numbers(keys, field.kind, where)
    known = sorted(numbers)
    found = maker.add(Match(np.array(known, np.float64)), maker.real(field.value))
    return maker.look_up(found, np.array([numbers[each] for each in known], np.int64), -1)


def _joint(
    code: Value | None, size: int, place: Value, width: int, maker: Maker, where: Element
) -> Value:
    """Codes of two columns as one; −1 if one is none."""
    if code is None:
        return place
    if size * width > 1 << 20:
        refuse(where, "has too many combinations of its columns")
    either = maker.either(maker.code_is(code, UNKNOWN), maker.code_is(place, UNKNOWN))
    before, here = maker.add(Cast("float64"), code), maker.add(Cast("float64"), place)
    joined = maker.plus(maker.times(before, float(width)), here)
    return maker.add(Cast("int64"), maker.real(maker.choose(either, -1.0, joined)))


def _table(
    code: Value | None,
    outputs: list[str | None],
    default: str | None,
    kind: str,
    maker: Maker,
    where: Element,
) -> Field:
    """The output of a table's row by code."""
    if code is None:
        return optional(default, kind, where)
    if kind == STRING:
        words = Words()
        words.open = True
        table = [MISSING if each is None else words.code(each) for each in outputs]
        other = MISSING if default is None else words.code(default)
        table = [other if each == MISSING else each for each in table]
        words.open = False
        return Text(maker.look_up(code, np.array(table, np.int64), other), words)
    other_number = literal(default, kind, where) if default else math.nan
    numbers = [literal(each, kind, where) if each else other_number for each in outputs]
    found = maker.look_up(code, np.array(numbers, np.float64), other_number)
    return Number(found, kind)
