"""Kernels on each number on its own."""

from __future__ import annotations

import math
from typing import Any

from numba import types

from .codes import ARITHMETIC_CODE, COMPARISON
from .native import (
    Kernel,
    inline,
    libm,
    load_f4,
    load_f8,
    load_i8,
    load_u1,
    load_u4,
    store_f4,
    store_f8,
    store_i8,
    store_u1,
    store_u4,
    value,
)
from .normal import ndtr, ndtri
from .registry import kernel

NEGATIVE, ABSOLUTE, SQUARE, SQRT, RECIPROCAL, SIGN, FLOOR, CEIL, RINT, TRUNC = range(10)
EXP, EXP2, EXPM1, LOG, LOG2, LOG10, LOG1P, CBRT, SIN, COS, TAN = range(10, 21)
ARCSIN, ARCCOS, ARCTAN, SINH, COSH, TANH, ARCSINH, ARCCOSH, ARCTANH, EXPIT = range(21, 31)
ERF, NDTRI, NDTR, ERFC = range(31, 35)
"""Op codes in the order of `codes.UNARY`; a test holds the two together."""


def _unary(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    one, zero = kind(1), kind(0)
    exp, exp2, expm1 = libm("exp", kind), libm("exp2", kind), libm("expm1", kind)
    log, log2, log10 = libm("log", kind), libm("log2", kind), libm("log10", kind)
    log1p, cbrt = libm("log1p", kind), libm("cbrt", kind)
    sin, cos, tan = libm("sin", kind), libm("cos", kind), libm("tan", kind)
    asin, acos, atan = libm("asin", kind), libm("acos", kind), libm("atan", kind)
    sinh, cosh, tanh = libm("sinh", kind), libm("cosh", kind), libm("tanh", kind)
    asinh, acosh, atanh = libm("asinh", kind), libm("acosh", kind), libm("atanh", kind)
    erf = libm("erf", kind)
    erfc = libm("erfc", kind)
    floor, ceil = libm("floor", kind), libm("ceil", kind)
    rint, trunc = libm("rint", kind), libm("trunc", kind)

    @inline
    def exact(op: int, x: float) -> float:
        if op == NEGATIVE:
            return -x
        if op == ABSOLUTE:
            return abs(x)
        if op == SQUARE:
            return x * x
        if op == SQRT:
            return kind(math.sqrt(x))  # type: ignore[no-any-return]
        if op == RECIPROCAL:
            return one / x  # type: ignore[no-any-return]
        if op == SIGN:
            return one if x > zero else -one if x < zero else x  # 0 and NaN stay
        if op == FLOOR:
            return floor(x)  # type: ignore[no-any-return]
        if op == CEIL:
            return ceil(x)  # type: ignore[no-any-return]
        if op == RINT:
            return rint(x)  # type: ignore[no-any-return]
        return trunc(x)  # type: ignore[no-any-return]

    @inline
    def apply(op: int, x: float) -> float:
        if op == EXP:
            result = exp(x)
        elif op == EXPIT:
            result = one / (one + exp(-x))
        elif op == EXP2:
            result = exp2(x)
        elif op == EXPM1:
            result = expm1(x)
        elif op == LOG:
            result = log(x)
        elif op == LOG2:
            result = log2(x)
        elif op == LOG10:
            result = log10(x)
        elif op == LOG1P:
            result = log1p(x)
        elif op == CBRT:
            result = cbrt(x)
        elif op == SIN:
            result = sin(x)
        elif op == COS:
            result = cos(x)
        elif op == TAN:
            result = tan(x)
        elif op == ARCSIN:
            result = asin(x)
        elif op == ARCCOS:
            result = acos(x)
        elif op == ARCTAN:
            result = atan(x)
        elif op == SINH:
            result = sinh(x)
        elif op == COSH:
            result = cosh(x)
        elif op == TANH:
            result = tanh(x)
        elif op == ARCSINH:
            result = asinh(x)
        elif op == ARCCOSH:
            result = acosh(x)
        elif op == ARCTANH:
            result = atanh(x)
        elif op == ERF:
            result = erf(x)
        elif op == ERFC:
            result = erfc(x)
        elif op == NDTRI:
            result = kind(ndtri(float(x)))
        elif op == NDTR:
            result = kind(ndtr(float(x)))
        else:
            result = exact(op, x)
        return result  # type: ignore[no-any-return]

    def unary(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, source = value(args, work, n), value(args + 24, work, n)
        count, op = load_i8(args + 48) * n, load_i8(args + 56)
        for i in range(count):
            store(target + size * i, apply(op, load(source + size * i)))
        return 0

    return unary


kernel("unary_float32")(_unary(load_f4, store_f4, types.float32, 4))
kernel("unary_float64")(_unary(load_f8, store_f8, types.float64, 8))


@inline
def steps(args: int, n: int, width: int) -> tuple[int, int]:
    """Numbers to the next row and the next column of a value that may be a constant."""
    if load_i8(args) == 1:
        return 0, 1 if width > 1 else 0
    return 1, n if width > 1 else 0


ADD, SUBTRACT, MULTIPLY, DIVIDE, MINIMUM, MAXIMUM, POWER, REMAINDER = ARITHMETIC_CODE.values()


def _loop(load: Any, size: int, apply: Any, store: Any, out: int) -> Any:
    """A loop over one column of two values; each may be one number for all rows."""

    @inline
    def loop(target: int, a: int, b: int, row_a: int, row_b: int, n: int) -> int:
        if row_b == 0:
            y = load(b)
            for row in range(n):
                store(target + out * row, apply(load(a + size * row * row_a), y))
        elif row_a == 0:
            x = load(a)
            for row in range(n):
                store(target + out * row, apply(x, load(b + size * row)))
        else:
            for row in range(n):
                store(target + out * row, apply(load(a + size * row), load(b + size * row)))
        return 0

    return loop


def _arithmetic(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    power, fmod, zero = libm("pow", kind), libm("fmod", kind), kind(0)

    def remainder(a: float, b: float) -> float:
        rest = fmod(a, b)
        if rest == zero:  # numpy gives it the divisor's sign
            return kind(math.copysign(rest, b))  # type: ignore[no-any-return]
        if (b < zero) != (rest < zero) and rest == rest:
            rest = rest + b
        return rest  # type: ignore[no-any-return]

    functions = (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a if a <= b or a != a else b,
        lambda a, b: a if a >= b or a != a else b,
        lambda a, b: power(a, b),
        remainder,
    )
    add, subtract, multiply, divide, minimum, maximum, powers, remainders = (
        _loop(load, size, inline(function), store, size) for function in functions
    )

    def arithmetic(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, a, b = value(args, work, n), value(args + 24, work, n), value(args + 48, work, n)
        width, op = load_i8(args + 72), load_i8(args + 80)
        row_a, column_a = steps(args + 24, n, load_i8(args + 88))
        row_b, column_b = steps(args + 48, n, load_i8(args + 96))
        for _ in range(width):
            if op == ADD:
                add(target, a, b, row_a, row_b, n)
            elif op == SUBTRACT:
                subtract(target, a, b, row_a, row_b, n)
            elif op == MULTIPLY:
                multiply(target, a, b, row_a, row_b, n)
            elif op == DIVIDE:
                divide(target, a, b, row_a, row_b, n)
            elif op == MINIMUM:
                minimum(target, a, b, row_a, row_b, n)
            elif op == MAXIMUM:
                maximum(target, a, b, row_a, row_b, n)
            elif op == REMAINDER:
                remainders(target, a, b, row_a, row_b, n)
            else:
                powers(target, a, b, row_a, row_b, n)
            target += size * n
            a += size * column_a
            b += size * column_b
        return 0

    return arithmetic


kernel("arithmetic_float32")(_arithmetic(load_f4, store_f4, types.float32, 4))
kernel("arithmetic_float64")(_arithmetic(load_f8, store_f8, types.float64, 8))

LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL = COMPARISON.values()


def _comparison(load: Any, size: int) -> Kernel:
    @inline
    def apply(op: int, a: float, b: float) -> bool:
        if op == LESS:
            return a < b
        if op == LESS_EQUAL:
            return a <= b
        if op == GREATER:
            return a > b
        if op == GREATER_EQUAL:
            return a >= b
        if op == EQUAL:
            return a == b
        return a != b

    def comparison(args: int, work: int, frame: int, start: int, n: int) -> int:
        target, a, b = value(args, work, n), value(args + 24, work, n), value(args + 48, work, n)
        width, op = load_i8(args + 72), load_i8(args + 80)
        row_a, column_a = steps(args + 24, n, load_i8(args + 88))
        row_b, column_b = steps(args + 48, n, load_i8(args + 96))
        for _ in range(width):
            for row in range(n):
                x = load(a + size * (row * row_a))
                y = load(b + size * (row * row_b))
                store_u1(target + row, apply(op, x, y))
            target += n
            a += size * column_a
            b += size * column_b
        return 0

    return comparison


kernel("comparison_float32")(_comparison(load_f4, 4))
kernel("comparison_float64")(_comparison(load_f8, 8))
kernel("comparison_int64")(_comparison(load_i8, 8))


@kernel("logic")
def logic(args: int, work: int, frame: int, start: int, n: int) -> int:
    """and, or, not of bools. args as for arithmetic; `not` ignores its second value."""
    target, a, b = value(args, work, n), value(args + 24, work, n), value(args + 48, work, n)
    width, op = load_i8(args + 72), load_i8(args + 80)
    row_a, column_a = steps(args + 24, n, load_i8(args + 88))
    row_b, column_b = steps(args + 48, n, load_i8(args + 96))
    for _ in range(width):
        for row in range(n):
            x, y = load_u1(a + row * row_a), load_u1(b + row * row_b)
            if op == 0:
                store_u1(target + row, x & y)
            elif op == 1:
                store_u1(target + row, x | y)
            else:
                store_u1(target + row, 1 - x)
        target += n
        a += column_a
        b += column_b
    return 0


def _missing(load: Any, size: int) -> Kernel:
    def missing(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, source, width, mark (a float64)."""
        target, source = value(args, work, n), value(args + 24, work, n)
        count = load_i8(args + 48) * n
        mark = load_f8(args + 56)
        if mark != mark:
            for i in range(count):
                x = load(source + size * i)
                store_u1(target + i, x != x)
        else:
            for i in range(count):
                store_u1(target + i, float(load(source + size * i)) == mark)
        return 0

    return missing


kernel("missing_float32")(_missing(load_f4, 4))
kernel("missing_float64")(_missing(load_f8, 8))


def _choose(load: Any, store: Any, size: int) -> Any:
    """A loop over one column of a choice."""

    @inline
    def choose(
        target: int, condition: int, a: int, b: int, row_c: int, row_a: int, row_b: int, n: int
    ) -> int:
        if row_c == 1 and row_a == 0 and row_b == 1:  # imputing
            x = load(a)
            for row in range(n):
                y = load(b + size * row)
                store(target + size * row, x if load_u1(condition + row) else y)
        else:
            for row in range(n):
                x, y = load(a + size * row * row_a), load(b + size * row * row_b)
                store(target + size * row, x if load_u1(condition + row * row_c) else y)
        return 0

    return choose


choose_8 = _choose(load_i8, store_i8, 8)
choose_4 = _choose(load_u4, store_u4, 4)
choose_1 = _choose(load_u1, store_u1, 1)


@kernel("where")
def where(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Choice by a bool. args: target, condition, a, b, width, itemsize, widths of the three."""
    target, condition = value(args, work, n), value(args + 24, work, n)
    a, b = value(args + 48, work, n), value(args + 72, work, n)
    width, size = load_i8(args + 96), load_i8(args + 104)
    row_c, column_c = steps(args + 24, n, load_i8(args + 112))
    row_a, column_a = steps(args + 48, n, load_i8(args + 120))
    row_b, column_b = steps(args + 72, n, load_i8(args + 128))
    for _ in range(width):
        if size == 8:
            choose_8(target, condition, a, b, row_c, row_a, row_b, n)
        elif size == 4:
            choose_4(target, condition, a, b, row_c, row_a, row_b, n)
        else:
            choose_1(target, condition, a, b, row_c, row_a, row_b, n)
        target += size * n
        condition += column_c
        a += size * column_a
        b += size * column_b
    return 0
