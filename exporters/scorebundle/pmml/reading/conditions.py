"""Built-in functions that ask: missing values, comparisons, logic, choice."""

from __future__ import annotations

import math

from scorebundle.bundle.graph import Value

from .convert import cast, united
from .expressions import absent, numeric, pick
from .fields import among
from .functions import Call, function, never
from .predicates import conjunction, disjunction
from .types import spelled
from .values import Bool, Field, Number, Real, Text, Truth
from .xml import refuse, text


@function("isMissing", "isNotMissing")
def _is_missing(call: Call) -> Field:
    what = absent(call.fields[0], call.maker)
    if text(call.where, "function") == "isNotMissing":
        what = call.maker.negated(what)
    return Number(call.maker.indicator(what), "boolean")


@function("isValid", "isNotValid")
def _is_valid(call: Call) -> Field:
    """What is missing is not valid; what the field's own values exclude was treated before."""
    what = call.maker.negated(absent(call.fields[0], call.maker))
    if text(call.where, "function") == "isNotValid":
        what = call.maker.negated(what)
    return Number(call.maker.indicator(what), "boolean")


_COMPARED = {
    "lessThan": ("less", "greater_equal"),
    "lessOrEqual": ("less_equal", "greater"),
    "greaterThan": ("greater", "less_equal"),
    "greaterOrEqual": ("greater_equal", "less"),
}


@function(*_COMPARED)
def _compare(call: Call) -> Field:
    yes, no = _COMPARED[text(call.where, "function")]
    a, b = _alike(call)
    return call.condition(Truth(call.maker.compare(yes, a, b), call.maker.compare(no, a, b)))


def _alike(call: Call) -> tuple[Real, Real]:
    """Two operands as numbers of one type: a literal text is read as the other's."""
    if len(call.fields) != 2:
        refuse(call.where, "takes two operands")
    a, b = call.fields
    if isinstance(a, Number) and isinstance(b, Text):
        b = cast(b, a.kind if a.kind != "integer" else "double", call.maker)
    elif isinstance(a, Text) and isinstance(b, Number):
        a = cast(a, b.kind if b.kind != "integer" else "double", call.maker)
    return numeric(a, call.maker), numeric(b, call.maker)


@function("equal", "notEqual")
def _equal(call: Call) -> Field:
    if len(call.fields) != 2:
        refuse(call.where, "takes two operands")
    what = equality(call.fields[0], call.fields[1], call)
    if text(call.where, "function") == "notEqual":
        what = Truth(what.no, what.yes)
    return call.condition(what)


def equality(a: Field, b: Field, call: Call) -> Truth:
    """Whether two fields are equal; unknown if one is missing."""
    maker = call.maker
    known = maker.negated(maker.either(absent(a, maker), absent(b, maker)))
    if isinstance(a, Text) and isinstance(b, Text):
        both_open = all(each.words.open and not each.whole for each in (a, b))
        if both_open and (a.source is None or a.source != b.source):
            refuse(call.where, "compares two texts that can be any")
        a, b = united(a, b, maker)
        same = maker.same_code(a.code, b.code)
        return Truth(maker.both(same, known), maker.both(maker.negated(same), known))
    x, y = _alike(call._replace(fields=[a, b]))
    same = maker.compare("equal", x, y)
    return Truth(same, maker.both(maker.negated(same), known))


def _is_constant(field: Field) -> bool:
    return not isinstance(field.value if isinstance(field, Number) else field.code, Value)


def _word_of(field: Field) -> list[str]:
    """The text of a constant; nothing if it is missing."""
    if isinstance(field, Number) and isinstance(field.value, float):
        return [] if math.isnan(field.value) else [spelled(field.value, field.kind)]
    if not isinstance(field, Text) or isinstance(field.code, Value):
        return []
    return field.words.words[field.code : field.code + 1] if field.code >= 0 else []


@function("isIn", "isNotIn")
def _is_in(call: Call) -> Field:
    """Whether the first operand is one of the others; a missing one is none of them."""
    maker, first, rest = call.maker, call.fields[0], call.fields[1:]
    yes: Bool = False
    if all(map(_is_constant, rest)) and isinstance(first, Number):
        found = (numeric(field, maker) for field in rest)
        yes = among(first.value, [x for x in found if isinstance(x, float)], maker)
    elif all(map(_is_constant, rest)) and isinstance(first, Text):
        yes = maker.one_of(first, [word for field in rest for word in _word_of(field)])
    else:
        yes = maker.either(*(equality(first, each, call).yes for each in rest))
    what = Truth(yes, maker.negated(yes))
    if text(call.where, "function") == "isNotIn":
        what = Truth(what.no, what.yes)
    return call.condition(what)


@function("and")
def _and(call: Call) -> Field:
    parts = [call.truth(place) for place in range(len(call.fields))]
    return call.condition(conjunction(parts, call.maker))


@function("or")
def _or(call: Call) -> Field:
    parts = [call.truth(place) for place in range(len(call.fields))]
    return call.condition(disjunction(parts, call.maker))


@function("not")
def _not(call: Call) -> Field:
    what = call.truth(0)
    return call.condition(Truth(what.no, what.yes))


@function("if")
def _if(call: Call) -> Field:
    """The second operand if the first is true, the third if it is false."""
    maker, what = call.maker, call.truth(0)
    if len(call.fields) not in (2, 3):
        refuse(call.where, "takes two or three operands")
    then = call.fields[1]
    other = call.fields[2] if len(call.fields) == 3 else never(then)
    chosen = pick(what.yes, then, other, maker)
    known = maker.either(what.yes, what.no)
    return pick(known, chosen, never(chosen), maker)
