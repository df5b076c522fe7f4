"""Weights by which points make up a row."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, require, tensor
from ..types import Type

MOST = 256
"""Most points of one row: the work grows with their cube."""


class Barycenter(Operator):
    """Weights w, Σ w = 1, that minimise |x − Σⱼ wⱼ p(codeⱼ)|², regularised.

    With C = p(code) − x and G = C Cᵀ, solve (G + r I) w = 1 by Cholesky, r = reg · trace G
    (reg if that is 0), and divide by Σ w (sklearn.manifold.barycenter_weights). A code outside
    the points counts as the first or the last of them. Input 1 are the codes, input 2 the row.

    Contract: 16 k ulp of the largest weight, times the condition 1 + 1 / reg.
    """

    arity = 2
    points: Array = tensor("float64", "points", "width")
    reg: Array = tensor("float64", "one")

    def validate(self) -> None:
        require(self.points.size > 0, "points: must not be empty")
        require(self.reg.shape == (1,), "reg: must hold one number")
        require(0 < float(self.reg[0]) < np.inf, "reg: must be above 0 and finite")

    def bound(self) -> tuple[int, str]:
        return 16, "LAPACK solves a system of condition up to 1 + 1 / reg"

    def output(self, *inputs: Type) -> Type:
        codes, x = inputs
        needed = Type("float64", self.points.shape[1])
        require(codes.dtype == "int64" and codes.width > 0, f"codes must be int64, not {codes}")
        require(codes.width <= MOST, f"takes at most {MOST} codes")
        require(x == needed, f"the row must be {needed}, not {x}")
        return Type("float64", codes.width)
