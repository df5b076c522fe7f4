"""Operators on codes: positions in a list of categories, −1 for none of them."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, integer, require, tensor
from ..types import DTYPES, MAX_WIDTH, Type


class Match(Operator):
    """Position of a number in `categories` (ascending; NaN may come last), −1 if absent."""

    categories: Array = tensor("float64", "size")

    def validate(self) -> None:
        known = self.categories[:-1] if self._ends_with_nan() else self.categories
        require(not np.isnan(known).any(), "categories: NaN may only come last")
        require(bool((known[1:] > known[:-1]).all()), "categories: must ascend")

    def _ends_with_nan(self) -> bool:
        return len(self.categories) > 0 and bool(np.isnan(self.categories[-1]))

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x == Type("float64", 1), f"needs float64[1], not {x}")
        return Type("int64", 1)


class Lookup(Operator):
    """Row `code` of `table`; a code outside the table gives `default`.

    Of several codes, their rows side by side.
    """

    table: Array = tensor("float32 float64 int64 bool", "size", "width")
    default: Array = tensor("float32 float64 int64 bool", "width")

    def validate(self) -> None:
        require(self.table.dtype == self.default.dtype, "default: must have the table's dtype")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x.dtype == "int64" and x.width > 0, f"needs int64, not {x}")
        return Type(self.table.dtype.name, x.width * len(self.default))


class LookupSum(Operator):
    """Σⱼ wⱼ · table[codeⱼ], added left to right from 0; a code outside the table adds nothing.

    Input 1 are the codes, input 2 a weight for each. Contract: 8 ulp of Σ |wⱼ · table[codeⱼ]|,
    as numpy adds pairwise; sums of whole numbers are exact.
    """

    arity = 2
    ulp = 8
    reason = "numpy sums in another order"
    table: Array = tensor("float32 float64", "size", "width")

    def validate(self) -> None:
        require(self.table.shape[1] > 0, "table: must have a column")

    def output(self, *inputs: Type) -> Type:
        codes, weights = inputs
        dtype, width = self.table.dtype.name, codes.width
        require(codes.dtype == "int64" and width > 0, f"codes must be int64, not {codes}")
        require(weights == Type(dtype, width), f"weights must be {dtype}[{width}], not {weights}")
        return Type(dtype, self.table.shape[1])


class OneHot(Operator):
    """1 in column `code`, 0 elsewhere; a code outside [0, size) gives zeros only."""

    size: int = integer(1, MAX_WIDTH)
    dtype: str = choice(*DTYPES)

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x == Type("int64", 1), f"needs int64[1], not {x}")
        return Type(self.dtype, self.size)
