"""Apply: built-in functions, and the document's own (PMML, Built-in functions; Functions)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from .convert import as_text, cast
from .expressions import (
    absent,
    expression,
    expression_below,
    nothing,
    numeric,
    otherwise,
    pick,
    reads,
)
from .make import Maker
from .scope import Scope
from .types import NUMBERS, wider
from .values import MISSING, Bool, Field, Number, Real, Text, Truth
from .xml import Element, children, refuse, text

MAX_INLINED: Final = 64
"""How deep functions of the document may call each other."""


class Call(NamedTuple):
    """A function's use, as the function sees it.

    Attributes:
        fields: its operands.
        maker: the graph while it grows.
        where: the Apply.
        scope: of the operands.
    """

    fields: list[Field]
    maker: Maker
    where: Element
    scope: Scope

    def number(self, place: int) -> Real:
        """An operand as a number."""
        if place >= len(self.fields):
            refuse(self.where, f"needs more than {place} operands")
        return numeric(self.fields[place], self.maker)

    @property
    def numbers(self) -> list[Real]:
        """All operands as numbers."""
        return [self.number(place) for place in range(len(self.fields))]

    def text(self, place: int) -> Text:
        """An operand as text."""
        if place >= len(self.fields):
            refuse(self.where, f"needs more than {place} operands")
        field = self.fields[place]
        return field if isinstance(field, Text) else as_text(field, self.maker)

    @property
    def kind(self) -> str:
        """The type of arithmetic on the operands."""
        return wider(*(f.kind if f.kind in NUMBERS else "integer" for f in self.fields))

    def result(self, x: Real, kind: str = "double") -> Number:
        """A number of a type."""
        return Number(self.maker.rounded(x) if kind == "float" else x, kind)

    def truth(self, place: int) -> Truth:
        """An operand as a condition."""
        if place < len(self.fields) and self.fields[place].kind in ("double", "float"):
            if not nothing(self.fields[place]):
                refuse(self.where, "takes conditions, not numbers")
        x = self.number(place)
        yes = self.maker.both(self.maker.compare("not_equal", x, 0.0), self.maker.present(x))
        return Truth(yes, self.maker.compare("equal", x, 0.0))

    def condition(self, what: Truth) -> Number:
        """A condition as a boolean."""
        maker = self.maker
        open_ = maker.choose(what.no, 0.0, math.nan)
        if maker.negated(maker.either(what.yes, what.no)) is False:
            open_ = 0.0
        return Number(maker.choose(what.yes, 1.0, open_), "boolean")


Function = Callable[[Call], Field]
FUNCTIONS: Final[dict[str, Function]] = {}
"""The built-in functions by name."""


def function(*names: str) -> Callable[[Function], Function]:
    """Register a built-in function."""

    def register(made: Function) -> Function:
        FUNCTIONS.update(dict.fromkeys(names, made))
        return made

    return register


@reads("Apply")
def _apply(element: Element, scope: Scope) -> Field:
    name, maker = text(element, "function"), scope.maker
    fields = [expression(each, scope) for each in children(element)]
    called = scope.reading.functions.get(name)
    if called is not None and not (name.startswith("SAS-") and name in FUNCTIONS):
        result = _inlined(called, fields, element, scope)
    else:
        made = FUNCTIONS.get(name) or FUNCTIONS.get(name.removeprefix("x-"))
        if made is None:
            refuse(element, f"function {name!r:.60} is not supported")
        result = made(Call(fields, maker, element, scope))
    if element.get("invalidValueTreatment") == "asMissing" and isinstance(result, Number):
        wild = maker.infinite(result.value)
        result = result._replace(value=maker.choose(wild, math.nan, result.value))
    missing = element.get("mapMissingTo")
    if missing is not None:
        operands: Bool = maker.either(*(absent(field, maker) for field in fields))
        replaced = otherwise(never(result), missing, maker)
        result = pick(operands, replaced, result, maker)
    default = element.get("defaultValue")
    return result if default is None else otherwise(result, default, maker)


def never(field: Field) -> Field:
    """The missing value of a field's type."""
    if isinstance(field, Text):
        return Text(MISSING, field.words)
    return Number(math.nan, field.kind)


def _inlined(called: Element, fields: list[Field], element: Element, scope: Scope) -> Field:
    """The body of a function of the document, with its parameters as fields."""
    reading = scope.reading
    parameters = list(children(called, "ParameterField"))
    if len(parameters) != len(fields):
        refuse(element, f"{text(called, 'name')} takes {len(parameters)} operands")
    name = text(called, "name")
    if name in reading.inlining or len(reading.inlining) > MAX_INLINED:
        refuse(element, f"function {name!r:.60} calls itself")
    outer = scope
    while outer.parent is not None:
        outer = outer.parent
    inner = Scope(reading, outer)
    for parameter, field in zip(parameters, fields, strict=True):
        kind = parameter.get("dataType")
        inner.fields[text(parameter, "name")] = (
            field if kind is None else cast(field, kind, scope.maker)
        )
    key = name, *(field[:2] for field in inner.fields.values())
    if key in reading.inlined:
        return reading.inlined[key]
    reading.inlining.append(name)
    try:
        result = expression_below(called, inner)
    finally:
        reading.inlining.pop()
    kind = called.get("dataType")
    reading.inlined[key] = result if kind is None else cast(result, kind, scope.maker)
    return reading.inlined[key]


# Arithmetic -----------------------------------------------------------------------------------


def _needs_two(call: Call) -> None:
    if len(call.fields) < 2:
        refuse(call.where, "takes two operands")


@function("+")
def _add(call: Call) -> Field:
    _needs_two(call)
    return call.result(call.maker.plus(*call.numbers), call.kind)


@function("-")
def _subtract(call: Call) -> Field:
    _needs_two(call)
    return call.result(call.maker.minus(call.number(0), call.number(1)), call.kind)


@function("*")
def _multiply(call: Call) -> Field:
    _needs_two(call)
    result = call.number(0)
    for place in range(1, len(call.fields)):
        result = call.maker.arithmetic("multiply", result, call.number(place))
    return call.result(result, call.kind)


@function("/")
def _divide(call: Call) -> Field:
    """Of whole numbers, toward zero, as in Java."""
    result = call.maker.over(call.number(0), call.number(1))
    if call.kind == "integer":
        return call.result(call.maker.unary("trunc", result), "integer")
    return call.result(result, call.kind)


def _of_present(call: Call, fold: Callable[[Real, Real], Real]) -> Real:
    """Fold of the operands that are not missing."""
    maker, result = call.maker, call.number(0)
    for place in range(1, len(call.fields)):
        x = call.number(place)
        both = fold(result, x)
        result = maker.choose(maker.absent(x), result, maker.choose(maker.absent(result), x, both))
    return result


@function("sum")
def _sum(call: Call) -> Field:
    return call.result(_of_present(call, lambda a, b: call.maker.plus(a, b)), call.kind)


@function("product")
def _product(call: Call) -> Field:
    return call.result(_of_present(call, lambda a, b: call.maker.times(a, b)), call.kind)


@function("min")
def _min(call: Call) -> Field:
    fold = call.maker.arithmetic
    return call.result(_of_present(call, lambda a, b: fold("minimum", a, b)), call.kind)


@function("max")
def _max(call: Call) -> Field:
    fold = call.maker.arithmetic
    return call.result(_of_present(call, lambda a, b: fold("maximum", a, b)), call.kind)


@function("avg")
def _avg(call: Call) -> Field:
    maker = call.maker
    count = maker.plus(*(maker.indicator(maker.present(x)) for x in call.numbers))
    total = _of_present(call, lambda a, b: maker.plus(a, b))
    return call.result(maker.over(total, count), wider(call.kind, "float"))


@function("median")
def _median(call: Call) -> Field:
    """By ranks: the mean of the numbers that half of the others are below and above."""
    return call.result(median(call.numbers, call.maker), "double")


def median(numbers: list[Real], maker: Maker) -> Real:
    """The middle number, or the mean of the middle two, of numbers that are all present."""
    count = len(numbers)
    low: Real = math.nan
    high: Real = math.nan
    for i, x in enumerate(numbers):
        rank: Real = 0.0  # equal numbers by their place
        for j, y in enumerate(numbers):
            if j != i:
                op = "less_equal" if j < i else "less"
                rank = maker.plus(rank, maker.indicator(maker.compare(op, y, x)))
        low = maker.choose(maker.compare("equal", rank, float((count - 1) // 2)), x, low)
        high = maker.choose(maker.compare("equal", rank, float(count // 2)), x, high)
    return low if count % 2 else maker.over(maker.plus(low, high), 2.0)


_UNARY = {
    "log10": "log10",
    "ln": "log",
    "sqrt": "sqrt",
    "exp": "exp",
    "expm1": "expm1",
    "ln1p": "log1p",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "x-expit": "expit",
}


def _register_unary(name: str, op: str, kind: str) -> None:
    @function(name)
    def _(call: Call) -> Field:
        return call.result(
            call.maker.unary(op, call.number(0)),
            kind,
        )


for _name, _op in _UNARY.items():
    _register_unary(_name, _op, "double")
for _name, _op in {"floor": "floor", "ceil": "ceil", "rint": "rint"}.items():
    _register_unary(_name, _op, "double")


@function("abs")
def _abs(call: Call) -> Field:
    return call.result(call.maker.unary("absolute", call.number(0)), call.kind)


@function("round")
def _round(call: Call) -> Field:
    """To the nearest, halves up."""
    maker, x = call.maker, call.number(0)
    return call.result(rounded_half_up(x, maker), "integer")


def rounded_half_up(x: Real, maker: Maker) -> Real:
    """⌊x⌋, or ⌊x⌋ + 1 if x lies half way or more (x + ½ would round 0.49999999999999994 up)."""
    down = maker.unary("floor", x)
    up = maker.compare("greater_equal", maker.minus(x, down), 0.5)
    return maker.choose(up, maker.plus(down, 1.0), down)


@function("pow")
def _pow(call: Call) -> Field:
    return call.result(call.maker.power(call.number(0), call.number(1)), call.kind)


@function("hypot")
def _hypot(call: Call) -> Field:
    maker = call.maker
    squares = [maker.arithmetic("multiply", x, x) for x in call.numbers]
    return call.result(maker.unary("sqrt", maker.plus(*squares)))


@function("threshold")
def _threshold(call: Call) -> Field:
    maker, x, y = call.maker, call.number(0), call.number(1)
    found = maker.indicator(maker.compare("greater", x, y))
    known = maker.both(maker.present(x), maker.present(y))
    return call.result(maker.choose(known, found, math.nan), "integer")


@function("modulo")
def _modulo(call: Call) -> Field:
    """The rest of a division, of the sign of the divisor."""
    rest = call.maker.arithmetic("remainder", call.number(0), call.number(1))
    return call.result(rest, call.kind)


@function("x-atan2", "atan2")
def _atan2(call: Call) -> Field:
    """The angle of the point (x, y), from arctan(y / x)."""
    maker, y, x = call.maker, call.number(0), call.number(1)
    angle = maker.unary("arctan", maker.over(y, x))
    turn = maker.choose(maker.compare("less", y, 0.0), -math.pi, math.pi)
    angle = maker.choose(maker.compare("less", x, 0.0), maker.plus(angle, turn), angle)
    origin = maker.both(maker.compare("equal", x, 0.0), maker.compare("equal", y, 0.0))
    return call.result(maker.choose(origin, 0.0, angle))
