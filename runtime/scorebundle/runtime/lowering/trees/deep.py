"""Preparation for walking on ranks: deep trees, and few rows of unbalanced ones."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Trees

from .cuts import Cuts

NEVER = 65535
"""A leaf's cut: no rank exceeds it."""


def nodes(op: Trees, cuts: Cuts, slots: Array, position: Array) -> tuple[Array, Array]:
    """Packed nodes in their new positions, and each leaf's row of values beside them."""
    count = max(1, len(op.feature))
    leaf = np.flatnonzero(op.feature < 0)
    words = np.zeros(count, np.int64)
    words[position[leaf]] = NEVER | position[leaf] << 32
    slot = slots[cuts.feature, cuts.right.astype(np.int64)]
    left = position[op.left[cuts.splits]]
    words[position[cuts.splits]] = cuts.cut | slot << 16 | left << 32
    rows = np.zeros(count, np.int32)
    rows[position[leaf]] = op.left[leaf]
    return words, rows
