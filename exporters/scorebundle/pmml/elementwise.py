"""Forms of the operators on each number of a value (PMML 4.4, Built-in functions)."""

from __future__ import annotations

import math
from collections.abc import Callable

from scorebundle.bundle.ops import Binary, Missing, Unary, Where

from .columns import truncated
from .draft import Call, form
from .expressions import Cell, Const, Expression, apply, choose, compare, present

NAMED = {
    "absolute": "abs",
    "sqrt": "sqrt",
    "floor": "floor",
    "ceil": "ceil",
    "rint": "rint",
    "exp": "exp",
    "expm1": "expm1",
    "log": "ln",
    "log10": "log10",
    "log1p": "ln1p",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "ndtr": "stdNormalCDF",
    "ndtri": "stdNormalIDF",
    "not": "not",
}
"""PMML's built-in function for a ufunc's name; the other ufuncs are composed below."""

ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
COMPARISONS = {
    "less": "lessThan",
    "less_equal": "lessOrEqual",
    "greater": "greaterThan",
    "greater_equal": "greaterOrEqual",
    "equal": "equal",
    "not_equal": "notEqual",
}
NEVER_REFUSED = {"negative", "square", "reciprocal", "sign", "trunc", "arccosh", "not"}
"""Spelled with arithmetic and comparisons, which take a missing operand, or already guarded."""

LN2 = Const(math.log(2))
LOG_OF_LARGEST = 709.782712893384
"""exp of a larger number is beyond float64."""

Composed = Callable[[Cell, str], Expression]


def _exp2(x: Cell, dtype: str) -> Expression:
    return apply("pow", Const(2.0, dtype), x)


def _square(x: Cell, dtype: str) -> Expression:
    return apply("*", x, x)


def _negative(x: Cell, dtype: str) -> Expression:
    return apply("*", Const(-1.0, dtype), x)


def _reciprocal(x: Cell, dtype: str) -> Expression:
    return apply("/", Const(1.0, dtype), x)


def _sign(x: Cell, dtype: str) -> Expression:
    """What is neither above nor below 0 is 0 or missing: x itself."""
    up, down = (compare(name, x, Const(0.0, dtype)) for name in ("greaterThan", "lessThan"))
    return choose(up, Const(1.0, dtype), choose(down, Const(-1.0, dtype), x))


def _log2(x: Cell, dtype: str) -> Expression:
    return apply("/", apply("ln", x), LN2)


def _odd(x: Cell, dtype: str, of_absolute: Callable[[Expression], Expression]) -> Expression:
    """An odd function, from what it is of |x|: no cancellation for negative numbers."""
    up = of_absolute(apply("abs", x))
    down = apply("*", Const(-1.0), of_absolute(apply("abs", x)))
    return choose(compare("lessThan", x, Const(0.0, dtype)), down, up)


def _cbrt(x: Cell, dtype: str) -> Expression:
    return _odd(x, dtype, lambda a: apply("pow", a, Const(1 / 3)))


def _arcsinh(x: Cell, dtype: str) -> Expression:
    """ln(|x| + √(x² + 1)) with the sign of x, as ln1p(|x| + x² / (1 + √(x² + 1)))."""
    square = apply("*", x, x)
    root = apply("+", Const(1.0), apply("sqrt", apply("+", apply("*", x, x), Const(1.0))))
    rest = apply("/", square, root)
    positive = apply("ln1p", apply("+", apply("abs", x), rest))
    sign = _sign(x, dtype)
    return apply("*", sign, positive)


def _arccosh(x: Cell, dtype: str) -> Expression:
    """ln(x + √((x − 1) (x + 1))), missing below 1."""
    one = Const(1.0)
    root = apply("sqrt", apply("*", apply("-", x, one), apply("+", x, one)))
    found = apply("ln", apply("+", x, root))
    return choose(compare("greaterOrEqual", x, one), found, Const(math.nan))


def _arctanh(x: Cell, dtype: str) -> Expression:
    """(ln(1 + x) − ln(1 − x)) / 2."""
    minus = apply("ln1p", apply("*", Const(-1.0), x))
    return apply("*", Const(0.5), apply("-", apply("ln1p", x), minus))


def _erfc(x: Cell, dtype: str) -> Expression:
    """2 Φ(−x √2)."""
    scaled = apply("*", Const(-math.sqrt(2)), x)
    return apply("*", Const(2.0), apply("stdNormalCDF", scaled))


def _expit(x: Cell, dtype: str) -> Expression:
    """1 / (1 + exp(−x)); 0 where exp overflows, which PMML takes for an error."""
    one = Const(1.0, dtype)
    far = compare("lessThan", x, Const(-LOG_OF_LARGEST, dtype))
    return choose(
        far,
        Const(0.0, dtype),
        apply("/", one, apply("+", one, apply("exp", _negative(x, dtype)))),
    )


def _erf(x: Cell, dtype: str) -> Expression:
    """2 Φ(√2 x) − 1; PMML knows the normal distribution, not erf."""
    twice = apply("*", Const(2.0), apply("stdNormalCDF", apply("*", x, Const(math.sqrt(2)))))
    return apply("-", twice, Const(1.0))


COMPOSED: dict[str, Composed] = {
    "negative": _negative,
    "square": _square,
    "reciprocal": _reciprocal,
    "sign": _sign,
    "trunc": truncated,
    "exp2": _exp2,
    "log2": _log2,
    "cbrt": _cbrt,
    "arcsinh": _arcsinh,
    "arccosh": _arccosh,
    "arctanh": _arctanh,
    "expit": _expit,
    "erf": _erf,
    "erfc": _erfc,
}


@form(Unary)
def unary(op: Unary, call: Call) -> list[Cell]:
    """Apply of the built-in function, or of a formula."""
    return [call.derive(_applied(op.op, x, call.type.dtype)) for x in call.cells[0]]


def _applied(op: str, x: Cell, dtype: str) -> Expression:
    expression = apply(NAMED[op], x) if op in NAMED else COMPOSED[op](x, dtype)
    return expression if op in NEVER_REFUSED else present([x], expression)


@form(Binary)
def binary(op: Binary, call: Call) -> list[Cell]:
    """Apply of the built-in function."""
    a, b = (_repeated(cells, call.type.width) for cells in call.cells)
    return [call.derive(_combined(op.op, x, y)) for x, y in zip(a, b, strict=True)]


def _repeated(cells: list[Cell], width: int) -> list[Cell]:
    return cells * width if len(cells) == 1 else cells


def _combined(op: str, a: Cell, b: Cell) -> Expression:
    if op in ARITHMETIC:
        return apply(ARITHMETIC[op], a, b)
    if op in COMPARISONS:
        return compare(COMPARISONS[op], a, b, if_missing=op == "not_equal")
    if op == "power":
        return _power(a, b)
    if op == "remainder":
        return present([a, b], apply("modulo", a, b))
    if op in ("and", "or"):
        return apply(op, a, b)
    return present([a, b], apply(op[:3], a, b))


def _power(a: Cell, b: Cell) -> Expression:
    """pow; x⁰ and 1ˣ are 1 even if the other is NaN."""
    result: Expression = present([a, b], apply("pow", a, b))
    for cell, point in ((b, 0.0), (a, 1.0)):
        if isinstance(cell, Const):
            result = Const(1.0) if cell.value == point else result
        else:
            result = choose(compare("equal", cell, Const(point)), Const(1.0), result)
    return result


@form(Missing)
def missing(op: Missing, call: Call) -> list[Cell]:
    """isMissing, or equality with the number that stands for a missing one."""
    value = float(op.value[0])
    if math.isnan(value):
        return [call.derive(apply("isMissing", x)) for x in call.cells[0]]
    return [call.derive(compare("equal", x, Const(value))) for x in call.cells[0]]


@form(Where)
def where(op: Where, call: Call) -> list[Cell]:
    """`if`; a choice of NaN is left out, which makes it missing."""
    condition, a, b = (_repeated(cells, call.type.width) for cells in call.cells)
    return [call.derive(choose(*three)) for three in zip(condition, a, b, strict=True)]
