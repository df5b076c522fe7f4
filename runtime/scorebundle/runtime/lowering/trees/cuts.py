"""The distinct thresholds of an ensemble, and the tables that rank numbers among them."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Trees

from ...assembler import Assembler
from ...kernels.codes import HIGHEST

MAX_CUTS: Final = 65_535
"""Cuts of one feature whose ranks have four digits."""

FEW: Final = {"float32": 24, "float64": 16}
"""Up to so many cuts, comparing 256 numbers with each costs less than ranking them."""


class Cuts:
    """The cuts that part numbers as an ensemble's splits do: right if x ≥ cut.

    Attributes:
        dtype: of the numbers.
        splits: the numeric split nodes.
        features: those they look at, ascending.
        values, first, counts: all cuts by feature, ascending; where each feature's begin.
        feature, cut, right: of each split: index into `features`, which of its cuts, whether
            NaN goes right.
        uses: (features, 2): whether any split of the feature sends NaN left, right.
    """

    def __init__(self, op: Trees, dtype: str) -> None:
        self.dtype = dtype
        self.splits = np.flatnonzero((op.feature >= 0) & (op.category_set < 0))
        cut, feature = right_from(op, dtype)[self.splits], op.feature[self.splits]
        order = _ascending(cut, feature)
        cut, feature = cut[order], feature[order]
        repeated = (cut[1:] == cut[:-1]) | (np.isnan(cut[1:]) & np.isnan(cut[:-1]))
        new = np.ones(len(cut), bool)
        new[1:] = ~repeated | (feature[1:] != feature[:-1])
        self.values = cut[new]
        self.features, self.first = np.unique(feature[new], return_index=True)
        self.counts = np.diff(np.append(self.first, len(self.values)))
        number = np.empty(len(cut), np.int64)
        number[order] = np.cumsum(new) - 1
        self.feature = np.searchsorted(self.features, op.feature[self.splits])
        self.cut = number - self.first[self.feature]
        self.right = ~op.default_left[self.splits]
        self.uses = np.zeros((len(self.features), 2), bool)
        self.uses[self.feature, self.right.astype(np.int64)] = True

    def of(self, feature: int) -> Array:
        """The cuts of a feature, by its index in `features`."""
        start = self.first[feature]
        return self.values[start : start + self.counts[feature]]

    @property
    def ranked(self) -> bool:
        """Whether numbers can be ranked."""
        return int(self.counts.max(initial=0)) <= MAX_CUTS

    @property
    def keyed(self) -> bool:
        """Whether numbers have keys: float32's own bits, or ranks."""
        return self.dtype == "float32" or self.ranked

    @property
    def width(self) -> int:
        """Keys per row: the lowest, then one per feature for NaN left, NaN right or both."""
        return 1 + int(self.uses.sum())

    def slots(self) -> Array:
        """(features, 2): which key of the row compares; −1: none."""
        places = self.places(np.ones(len(self.features), np.int64))
        return np.where(places < 0, -1, places + 1)

    def keys(self) -> Array:
        """The key of each split's cut: right if the row's key reaches it."""
        if self.dtype != "float32":
            return self.cut + 1
        return ordered_bits(self.values[self.first[self.feature] + self.cut])

    def places(self, sizes: Array) -> Array:
        """(features, 2): where each feature's results for NaN left and right begin; −1: none."""
        taken = np.where(self.uses, sizes[:, None], 0).ravel()
        starts = np.cumsum(taken) - taken
        return np.where(self.uses, starts.reshape(-1, 2), -1)

    def packed(self, places: Array, few: int, to: Assembler) -> Array:
        """The features as the kernels read them; with up to `few` cuts, not ranked."""
        result = np.zeros((max(1, len(self.features)), 8), np.int64)
        for index, feature in enumerate(self.features):
            cuts = self.of(index)
            digits = 0 if len(cuts) <= few else digits_of(len(cuts))
            tables = cuts.copy() if digits == 0 else table(cuts, digits)
            result[index, :4] = feature, digits, len(cuts), to.address(tables)
        result[: len(places), 4:6] = places
        return result


def ordered_bits(cuts: Array) -> Array:
    """float32's bits as integers that compare as the numbers do, NaN as the highest."""
    bits = (cuts + np.float32(0)).view(np.int32).astype(np.int64)
    return np.where(np.isnan(cuts), HIGHEST, bits ^ ((bits >> 31) & 0x7FFFFFFF))


def _ascending(cut: Array, feature: Array) -> Array:
    """An order by feature, then cut; of float32, one word has both, which is sorted faster."""
    if cut.dtype == np.float32:
        return np.argsort((feature.astype(np.int64) << 32) + ordered_bits(cut))
    return np.lexsort((cut, feature))


def right_from(op: Trees, dtype: str) -> Array:
    """Of every node the least number of that dtype that goes right; NaN: none does."""
    if dtype == "float32":
        return moved(float32_thresholds(op.threshold, op.compare), op.compare, strict=True)
    return moved(op.threshold.astype("<f8"), op.compare, strict=True)


def moved(cuts: Array, compare: str, strict: bool) -> Array:
    """Thresholds for the other comparison: v ≤ t is v < the next number after t."""
    up, down = cuts.dtype.type(np.inf), cuts.dtype.type(-np.inf)
    with np.errstate(over="ignore"):
        if strict and compare == "le":
            always = np.isinf(cuts) & (cuts > 0)  # v ≥ NaN is never true: all go left
            cuts = np.where(always, cuts.dtype.type(np.nan), np.nextafter(cuts, up))
        elif not strict and compare == "lt":
            cuts = np.nextafter(cuts, down)
    return cuts


def float32_thresholds(threshold: Array, compare: str) -> Array:
    """float32 thresholds that part float32 numbers just as the given ones do.

    v ≤ t for a float32 v is v ≤ (largest float32 not above t); v < t is v < (smallest float32
    not below t).
    """
    with np.errstate(over="ignore"):
        rounded = threshold.astype(np.float32)
        if compare == "le":
            above = rounded.astype(np.float64) > threshold
            return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)
        below = rounded.astype(np.float64) < threshold
        return np.where(below, np.nextafter(rounded, np.float32(np.inf)), rounded)


def digits_of(cuts: int) -> int:
    """Digits in base 16 of a rank, which is at most the number of cuts."""
    return max(1, (cuts.bit_length() + 3) // 4)


def table(cuts: Array, digits: int) -> Array:
    """Per digit from the highest, per number so far: 15 cuts and a NaN."""
    padded = np.full(16**digits, np.nan, cuts.dtype)
    padded[: len(cuts)] = cuts
    parts = []
    for digit in reversed(range(digits)):
        groups = (len(cuts) >> (4 * digit + 4)) + 1
        number = np.arange(groups)[:, None] * 16 + np.arange(1, 16)
        part = np.full((groups, 16), np.nan, cuts.dtype)
        part[:, :15] = padded[number * 16**digit - 1]
        parts.append(part.ravel())
    return np.concatenate(parts)
