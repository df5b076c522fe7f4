"""Preparation for walking on keys: deep trees, and few rows of unbalanced ones."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Trees

from ...kernels.codes import HIGHEST, SLOT, SLOT_BITS
from .cuts import Cuts

MAX_NODES: Final = 1 << (32 - SLOT_BITS)


MIXER: Final = np.uint64(0x9E3779B97F4A7C15)
"""2**64 / golden ratio."""


def fits(op: Trees, cuts: Cuts) -> bool:
    """Whether node numbers and keys fit a node's word."""
    return cuts.keyed and cuts.width <= SLOT and len(op.feature) < MAX_NODES


def nodes(op: Trees, cuts: Cuts, position: Array) -> tuple[Array, Array, Array]:
    """Packed nodes in their new positions, each leaf's row of values beside them, and these
    values, the same ones once: pure leaves have few, which then stay in the cache."""
    count = max(1, len(op.feature))
    leaf = np.flatnonzero(op.feature < 0)
    words = np.zeros((count, 2), np.uint32)
    words[position[leaf], 0] = HIGHEST  # which the row's lowest key, slot 0, never reaches
    words[position[leaf], 1] = position[leaf] << SLOT_BITS
    slot = cuts.slots()[cuts.feature, cuts.right.astype(np.int64)]
    place = position[cuts.splits]
    words[place, 0] = cuts.keys().astype(np.int32).view(np.uint32)
    words[place, 1] = slot | position[op.left[cuts.splits]] << SLOT_BITS
    values, number = distinct(op.values)
    rows = np.zeros(count, np.int32)
    rows[position[leaf]] = number[op.left[leaf]]
    return words, rows, values


def distinct(values: Array) -> tuple[Array, Array]:
    """The distinct rows of values, and which of them each row is.

    Rows are told apart by a hash of their bits; where it is wrong, all are kept.
    """
    mixed = np.zeros(len(values), np.uint64)
    for column in np.ascontiguousarray(values).view(f"u{values.itemsize}").T:
        mixed = (mixed ^ column) * MIXER
        mixed ^= mixed >> np.uint64(32)
    _, first, number = np.unique(mixed, return_index=True, return_inverse=True)
    few = values[first]
    if few[number].tobytes() != values.tobytes():
        return values, np.arange(len(values))
    return np.ascontiguousarray(few), number
