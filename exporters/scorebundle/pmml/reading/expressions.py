"""Expressions: what DerivedFields and OutputFields are computed by (PMML, Transformations)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from scorebundle.bundle.graph import Value

from .convert import as_text, cast, chosen, constant
from .fields import within
from .make import Maker
from .scope import Scope
from .types import STRING, guessed, number
from .values import MISSING, Bool, Field, Number, Real, Text, Words
from .xml import (
    Element,
    children,
    content,
    line_of,
    located,
    needed,
    real,
    refuse,
    tag,
    text,
)

Reader = Callable[[Element, Scope], Field]
EXPRESSIONS: Final[dict[str, Reader]] = {}
"""How each expression element is read."""


def reads(*names: str) -> Callable[[Reader], Reader]:
    """Register how expression elements are read."""

    def register(function: Reader) -> Reader:
        EXPRESSIONS.update(dict.fromkeys(names, function))
        return function

    return register


def expression(element: Element, scope: Scope) -> Field:
    """The value of an expression element."""
    scope.reading.left -= 1
    if scope.reading.left < 0:
        refuse(element, "functions of functions are too many expressions")
    reader = EXPRESSIONS.get(tag(element))
    if reader is None:
        refuse(element, "this expression is not supported")
    with located(element):
        return reader(element, scope)


def expression_below(parent: Element, scope: Scope) -> Field:
    """The value of the one expression below an element."""
    for each in children(parent):
        if tag(each) in EXPRESSIONS:
            return expression(each, scope)
    refuse(parent, "holds no expression that is supported")


def derived_field(element: Element, scope: Scope) -> Field:
    """The value of a DerivedField, of its data type."""
    field = expression_below(element, scope)
    kind = element.get("dataType")
    if kind is None:
        return field
    field = cast(field, kind, scope.maker)
    if isinstance(field, Number) and kind == "float":
        field = Number(scope.maker.rounded(field.value), kind)
    return field


def mapped(field: Field, element: Element, scope: Scope, name: str = "mapMissingTo") -> Field:
    """The field, with a literal where it is missing."""
    literal = element.get(name)
    if literal is None or (literal == "" and isinstance(field, Number)):
        return field
    return otherwise(field, literal, scope.maker)


def otherwise(field: Field, literal: str, maker: Maker) -> Field:
    """A literal where the field is missing."""
    if isinstance(field, Text):
        other = Text(0, Words([literal]))
        return pick(absent(field, maker), other, field, maker)
    kind = field.kind
    try:
        value = number(literal, "double" if kind == "integer" else kind)
    except ValueError:
        return pick(absent(field, maker), Text(0, Words([literal])), field, maker)
    return Number(maker.choose(maker.absent(field.value), value, field.value), kind)


def absent(field: Field, maker: Maker) -> Bool:
    """Whether a field is missing."""
    if isinstance(field, Text):
        return maker.code_is(field.code, MISSING)
    return maker.absent(field.value)


def pick(condition: Bool, a: Field, b: Field, maker: Maker) -> Field:
    """`a` where the condition holds, else `b`; both become of one type."""
    if isinstance(condition, bool):
        return a if condition else b
    if nothing(a):
        a = Text(MISSING, Words()) if isinstance(b, Text) else Number(math.nan, b.kind)
    if nothing(b):
        b = Text(MISSING, Words()) if isinstance(a, Text) else Number(math.nan, a.kind)
    if isinstance(a, Text) != isinstance(b, Text):
        a = a if isinstance(a, Text) else as_text(a, maker)
        b = b if isinstance(b, Text) else as_text(b, maker)
    if isinstance(a, Text) and isinstance(b, Text):
        return chosen(condition, a, b, maker)
    assert isinstance(a, Number)
    assert isinstance(b, Number)
    kind = a.kind if a.kind == b.kind else "double"
    return Number(maker.choose(condition, a.value, b.value), kind)


def nothing(field: Field) -> bool:
    """Whether a field is always missing."""
    if isinstance(field, Text):
        return field.code == MISSING
    return not isinstance(field.value, Value) and math.isnan(field.value)


@reads("Constant")
def _constant(element: Element, scope: Scope) -> Field:
    if element.get("missing") in ("true", "1"):
        kind = element.get("dataType", "double")
        return Text(MISSING, Words()) if kind == STRING else Number(math.nan, kind)
    source = content(element)
    kind = element.get("dataType") or guessed(source)
    return constant(source, kind, element)


@reads("FieldRef")
def _field_ref(element: Element, scope: Scope) -> Field:
    return mapped(scope.get(text(element, "field"), element), element, scope)


def numeric(field: Field, maker: Maker) -> Real:
    """A field as a number."""
    found = field if isinstance(field, Number) else cast(field, "double", maker)
    assert isinstance(found, Number)
    return found.value


@reads("NormContinuous")
def _norm_continuous(element: Element, scope: Scope) -> Field:
    maker = scope.maker
    x = numeric(scope.get(text(element, "field"), element), maker)
    norms = children(element, "LinearNorm")
    points = sorted((real(p, "orig"), real(p, "norm")) for p in norms)
    if len(points) < 2:
        refuse(element, "needs two LinearNorms")
    field = Number(norm(x, points, element.get("outliers", "asIs"), maker))
    return mapped(field, element, scope)


def norm(x: Real, points: list[tuple[float, float]], outliers: str, maker: Maker) -> Real:
    """b₁ + (x − a₁) / (a₂ − a₁) · (b₂ − b₁) between neighbouring points (aᵢ, bᵢ)."""
    result: Real | None = None
    for (a1, b1), (a2, b2) in reversed(list(pairwise(points))):
        share = maker.over(maker.minus(x, a1), a2 - a1)
        line = maker.plus(b1, maker.times(share, b2 - b1))
        if result is None:
            result = line
        else:
            result = maker.choose(maker.compare("less_equal", x, a2), line, result)
    assert result is not None
    if outliers == "asIs":
        return result
    low, high = (points[0][1], points[-1][1]) if outliers == "asExtremeValues" else (math.nan,) * 2
    result = maker.choose(maker.compare("less", x, points[0][0]), low, result)
    return maker.choose(maker.compare("greater", x, points[-1][0]), high, result)


@reads("NormDiscrete")
def _norm_discrete(element: Element, scope: Scope) -> Field:
    from .nodes import Predicate
    from .predicates import truth

    maker, name = scope.maker, text(element, "field")
    what = Predicate("SimplePredicate", "equal", name, text(element, "value"), (), 0)
    scope.get(name, element)
    if element.get("method") == "thermometer":
        what = Predicate("SimpleSetPredicate", "isIn", name, _from_value_on(element, scope), (), 0)
    found = truth(what._replace(line=line_of(element)), scope)
    missing = real(element, "mapMissingTo") if element.get("mapMissingTo") else math.nan
    other = maker.choose(found.no, 0.0, missing)
    return Number(maker.choose(found.yes, 1.0, other), "double")


def _from_value_on(element: Element, scope: Scope) -> tuple[str, ...]:
    """Of a field whose values have an order, the one that an element names and those after it."""
    data = scope.reading.data.get(text(element, "field"))
    valid = () if data is None else data.valid
    if text(element, "value") not in valid:
        refuse(element, "method thermometer needs a field with an order of values")
    return valid[valid.index(text(element, "value")) :]


@reads("Aggregate")
def _aggregate(element: Element, scope: Scope) -> Field:
    """Over the one record that there is: its value, or whether there is one."""
    name = text(element, "function")
    if name not in ("count", "sum", "average", "min", "max") or element.get("sqlWhere"):
        refuse(element, f"function {name!r:.40}, or sqlWhere, is not supported")
    field = scope.get(text(element, "field"), element)
    if name == "count":
        return Number(scope.maker.choose(absent(field, scope.maker), 0.0, 1.0), "integer")
    return Number(numeric(field, scope.maker), "double")


@reads("Discretize")
def _discretize(element: Element, scope: Scope) -> Field:
    maker = scope.maker
    field = scope.get(text(element, "field"), element)
    if isinstance(field, Text):
        field = cast(field, "double", maker)
    assert isinstance(field, Number)
    kind = _kind_of_bins(element)
    result = optional(element.get("defaultValue"), kind, element)
    for each in reversed(list(children(element, "DiscretizeBin"))):
        inside = within(field.value, needed(each, "Interval"), field.kind, maker)
        value = optional(text(each, "binValue"), kind, each)
        result = pick(inside, value, result, maker)
    missing = optional(element.get("mapMissingTo"), kind, element)
    return pick(maker.absent(field.value), missing, result, maker)


def _kind_of_bins(element: Element) -> str:
    """The type of a Discretize's values: as stated or as its DerivedField's, if they fit."""
    bins = [text(each, "binValue") for each in children(element, "DiscretizeBin")]
    stated = element.get("dataType")
    around = element.getparent()
    if stated is None and around is not None and around.get("dataType") == STRING:
        return STRING
    found = {guessed(each) for each in bins} if stated is None else {stated}
    kind = found.pop() if len(found) == 1 else STRING
    others = [element.get("defaultValue"), element.get("mapMissingTo")]
    return kind if all(spells(each, kind) for each in (*bins, *others)) else STRING


def spells(source: str | None, kind: str) -> bool:
    """Whether a text spells a value of a type; types are sometimes stated wrongly."""
    if kind == STRING or not source:
        return True
    try:
        number(source, kind)
    except ValueError:
        return False
    return True


def optional(source: str | None, kind: str, where: Element) -> Field:
    """A literal of a type; missing if there is none."""
    if source is None or (source == "" and kind != STRING):
        return Text(MISSING, Words()) if kind == STRING else Number(math.nan, kind)
    return constant(source, kind, where)
