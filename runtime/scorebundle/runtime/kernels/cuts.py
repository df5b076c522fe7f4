"""Numbers → what tree kernels compare in their place: keys for walks, conditions for bits.

A "cut" is the least number that a split sends right. The rank of a number is how many cuts of
its feature it reaches (x ≥ cut); NaN reaches none. It is found digit by digit in base 16: one
comparison with 15 cuts, whatever their distribution. A key is an int32 that is as good as the
number in every comparison with a cut's key: float32's own bits, or float64's rank.

A packed feature is 8 words: column, digits, cuts, address of its tables, and where results go
for splits that send NaN left and right (−1: there are none). A table holds, per digit from the
highest and per number so far, 15 cuts and a NaN.
"""

from __future__ import annotations

from typing import Any

from numba import float32, types

from .codes import HIGHEST, LOWEST
from .native import (
    Kernel,
    bits_of_f4,
    inline,
    load_f4,
    load_f8,
    load_i4,
    load_i8,
    load_u1,
    load_u4,
    store_i4,
    store_u1,
    store_u4,
    value,
)
from .registry import kernel
from .vectors import (
    all_of,
    at_least,
    bit_of_bytes,
    both,
    differ,
    either,
    load_mask,
    missing,
    none_of,
    reached,
    store_mask,
)

FEATURE = 64
TILE = 64
"""Rows that are done feature by feature before the next ones: their keys stay in cache."""


@inline
def ordered_bits(x: float) -> int:
    """float32's bits as an integer that compares as the number does; −0 is 0."""
    bits = bits_of_f4(x + float32(0.0))
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)  # type: ignore[no-any-return]


def _ranked(load: Any, size: int, kind: Any) -> Any:
    """A function that finds a number's rank."""
    reaches = reached(kind)

    @inline
    def rank(x: float, digits: int, tables: int, cuts: int) -> int:
        result = 0
        for digit in range(digits - 1, -1, -1):
            result = 16 * result + reaches(tables + 16 * size * result, x)
            tables += 16 * size * ((cuts >> (4 * digit + 4)) + 1)
        return result

    return rank


def _bits(load: Any, size: int, kind: Any) -> Any:
    """A function that needs no cuts: comparing bits is comparing numbers."""

    @inline
    def key(x: float, digits: int, tables: int, cuts: int) -> int:
        return ordered_bits(x)

    return key


def _keys(load: Any, size: int, kind: Any, key_function: Any) -> Kernel:
    key_of = key_function(load, size, kind)

    def keys(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: source, offset of the keys, keys per row, features, their address.

        Keys are int32, row by row; the first of a row is lower than any cut's.
        """
        source, target = value(args, work, n), work + load_i8(args + 24)
        width, features, packed = load_i8(args + 32), load_i8(args + 40), load_i8(args + 48)
        for first in range(0, n, TILE):
            last = min(first + TILE, n)
            for row in range(first, last):
                store_i4(target + 4 * width * row, LOWEST)
            for feature in range(features):
                at = packed + FEATURE * feature
                x = source + size * n * load_i8(at)
                digits, cuts, tables = load_i8(at + 8), load_i8(at + 16), load_i8(at + 24)
                left, right = load_i8(at + 32), load_i8(at + 40)
                for row in range(first, last):
                    number = load(x + size * row)
                    key = key_of(number, digits, tables, cuts)
                    nan = number != number
                    place = target + 4 * width * row
                    if left >= 0:
                        store_i4(place + 4 * left, LOWEST if nan else key)
                    if right >= 0:
                        store_i4(place + 4 * right, HIGHEST if nan else key)
        return 0

    return keys


kernel("keys_float32")(_keys(load_f4, 4, types.float32, _bits))
kernel("keys_float64")(_keys(load_f8, 8, types.float64, _ranked))

bit_0, bit_1, bit_2, bit_3 = (bit_of_bytes(bit) for bit in range(4))

DIGIT = 33 * 32
"""Bytes of what is known of one digit: rows where it is ≥ 0 … ≥ 16, and where it is 0 … 15."""


@inline
def decode(digits: int, target: int, groups: int) -> int:
    """Bytes of one digit each, in groups of 32 rows → the masks of `DIGIT`."""
    planes = target  # overwritten last
    for group in range(groups):
        source, place = digits + 32 * group, planes + 4 * group
        store_u4(place, bit_0(source))
        store_u4(place + 32, bit_1(source))
        store_u4(place + 64, bit_2(source))
        store_u4(place + 96, bit_3(source))
    every = all_of()
    p0, p1 = load_mask(planes), load_mask(planes + 32)
    p2, p3 = load_mask(planes + 64), load_mask(planes + 96)
    q0, q1, q2, q3 = differ(p0, every), differ(p1, every), differ(p2, every), differ(p3, every)
    low = both(q1, q0), both(q1, p0), both(p1, q0), both(p1, p0)
    high = both(q3, q2), both(q3, p2), both(p3, q2), both(p3, p2)
    above = none_of()
    store_mask(target + 32 * 16, above)
    for upper in range(3, -1, -1):
        for lower in range(3, -1, -1):
            number = 4 * upper + lower
            equal = both(high[upper], low[lower])
            above = either(above, equal)
            store_mask(target + 32 * number, above)
            store_mask(target + 32 * (17 + number), equal)
    return 0


@inline
def spread(digits: int, known: int, cuts: int, target: int) -> int:
    """The mask of x ≥ cut for every cut, from what `decode` found of each digit."""
    for group in range((cuts >> 4) + 1):
        above, equal = none_of(), all_of()
        for digit in range(digits - 1):  # the highest first; the last digit is below
            number = (group >> (4 * (digits - 2 - digit))) & 15
            at = known + DIGIT * digit
            above = either(above, both(equal, load_mask(at + 32 * (number + 1))))
            equal = both(equal, load_mask(at + 32 * (17 + number)))
        last = known + DIGIT * (digits - 1)
        for number in range(16):
            cut = 16 * group + number - 1
            if 0 <= cut < cuts:
                mask = either(above, both(equal, load_mask(last + 32 * number)))
                store_mask(target + 32 * cut, mask)
    return 0


def _conditions(load: Any, size: int, kind: Any) -> Kernel:
    reaches, compare, absent = reached(kind), at_least(kind), missing(kind)

    @inline
    def ranked(x: int, n: int, digits: int, cuts: int, tables: int, scratch: int) -> int:
        """The digits of every number's rank, 256 bytes each, the highest first."""
        for row in range(n):
            number = load(x + size * row)
            result, table = 0, tables
            for digit in range(digits):
                found = reaches(table + 16 * size * result, number)
                store_u1(scratch + 256 * digit + row, found)
                result = 16 * result + found
                table += 16 * size * ((cuts >> (4 * (digits - digit))) + 1)
        return 0

    @inline
    def two(x: int, n: int, cuts: int, tables: int, scratch: int) -> int:
        """`ranked` for two digits, the usual case."""
        second = tables + 16 * size * ((cuts >> 8) + 1)
        for row in range(n):
            number = load(x + size * row)
            high = reaches(tables, number)
            store_u1(scratch + row, high)
            store_u1(scratch + 256 + row, reaches(second + 16 * size * high, number))
        return 0

    @inline
    def directly(x: int, cuts: int, tables: int, target: int, groups: int) -> int:
        """The masks of a feature with few cuts: compare with each."""
        for cut in range(cuts):
            number = load(tables + size * cut)
            for group in range(groups):
                bits = compare(x + 32 * size * group, number)
                store_u4(target + 32 * cut + 4 * group, bits)
        return 0

    def conditions(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: source, offset of the masks, offset of scratch, features, their address.

        A feature's results are masks of the rows that go right, one per cut: for splits that
        send NaN left, and for those that send it right. Digits 0: the cuts themselves.
        """
        source, masks = value(args, work, n), work + load_i8(args + 24)
        scratch, features = work + load_i8(args + 32), load_i8(args + 40)
        packed = load_i8(args + 48)
        known, groups = scratch + 1024, (n + 31) >> 5
        for feature in range(features):
            at = packed + FEATURE * feature
            x = source + size * n * load_i8(at)
            digits, cuts, tables = load_i8(at + 8), load_i8(at + 16), load_i8(at + 24)
            left, right = load_i8(at + 32), load_i8(at + 40)
            target = masks + 32 * (left if left >= 0 else right)
            if digits == 0:
                directly(x, cuts, tables, target, groups)
            else:
                if digits == 2:
                    two(x, n, cuts, tables, scratch)
                else:
                    ranked(x, n, digits, cuts, tables, scratch)
                for digit in range(digits):
                    decode(scratch + 256 * digit, known + DIGIT * digit, groups)
                spread(digits, known, cuts, target)
            if right >= 0:
                for group in range(groups):
                    store_u4(scratch + 4 * group, absent(x + 32 * size * group))
                nan = load_mask(scratch)
                for cut in range(cuts):
                    mask = either(load_mask(target + 32 * cut), nan)
                    store_mask(masks + 32 * (right + cut), mask)
        return 0

    return conditions


kernel("conditions_float32")(_conditions(load_f4, 4, types.float32))
kernel("conditions_float64")(_conditions(load_f8, 8, types.float64))


def _memberships(load: Any, size: int) -> Kernel:
    def memberships(args: int, work: int, frame: int, start: int, n: int) -> int:
        """Masks of the rows that category splits send right.

        args: source, offset of the masks, offset of scratch, features, their address, whether
        members go left. A packed feature is 8 words: column, categories (those beyond are in
        no set), 0, address of its splits, splits. A split is int32: number of its mask,
        whether NaN goes right, members, each member.
        """
        source, masks = value(args, work, n), work + load_i8(args + 24)
        scratch, features = work + load_i8(args + 32), load_i8(args + 40)
        packed, go_left = load_i8(args + 48), load_i8(args + 56)
        for feature in range(features):
            at = packed + FEATURE * feature
            x = source + size * n * load_i8(at)
            categories, split = load_i8(at + 8), load_i8(at + 24)
            equal = scratch + 32
            for word in range(4 * categories + 4):
                store_i8_zero(scratch + 8 * word)
            for row in range(n):
                number = load(x + size * row)
                if number != number:
                    place = scratch
                elif 0.0 <= number < categories:
                    place = equal + 32 * int(number)
                else:
                    continue
                place += row >> 3
                store_u1(place, load_u1(place) | (1 << (row & 7)))
            nan = load_mask(scratch)
            for _ in range(load_i8(at + 32)):
                target, right = masks + 32 * load_i4(split), load_i4(split + 4)
                members = load_i4(split + 8)
                split += 12
                mask = none_of()
                for _ in range(members):
                    mask = either(mask, load_mask(equal + 32 * load_u4(split)))
                    split += 4
                if go_left:
                    mask = differ(either(mask, nan), all_of())
                if right:
                    mask = either(mask, nan)
                store_mask(target, mask)
        return 0

    return memberships


@inline
def store_i8_zero(address: int) -> int:
    """Clear a word."""
    store_u4(address, 0)
    store_u4(address + 4, 0)
    return 0


kernel("memberships_float32")(_memberships(load_f4, 4))
kernel("memberships_float64")(_memberships(load_f8, 8))
