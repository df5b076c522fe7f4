"""Operators on each number of a value on its own."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, require, tensor
from ..types import FLOATS, Type

EXACT_UNARY = [
    "negative",
    "absolute",
    "square",
    "sqrt",
    "reciprocal",
    "sign",
    "floor",
    "ceil",
    "rint",
    "trunc",
]
LIBM_UNARY = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
    "expit",
    "erf",
    "ndtri",
    "ndtr",
    "erfc",
]
ARITHMETIC = ["add", "subtract", "multiply", "divide", "minimum", "maximum", "power", "remainder"]
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]
LOGIC = ["and", "or"]


class Unary(Operator):
    """numpy's ufunc of that name on every number; expit(x) = 1 / (1 + exp(−x)).
    erf is the error function, (2 / √π) ∫₀ˣ exp(−t²) dt.

    ndtr is the standard normal distribution's function, ndtri its inverse, by Cephes.
    erfc(x) = 1 − erf(x), the complementary error function.
    Output: the input's type. Contract: exact for arithmetic; 4 ulp where a libm decides.
    """

    op: str = choice(*EXACT_UNARY, *LIBM_UNARY, "not")

    def bound(self) -> tuple[int, str]:
        if self.op in LIBM_UNARY:
            return 4, f"{self.op} is the platform's libm"
        return 0, ""

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        allowed = ("bool",) if self.op == "not" else FLOATS
        require(x.dtype in allowed, f"{self.op} needs {' or '.join(allowed)}, not {x.dtype}")
        return x


class Binary(Operator):
    """numpy's ufunc of that name on two values; a width of 1 is repeated to the other's.

    minimum and maximum pass NaN on; remainder has the divisor's sign. Comparisons and logic
    give bool.
    Contract: exact, but `power` 4 ulp (libm).
    """

    arity = 2
    op: str = choice(*ARITHMETIC, *COMPARISONS, *LOGIC)

    def bound(self) -> tuple[int, str]:
        return (4, "power is the platform's libm") if self.op == "power" else (0, "")

    def output(self, *inputs: Type) -> Type:
        a, b = inputs
        require(a.dtype == b.dtype, f"inputs must have one dtype, not {a.dtype} and {b.dtype}")
        require(
            a.width == b.width or 1 in (a.width, b.width),
            f"widths {a.width} and {b.width} do not fit",
        )
        if self.op in LOGIC:
            require(a.dtype == "bool", f"{self.op} needs bool")
        elif self.op in ARITHMETIC:
            require(a.dtype in FLOATS, f"{self.op} needs float32 or float64")
        else:
            require(a.dtype != "bool", f"{self.op} needs numbers")
        dtype = a.dtype if self.op in ARITHMETIC else "bool"
        return Type(dtype, b.width if a.width == 1 else a.width)


class Missing(Operator):
    """True where the number is the missing value: NaN if `value` is NaN, else equal to it."""

    value: Array = tensor("float64", "one")

    def validate(self) -> None:
        require(self.value.shape == (1,), "value: must hold one number")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x.dtype in FLOATS, f"needs float32 or float64, not {x.dtype}")
        return Type("bool", x.width)


class Where(Operator):
    """Input 2 where input 1 is true, else input 3; a width of 1 is repeated."""

    arity = 3

    def output(self, *inputs: Type) -> Type:
        condition, a, b = inputs
        require(condition.dtype == "bool", f"the condition must be bool, not {condition.dtype}")
        require(a.dtype == b.dtype, "both choices must have one dtype")
        width = max(condition.width, a.width, b.width)
        require(
            all(x.width in (1, width) for x in inputs),
            "widths must be equal or 1",
        )
        return Type(a.dtype, width)


def missing(value: float) -> Missing:
    """`Missing` for a Python number."""
    return Missing(np.array([value], np.float64))
