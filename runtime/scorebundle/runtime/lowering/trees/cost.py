"""What each tree kernel would take, in processor cycles: enough to choose among them.

The constants were measured on two machines (AVX2 and AVX-512); `make bench` shows what each
choice costs. A wrong choice costs time, never a bit.
"""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.ops import Trees

from .cuts import FEW, Cuts, digits_of
from .shape import Shape

BLOCK = 256


def ranking(cuts: Cuts) -> float:
    """Keys of one row."""
    if cuts.dtype == "float32":
        return 2.0 * cuts.width
    return float(sum(4 + 3 * digits_of(count) for count in cuts.counts.tolist()))


def ways(op: Trees, shape: Shape) -> float:
    """Splits on a row's way through all trees, if leaves were equally likely on each level."""
    leaf = op.feature < 0
    weight = 0.5 ** np.minimum(shape.level[leaf], 60)
    return float((weight * shape.level[leaf]).sum())


def heaps(op: Trees, shape: Shape, cuts: Cuts) -> float:
    """One row through perfect heaps."""
    levels = float(shape.levels.sum())
    return ranking(cuts) + 2.0 * levels + 3.0 * _additions(op)


def deep(op: Trees, shape: Shape, cuts: Cuts) -> float:
    """One row, walking on keys."""
    steps = 1.5 * ways(op, shape)  # the eight that go together wait for the last
    return ranking(cuts) + 3.0 * steps + 6.0 * _additions(op)


def bits(op: Trees, shape: Shape, cuts: Cuts, masks: int, words: int, planes: int) -> float:
    """A block of 256 rows on bits, however many of its rows there are."""
    few = FEW[cuts.dtype]
    ranked = [count for count in cuts.counts.tolist() if count > few]
    digits = sum(digits_of(count) for count in ranked)
    compared = 40 * (int(cuts.counts.sum()) - sum(ranked))
    conditions = digits * (BLOCK * 3 + 250) + 1.5 * masks + compared
    trees = len(op.starts)
    codes = 8 * 3 * planes * trees
    return float(conditions + 2.5 * words + codes + 1.1 * BLOCK * _additions(op))


def _additions(op: Trees) -> int:
    """Leaf values that a row adds."""
    return len(op.starts) * int(op.values.shape[1])
