"""Fields from outside: DataDictionary, and the treatments of a MiningSchema."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scorebundle.bundle import BundleError
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Match

from .convert import chosen
from .make import Maker
from .types import STRING, is_temporal, number
from .values import MISSING, Bool, Field, Number, Real, Text, Words, word
from .xml import Element, children, needed, real, refuse, text

TARGETS = frozenset(["target", "predicted"])
"""Usage types of what a model computes."""


class DataField(NamedTuple):
    """A DataField.

    Attributes:
        name, kind, optype: its name, dataType and optype.
        valid, invalid, missing: its Values by property.
        shown: displayValue by value.
        intervals: its Interval elements.
        element: where it stands.
    """

    name: str
    kind: str
    optype: str
    valid: tuple[str, ...]
    invalid: tuple[str, ...]
    missing: tuple[str, ...]
    shown: dict[str, str]
    intervals: tuple[Element, ...]
    element: Element


def data_fields(root: Element) -> dict[str, DataField]:
    """The fields of the DataDictionary by name."""
    return {
        text(field, "name"): _data_field(field)
        for field in children(needed(root, "DataDictionary"), "DataField")
    }


def _data_field(field: Element) -> DataField:
    by_property: dict[str, list[str]] = {"valid": [], "invalid": [], "missing": []}
    shown = {}
    for value in children(field, "Value"):
        word = text(value, "value")
        by_property.setdefault(value.get("property", "valid"), []).append(word)
        if value.get("displayValue") is not None:
            shown[word] = str(value.get("displayValue"))
    optype = field.get("optype", "categorical")
    return DataField(
        text(field, "name"),
        field.get("dataType") or ("double" if optype == "continuous" else STRING),
        optype,
        tuple(by_property["valid"]),
        tuple(by_property["invalid"]),
        tuple(by_property["missing"]),
        shown,
        tuple(children(field, "Interval")),
        field,
    )


def literal(source: str, kind: str, where: Element) -> float:
    """The number of a literal of a type; refused if it is none."""
    try:
        value = number(source, kind)
    except ValueError:
        refuse(where, f"{source!r:.40} is not of type {kind}")
    return float(np.float32(value)) if kind == "float" else value


def raw(field: DataField, maker: Maker) -> Field:
    """An input column, before any treatment."""
    if field.kind == STRING:
        return maker.text_column(field.name)
    if field.kind == "boolean" or is_temporal(field.kind):
        cells = maker.parsed_column(field.name, field.kind)
        return Number(cells, field.kind)
    value: Real = maker.numeric_column(field.name)
    return Number(maker.rounded(value) if field.kind == "float" else value, field.kind)


def treated(data: DataField, mining: Element, maker: Maker) -> Field:
    """An input column after the treatments of its MiningField.

    A valid outlier first, and an invalid value; then what is missing, or became so.
    """
    field = raw(data, maker)
    if isinstance(field, Text):
        return _treated_text(field, data, mining, maker)
    return _treated_number(field, data, mining, maker)


def _treated_text(field: Text, data: DataField, mining: Element, maker: Maker) -> Field:
    valid = [field.words.code(word) for word in data.valid]
    if data.missing:
        hidden = maker.one_of(field, data.missing)
        field = chosen(hidden, Text(MISSING, Words()), field, maker)
    known = maker.one_of(field, data.valid) if valid else True
    good = maker.both(
        maker.either(known, maker.code_is(field.code, MISSING)),
        maker.negated(maker.one_of(field, data.invalid)),
    )
    invalid = maker.negated(good)
    treatment = _invalid_treatment(mining)
    if treatment == "returnInvalid" and invalid is not False:
        field = _refused(field, invalid, bool(valid), maker)
    elif treatment == "asMissing":
        field = chosen(invalid, Text(MISSING, Words()), field, maker)
    elif treatment == "asValue" and invalid is not False:
        replacement = word(text(mining, "invalidValueReplacement"))
        field = chosen(invalid, replacement, field, maker)
    whole = bool(valid) and treatment != "asIs"
    return replaced_text(field._replace(whole=whole), mining, maker)


def _refused(field: Text, condition: Bool, closed: bool, maker: Maker) -> Text:
    """A text; rows where the condition holds are refused.

    What is made of a text that can be any is made of its source, not of its code: there the
    condition chooses, so that it is asked whatever the text becomes.
    """
    if closed or isinstance(condition, bool):
        return field._replace(code=maker.refuse_where(condition, maker.code(field.code)))
    asked = maker.refuse_where(condition, maker.real(maker.indicator(condition)))
    never = maker.compare("greater", asked, 0.0)
    return chosen(never, Text(MISSING, Words()), field, maker)


def replaced_text(field: Text, mining: Element, maker: Maker) -> Text:
    """A text after the treatment of a missing value."""
    absent = maker.code_is(field.code, MISSING)
    if mining.get("missingValueTreatment") == "returnInvalid":
        closed = field.whole or not field.words.open
        return _refused(field, absent, closed, maker)
    replacement = mining.get("missingValueReplacement")
    if replacement is None or absent is False:
        return field
    if field.words.code(replacement) < 0:
        refuse(mining, f"{replacement!r:.40} is no value of the field")
    found = chosen(absent, word(replacement), field, maker)
    return found._replace(whole=field.whole)


def _treated_number(field: Number, data: DataField, mining: Element, maker: Maker) -> Field:
    x = field.value
    for each in data.missing:
        try:
            hidden = literal(each, data.kind, data.element)
        except BundleError:  # a text that no number of this type equals
            continue
        x = maker.choose(maker.compare("equal", x, hidden), math.nan, x)
    invalid = _invalid_number(x, data, maker)
    if data.kind in ("boolean",) or is_temporal(data.kind):
        # A text that is none of this type is −infinity (see Parse).
        invalid = maker.either(invalid, maker.compare("equal", x, -math.inf))
    treatment = _invalid_treatment(mining)
    valid, known = outliers(x, mining, maker), _known(data, mining)
    if invalid is not False:
        if treatment == "returnInvalid":
            valid = maker.refuse_where(invalid, maker.real(valid))
        elif treatment == "asMissing":
            x = math.nan
        elif treatment == "asValue":
            x = literal(text(mining, "invalidValueReplacement"), data.kind, mining)
        if treatment != "returnInvalid":
            valid = maker.choose(invalid, x, valid)
    return replaced_missing(Number(valid, data.kind, known), data, mining, maker)


def _known(data: DataField, mining: Element) -> tuple[float, ...] | None:
    """All numbers that a field can be after the treatment of an invalid one."""
    treatment = _invalid_treatment(mining)
    bounded = mining.get("outliers", "asIs") == "asIs"
    if not data.valid or data.intervals or treatment == "asIs" or not bounded:
        return None
    replaced = [text(mining, "invalidValueReplacement")] if treatment == "asValue" else []
    return tuple(literal(each, data.kind, data.element) for each in [*data.valid, *replaced])


def replaced_number(field: Number, data: DataField | None, mining: Element, maker: Maker) -> Number:
    """A number that is no input after the treatments of an outlier and of a missing value."""
    value = outliers(field.value, mining, maker)
    return replaced_missing(field._replace(value=value), data, mining, maker)


def replaced_missing(
    field: Number, data: DataField | None, mining: Element, maker: Maker
) -> Number:
    """A number after the treatment of a missing value, which an outlier may have become."""
    x = field.value
    if mining.get("missingValueTreatment") == "returnInvalid":
        x = maker.refuse_where(maker.absent(x), maker.real(x))
    replacement, known = mining.get("missingValueReplacement"), field.known
    if replacement is not None:
        kind = field.kind
        if kind == "integer" and data is not None and data.optype == "continuous":
            kind = "double"  # a mean
        number = literal(replacement, kind, mining)
        x = maker.choose(maker.absent(x), number, x)
        known = None if known is None else (*known, number)
    return Number(x, field.kind, known)


def outliers(x: Real, mining: Element, maker: Maker) -> Real:
    """A valid number after the treatment of an outlier."""
    treatment = mining.get("outliers", "asIs")
    if treatment == "asIs":
        return x
    missing = treatment == "asMissingValues"
    if mining.get("lowValue") is not None:
        low = real(mining, "lowValue")
        x = maker.choose(maker.compare("less", x, low), math.nan if missing else low, x)
    if mining.get("highValue") is not None:
        high = real(mining, "highValue")
        x = maker.choose(maker.compare("greater", x, high), math.nan if missing else high, x)
    return x


def _invalid_treatment(mining: Element) -> str:
    treatment = mining.get("invalidValueTreatment", "returnInvalid")
    if treatment == "asIs" and mining.get("x-invalidValueReplacement") is not None:
        refuse(mining, "x-invalidValueReplacement is not supported")
    if treatment not in ("returnInvalid", "asIs", "asMissing", "asValue"):
        refuse(mining, f"invalidValueTreatment {treatment!r:.40} is not known")
    return treatment


def _invalid_number(x: Real, data: DataField, maker: Maker) -> Bool:
    """Whether a number that is there is none of the field's."""
    listed: Bool = False
    if data.valid:
        listed = among(x, [literal(each, data.kind, data.element) for each in data.valid], maker)
    inside = [within(x, each, data.kind, maker) for each in data.intervals]
    good: Bool = True
    if data.valid or inside:
        good = maker.either(listed, maker.absent(x), *inside)
    numbers = []
    for each in data.invalid:
        try:
            numbers.append(number(each, data.kind))
        except ValueError:
            continue
    return maker.negated(maker.both(good, maker.negated(among(x, numbers, maker))))


def among(x: Real, numbers: list[float], maker: Maker) -> Bool:
    """Whether a number is one of these; a missing one is not."""
    if not isinstance(x, Value):
        return x in numbers
    known = np.unique(np.array([each for each in numbers if each == each], np.float64))
    if len(known) == 0:
        return False
    if len(known) == 1:
        return maker.compare("equal", x, float(known[0]))
    code = maker.add(Match(known), x)
    return maker.negated(maker.code_is(code, -1))


def within(x: Real, interval: Element, kind: str, maker: Maker) -> Bool:
    """Whether a number lies in an Interval; its margins are of the field's type."""
    closure = text(interval, "closure")
    low, high = interval.get("leftMargin"), interval.get("rightMargin")
    conditions: list[Bool] = []
    kind = "double" if kind == "integer" else kind
    if low is not None:
        op = "greater_equal" if closure.startswith("closed") else "greater"
        conditions.append(maker.compare(op, x, literal(low, kind, interval)))
    if high is not None:
        op = "less_equal" if closure.endswith("Closed") else "less"
        conditions.append(maker.compare(op, x, literal(high, kind, interval)))
    return maker.both(*conditions) if conditions else maker.present(x)
