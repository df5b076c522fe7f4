"""Collections of items as sums of their weights."""

from __future__ import annotations

from ..fields import Operator, choice, flag, integer, name, require, scalars
from ..types import MAX_WIDTH, Scalar, Type


class Items(Operator):
    """The weights of the items in a column of collections, one output column per item.

    A collection is a list, whose entries are items or pairs of an item and a value, or a map from
    items, which are texts, to values. What is read of it, by `cells`:

    - `items`: the items of a list, or the keys of a map; each has weight 1;
    - `pairs`: the pairs of a list; `mapping`: those of a map. The weight is the value, a number;
      a text v of an item k says that there is an item `k=v` of weight 1. A weight of 0 is passed
      over.

    An item's column is its position in `vocabulary`, by Python's equality; others are not counted.
    Or, if `hashed` is not 0, there are that many columns, and it is |h| mod `hashed` with h the
    MurmurHash3 (x86, 32 bits, seed 0) of the item's UTF-8; if `signed`, a negative h turns the
    weight's sign. `binary` makes each column that has an item 1.

    Each weight becomes a `dtype` (to int64 toward zero), and those of one column are added in it:
    in the order of the entries if these are at most 16, or their columns do not descend; else as
    an introsort (median of three, until 16 are left) of the entries by column leaves them, which
    is where scipy's compressed rows add duplicates. A collection that is missing, or of another
    kind, or holds what has no weight or no bytes to hash, is refused.
    """

    arity = 0
    column: str = name()
    cells: str = choice("items", "pairs", "mapping")
    vocabulary: tuple[Scalar, ...] = scalars()
    hashed: int = integer(0, MAX_WIDTH)
    signed: bool = flag()
    binary: bool = flag()
    dtype: str = choice("float32", "float64", "int64")

    def validate(self) -> None:
        require(len(self.vocabulary) <= MAX_WIDTH, "vocabulary: is too long")
        require(bool(self.vocabulary) != bool(self.hashed), "vocabulary: or hashed, not both")

    def output(self, *inputs: Type) -> Type:
        return Type(self.dtype, self.hashed or len(self.vocabulary))

    @property
    def weighted(self) -> bool:
        """Whether the columns may hold any number, also NaN and infinity."""
        return self.cells != "items" and not self.binary
