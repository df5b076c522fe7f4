"""Linear maps."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, require, tensor
from ..types import Type


class Affine(Operator):
    """x · coefᵀ + intercept, summed left to right from 0; the intercept is added last.

    Contract: 16 ulp of the row's largest partial magnitude Σ|xᵢ·wᵢ|: the library's own sum
    is in the order its BLAS chose. (Higham, Accuracy and Stability, §3.1: a sum of n terms
    is within n·u·Σ|terms| in any order; the measured differences are far smaller.)
    """

    ulp = 16
    reason = "BLAS chooses the order of the sum"
    coef: Array = tensor("float32 float64", "outputs", "width")
    intercept: Array = tensor("float32 float64", "outputs")

    def validate(self) -> None:
        require(self.coef.dtype == self.intercept.dtype, "intercept: must have coef's dtype")
        require(self.coef.shape[0] > 0, "coef: must have an output")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        outputs, width = self.coef.shape
        require(
            x == Type(self.coef.dtype.name, width),
            f"needs {self.coef.dtype.name}[{width}], not {x}",
        )
        return Type(x.dtype, outputs)


class Solve(Operator):
    """The z of L · z = x for a lower triangular L, by forward substitution.

    Contract: 16 ulp of |L⁻¹| |L| |z|: LAPACK substitutes in blocks. (Higham, Accuracy and
    Stability, theorem 8.5, has n in place of 16; the measured differences are far smaller.)
    """

    ulp = 16
    reason = "LAPACK substitutes in another order"
    lower: Array = tensor("float64", "width", "width")

    def validate(self) -> None:
        require(len(self.lower) > 0, "lower: must not be empty")
        require(bool((np.diagonal(self.lower) != 0).all()), "lower: no 0 on the diagonal")
        require(not np.triu(self.lower, 1).any(), "lower: must be 0 above the diagonal")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        needed = Type("float64", len(self.lower))
        require(x == needed, f"needs {needed}, not {x}")
        return x
