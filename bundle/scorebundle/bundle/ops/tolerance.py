"""What the training library itself leaves open."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, require, tensor
from ..types import FLOATS, Type


class Tolerance(Operator):
    """Passes its input through: the library's own number lies within a tolerance of it.

    Where a library stops at a precision it was asked for, its result y is only known by
    |y − x| ≤ absolute + relative · |x|; or, for scale `log`, the same of exp(y) and exp(x).
    """

    absolute: Array = tensor("float64", "one")
    relative: Array = tensor("float64", "one")
    scale: str = choice("linear", "log")

    def validate(self) -> None:
        for name in ("absolute", "relative"):
            number = getattr(self, name)
            require(number.shape == (1,), f"{name}: must hold one number")
            require(0 <= float(number[0]) < np.inf, f"{name}: must be finite, 0 or above")

    def bound(self) -> tuple[int, str]:
        return 1, f"the library stops within {self.relative[0]:g} of its result"

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x.dtype in FLOATS, f"needs float32 or float64, not {x.dtype}")
        return x
