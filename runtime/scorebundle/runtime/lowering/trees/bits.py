"""Preparation for the kernel on bits: many rows, trees of up to some hundred leaves."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Trees

from .shape import Shape, runs

CHUNK: Final = 16
MAX_WAY: Final = 8
"""Levels of a tree whose leaves are numbered by the way to them."""

MAX_SPLITS: Final = 2047
MAX_LEAVES: Final = 2048
MAX_MASKS: Final = 1 << 20
MAX_LEVELS: Final = 64
HEADER: Final = 4
TABLE: Final = 64
"""Values that a kernel may read of a table, however few it has; those beyond are never added."""

FIXED_SCRATCH: Final = 16 * 32 + 2 * 16 * 256 + 16 * CHUNK
"""Bytes of scratch before the slots: planes, codes, addresses of tables."""


class Bits:
    """The program of the bits kernel.

    Attributes:
        program: uint32 words.
        tables: every tree's leaf values by code, for each of its k columns.
        chunks: number of chunks.
        planes: bits of the longest code.
        scratch: bytes of workspace.
    """

    def __init__(self, op: Trees, shape: Shape, mask: Array) -> None:
        """mask: number of the condition of every node."""
        trees = len(op.starts)
        listed = shape.levels > MAX_WAY
        leaves = shape.splits + 1
        planes = np.where(listed, bits_of(leaves - 1), shape.levels)
        codes = np.where(listed, leaves, 1 << np.minimum(shape.levels, MAX_WAY))
        self.planes = int(planes.max(initial=0))
        self.scratch = FIXED_SCRATCH + 32 * (2 * int(shape.splits.max(initial=0)) + 1)
        order, heads = self._chunks(op)

        split = np.flatnonzero(op.feature >= 0)
        tree, level = shape.tree[split], shape.level[split]
        leaf = np.flatnonzero(op.feature < 0)
        way = shape.heap - (1 << np.minimum(shape.level, 62))
        code = np.where(listed[shape.tree], shape.leaf_numbers(op), reversed_bits(way, shape.level))
        lists = self._lists(leaf, shape.tree, code, listed, planes)

        sizes = HEADER + shape.levels + shape.splits + np.where(listed, planes, 0)
        sizes += np.bincount(lists[0], minlength=trees)
        place = np.zeros(trees, np.int64)
        place[order] = np.cumsum(sizes[order]) - sizes[order]
        place[order] += 2 * np.cumsum(heads >= 0)
        program = np.zeros(int(sizes.sum()) + 2 * int((heads >= 0).sum()) + 1, np.uint32)

        first = np.flatnonzero(heads >= 0)
        program[place[order[first]] - 2] = op.target[order[first]]
        program[place[order[first]] - 1] = heads[first]
        table = np.cumsum(codes * op.values.shape[1]) - codes * op.values.shape[1]
        words = np.stack([table, codes, shape.levels, np.where(listed, planes, 0)])
        for word in range(HEADER):
            program[place + word] = words[word]

        per_level = np.zeros((trees, int(shape.levels.max(initial=0)) + 1), np.int64)
        np.add.at(per_level, (tree, level), 1)
        owner, number = np.nonzero(per_level)
        before = np.cumsum(per_level, axis=1) - per_level
        program[place[owner] + HEADER + number + before[owner, number]] = per_level[owner, number]
        at = place[tree] + HEADER + level + 1 + shape.order[split]
        program[at] = mask[split] | shape.slot[split] << 20

        owner, plane, member = lists
        ends = place + HEADER + shape.levels + shape.splits
        counts = np.zeros((trees, max(1, self.planes)), np.int64)
        np.add.at(counts, (owner, plane), 1)
        before = np.cumsum(counts, axis=1) - counts
        begun = (np.arange(counts.shape[1]) < planes[:, None]) & listed[:, None]
        of, number = np.nonzero(begun)
        program[ends[of] + number + before[of, number]] = counts[of, number]
        starts = np.cumsum(counts.ravel()) - counts.ravel()
        within = np.arange(len(owner)) - starts[owner * counts.shape[1] + plane]
        program[ends[owner] + plane + 1 + before[owner, plane] + within] = shape.slot[member]
        self.program = program

        k = op.values.shape[1]
        self.tables = np.zeros(int((codes * k).sum()) + TABLE, op.values.dtype)
        for j in range(k):
            owner = shape.tree[leaf]
            self.tables[table[owner] + j * codes[owner] + code[leaf]] = op.values[op.left[leaf], j]

    def _chunks(self, op: Trees) -> tuple[Array, Array]:
        """The trees by output column; per tree the size of the chunk it begins, or −1."""
        parts, heads = [np.zeros(0, np.int64)], []
        for _, part in runs(op):
            parts.append(part)
            for start in range(0, len(part), CHUNK):
                size = min(CHUNK, len(part) - start)
                heads += [size] + [-1] * (size - 1)
        order, sizes = np.concatenate(parts), np.array(heads, np.int64)
        self.chunks = int((sizes >= 0).sum())
        return order, sizes

    def _lists(
        self, leaf: Array, tree: Array, code: Array, listed: Array, planes: Array
    ) -> tuple[Any, Any, Any]:
        """(tree, plane, leaf) of every set bit of the leaf numbers that are listed."""
        leaf = leaf[listed[tree[leaf]]]
        bit, which = np.nonzero(code[leaf] >> np.arange(max(1, self.planes))[:, None] & 1)
        owner = tree[leaf[which]]
        order = np.lexsort((bit, owner))
        return owner[order], bit[order], leaf[which[order]]


def fits(shape: Shape, masks: int) -> bool:
    """Whether an ensemble keeps within the numbers that the program can hold."""
    splits = int(shape.splits.max(initial=0))
    levels = int(shape.levels.max(initial=0))
    small = splits <= MAX_SPLITS and splits < MAX_LEAVES
    return small and levels <= MAX_LEVELS and masks < MAX_MASKS


def bits_of(number: Array) -> Array:
    """Binary digits of whole numbers."""
    digits: Array = np.ceil(np.log2(np.maximum(number, 0) + 1)).astype(np.int64)
    return digits


def reversed_bits(way: Array, level: Array) -> Array:
    """Ways as codes: the turn at level l, which comes first in a way, is bit l."""
    code = np.zeros_like(way)
    for bit in range(MAX_WAY):
        turn = way >> np.maximum(level - 1 - bit, 0) & 1
        code |= np.where(bit < level, turn << bit, 0)
    return code
