"""Preparation for the kernel of perfect heaps: few rows, trees of few levels."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from scorebundle.bundle.ops import Trees

from ...assembler import Assembler
from ...kernels.codes import HIGHEST
from .cuts import Cuts
from .shape import Shape, runs

LANES: Final = 8
MAX_LEVELS: Final = 10
WASTE: Final = 6
"""How much larger than its splits a heap may be."""


def fits(shape: Shape) -> bool:
    """Whether an ensemble's trees are full enough to be heaps."""
    deepest = int(shape.levels.max(initial=0))
    room = len(shape.levels) << deepest
    return deepest <= MAX_LEVELS and room <= WASTE * int(shape.splits.sum()) + 64


class Heaps:
    """The program of the heaps kernel and what it points to.

    Attributes:
        program: int64 words.
        runs: number of runs in it.
    """

    def __init__(self, op: Trees, shape: Shape, cuts: Cuts, to: Assembler) -> None:
        groups = [
            (column, part[start : start + LANES])
            for column, part in runs(op)
            for start in range(0, len(part), LANES)
        ]
        levels, base = np.zeros(len(op.starts), np.int64), np.zeros(len(op.starts), np.int64)
        size = 0
        for _, trees in groups:
            deepest = int(shape.levels[trees].max())
            levels[trees] = deepest
            base[trees] = size + (np.arange(len(trees)) << deepest)
            size += LANES << deepest
        heaps = np.zeros((max(1, size), 2), np.int32)
        heaps[:, 0] = HIGHEST  # and slot 0, the row's lowest key: always left
        place = base[shape.tree[cuts.splits]] + shape.heap[cuts.splits]
        heaps[place, 0] = cuts.keys()
        heaps[place, 1] = cuts.slots()[cuts.feature, cuts.right.astype(np.int64)]
        k = op.values.shape[1]
        leaves = np.zeros((max(1, size), k), op.values.dtype)
        leaf = np.flatnonzero(op.feature < 0)
        tree = shape.tree[leaf]
        way = shape.heap[leaf] << (levels[tree] - shape.level[leaf])
        leaves[base[tree] + way - (1 << levels[tree])] = op.values[op.left[leaf]]
        heap_address, leaf_address = to.address(heaps), to.address(leaves)
        words: list[int] = []
        lengths = Counter(column for column, _ in groups)
        self.runs = 0
        last = None
        for column, trees in groups:
            if column != last:
                words += [column, lengths[column]]
                self.runs, last = self.runs + 1, column
            first = int(base[trees[0]])
            words += [
                int(levels[trees[0]]),
                heap_address + 8 * first,
                leaf_address + leaves.itemsize * k * first,
                len(trees),
            ]
        self.program = np.array(words or [0], np.int64)
