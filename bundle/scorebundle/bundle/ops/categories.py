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
    """Row `code` of `table`; a code outside the table gives `default`."""

    table: Array = tensor("float32 float64 int64 bool", "size", "width")
    default: Array = tensor("float32 float64 int64 bool", "width")

    def validate(self) -> None:
        require(self.table.dtype == self.default.dtype, "default: must have the table's dtype")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x == Type("int64", 1), f"needs int64[1], not {x}")
        return Type(self.table.dtype.name, len(self.default))


class OneHot(Operator):
    """1 in column `code`, 0 elsewhere; a code outside [0, size) gives zeros only."""

    size: int = integer(1, MAX_WIDTH)
    dtype: str = choice(*DTYPES)

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x == Type("int64", 1), f"needs int64[1], not {x}")
        return Type(self.dtype, self.size)
