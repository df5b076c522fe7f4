"""Functions of one number that are given by knots."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, integer, require, tensor
from ..types import Type

MAX_DEGREE = 32
"""Highest degree of a spline: a row's work grows with its square."""


class Bin(Operator):
    """How many of the ascending `edges` lie below a number (numpy.searchsorted).

    `side` says whether an edge equal to the number counts: `right` counts it, `left` does not.
    NaN lies beyond all edges.
    """

    edges: Array = tensor("float64", "edges")
    side: str = choice("left", "right")

    def validate(self) -> None:
        _require_ascending("edges", self.edges)

    def output(self, *inputs: Type) -> Type:
        return Type("int64", _one_number(*inputs))


class Interpolate(Operator):
    """Piecewise linear through the points (x, y), constant beyond both ends (numpy.interp).

    Between x[j] ≤ v < x[j+1]: (y[j+1] − y[j]) / (x[j+1] − x[j]) · (v − x[j]) + y[j]. At a number
    that several x equal, the last of them counts. NaN is passed on.
    """

    x: Array = tensor("float64", "points")
    y: Array = tensor("float64", "points")

    def validate(self) -> None:
        require(len(self.x) > 0, "x: must not be empty")
        _require_ascending("x", self.x)
        require(bool(np.isfinite(self.x).all()), "x: must be finite")
        require(bool(np.isfinite(self.y).all()), "y: must be finite")

    def output(self, *inputs: Type) -> Type:
        return Type("float64", _one_number(*inputs))


class Spline(Operator):
    """B-splines of a degree on knots t, times `coef` (de Boor's recursion).

    Where t[l] ≤ v < t[l+1], l from degree to splines − 1, output column o is Σ B[i](v) · coef[i, o]
    over the degree + 1 splines i that are not 0 there, in their order, from 0. Beyond the first
    and the last such interval their polynomials go on. NaN is passed on.
    """

    degree: int = integer(0, MAX_DEGREE)
    knots: Array = tensor("float64", "knots")
    coef: Array = tensor("float64", "splines", "outputs")

    def validate(self) -> None:
        _require_ascending("knots", self.knots)
        splines, outputs = self.coef.shape
        require(splines > self.degree, "coef: needs more splines than the degree")
        require(outputs > 0, "coef: must have an output")
        require(len(self.knots) == splines + self.degree + 1, "knots: must be splines + degree + 1")

    def output(self, *inputs: Type) -> Type:
        _one_number(*inputs)
        return Type("float64", self.coef.shape[1])


def _one_number(x: Type) -> int:
    require(x == Type("float64", 1), f"needs float64[1], not {x}")
    return 1


def _require_ascending(field: str, numbers: Array) -> None:
    require(not np.isnan(numbers).any(), f"{field}: must not hold NaN")
    require(bool((numbers[1:] >= numbers[:-1]).all()), f"{field}: must not descend")
