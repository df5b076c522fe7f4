"""Operators that no bundle stores: what passes make of several stored ones, to save time."""

from __future__ import annotations

from scorebundle.bundle.fields import Array, Operator, integers, require, tensor
from scorebundle.bundle.types import MAX_WIDTH, Type


class CodedAffine(Operator):
    """`Affine` of parts side by side, of which some are codes that stand for one-hot columns.

    A part of int64[1] is a code: the column of that number among `sizes[part]` is 1, the others
    are 0; a code outside is zeros only. Any other part has as many columns as its size says.
    The sum is that of `Affine` to the bit, −0 included.
    """

    arity = None
    sizes: tuple[int, ...] = integers(1, MAX_WIDTH)
    coef: Array = tensor("float32 float64", "outputs", "width")
    intercept: Array = tensor("float32 float64", "outputs")

    def output(self, *inputs: Type) -> Type:
        require(len(inputs) == len(self.sizes), "sizes: must have one number per part")
        require(sum(self.sizes) == self.coef.shape[1], "sizes: must add up to coef's width")
        return Type(self.coef.dtype.name, len(self.coef))


FUSED: tuple[type[Operator], ...] = (CodedAffine,)
"""All of them."""
