"""A kernel on cells of bytes: which of them are equal."""

from __future__ import annotations

from .native import inline, load_i4, load_i8, load_u1, store_i4, store_i8, unaligned_i8
from .registry import kernel

MIXER = -7046029254386353131  # 2**64 / golden ratio, as an int64


@inline
def begin(cells: int, stride: int, offsets: int, wide: int, row: int) -> int:
    """Address of a cell: at its offset if there are offsets, else at its stride."""
    before: int = row * stride
    if offsets != 0:
        before = load_i8(offsets + 8 * row) if wide else load_i4(offsets + 4 * row)
    return cells + before


@inline
def is_missing(valid: int, bit: int) -> bool:
    """Whether a bit of the bitmap is 0; there may be none."""
    return valid != 0 and (load_u1(valid + (bit >> 3)) >> (bit & 7)) & 1 == 0


@inline
def last(cell: int, size: int) -> int:
    """The last 8 bytes, or all if there are fewer, as one number."""
    if size >= 8:
        word: int = unaligned_i8(cell + size - 8)
        return word
    tail = 0
    for byte in range(size):
        tail = (tail << 8) | load_u1(cell + byte)
    return tail


@inline
def hashed(cell: int, size: int) -> int:
    """A hash of some bytes."""
    mixed = (size ^ last(cell, size)) * MIXER
    for word in range((size - 1) >> 3):
        mixed = ((mixed >> 32) ^ mixed ^ unaligned_i8(cell + 8 * word)) * MIXER
    return mixed >> 32


@inline
def same(one: int, other: int, size: int) -> bool:
    """Whether two cells hold the same bytes."""
    for word in range((size - 1) >> 3):
        if unaligned_i8(one + 8 * word) != unaligned_i8(other + 8 * word):
            return False
    return last(one, size) == last(other, size)


@inline
def words(args: int, n: int) -> int:
    """Number equal words: numbers, codes, or objects by their addresses. Returns their number."""
    cells, stride = load_i8(args), load_i8(args + 8)
    groups, firsts, slots = load_i8(args + 56), load_i8(args + 64), load_i8(args + 72)
    mask, most = load_i8(args + 80), load_i8(args + 88)
    count = 0
    for row in range(n):
        word = unaligned_i8(cells + row * stride)
        slot = ((word * MIXER) >> 32) & mask
        group = load_i4(slots + 4 * slot) - 1
        while group >= 0 and unaligned_i8(cells + load_i8(firsts + 8 * group) * stride) != word:
            slot = (slot + 1) & mask
            group = load_i4(slots + 4 * slot) - 1
        if group < 0:
            if count == most:
                return -1
            group = count
            count += 1
            store_i8(firsts + 8 * group, row)
            store_i4(slots + 4 * slot, count)
        store_i8(groups + 8 * row, group)
    return count


@inline
def texts(args: int, n: int) -> int:
    """Number equal cells of any width, some of them missing. Returns their number."""
    cells, stride, width = load_i8(args), load_i8(args + 8), load_i8(args + 16)
    offsets, wide = load_i8(args + 24), load_i8(args + 32)
    valid, bit = load_i8(args + 40), load_i8(args + 48)
    groups, firsts, slots = load_i8(args + 56), load_i8(args + 64), load_i8(args + 72)
    mask, most = load_i8(args + 80), load_i8(args + 88)
    count, missing, size = 0, -1, width
    for row in range(n):
        group, slot = missing, -1
        if not is_missing(valid, bit + row):
            cell = begin(cells, stride, offsets, wide, row)
            if offsets != 0:
                size = begin(cells, stride, offsets, wide, row + 1) - cell
            slot = hashed(cell, size) & mask
            group = load_i4(slots + 4 * slot) - 1
            while group >= 0:
                first = load_i8(firsts + 8 * group)
                other = begin(cells, stride, offsets, wide, first)
                length = width
                if offsets != 0:
                    length = begin(cells, stride, offsets, wide, first + 1) - other
                if length == size and same(cell, other, size):
                    break
                slot = (slot + 1) & mask
                group = load_i4(slots + 4 * slot) - 1
        if group < 0:
            if count == most:
                return -1
            group = count
            count += 1
            store_i8(firsts + 8 * group, row)
            if slot < 0:
                missing = group
            else:
                store_i4(slots + 4 * slot, count)
        store_i8(groups + 8 * row, group)
    return count


@kernel("distinct")
def distinct(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Number equal cells alike, in order of first appearance.

    args: cells, stride, width, offsets (0: none) and whether they are int64, validity bitmap
    (0: none) and its first bit, then what is filled: group of each row (int64), first row of
    each group (int64), slots (int32 zeros), slots - 1, most groups, number of groups, -1 if
    there were more.
    """
    plain = load_i8(args + 24) == 0 and load_i8(args + 40) == 0
    if plain and load_i8(args + 16) == 8:
        store_i8(args + 96, words(args, n))
    else:
        store_i8(args + 96, texts(args, n))
    return 0
