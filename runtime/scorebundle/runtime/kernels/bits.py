"""Trees for 256 rows at a time, on bits.

    conditions      one mask per distinct split of the ensemble: the rows it sends right
    a split         right = rows here & condition; left = rows here ^ right: two operations
                    for 256 rows
    a leaf's code   of a tree of up to 8 levels the way to it, one bit per level: bit l is the
                    union of all that went right at level l. Otherwise its number from left to
                    right: bit b is the union of the leaves whose number has it.
    codes           transposed to a byte (or two) per row, which picks the leaf's value

The leaf values are added tree by tree in each row's own order, so that nothing is rounded in
another way than by the library.

The program is uint32 words:
    chunk       output column, trees (at most 16), then the trees
    tree        first value of its table, leaves' stride, levels, planes to be listed (0: codes
                are ways), then levels, then planes
    level       splits, then per split: condition (20 bits), slot of the rows here (12 bits)
    plane       leaves, then the slot of each
Slot 0 is the root's; the i-th split of a tree fills slots 2 i + 1 and 2 i + 2.
"""

from __future__ import annotations

from typing import Any

from numba import float32, float64

from .native import (
    Kernel,
    inline,
    load_f4,
    load_f8,
    load_i8,
    load_u1,
    load_u4,
    store_f4,
    store_f8,
    store_i8,
    value,
)
from .registry import kernel
from .target import has_avx512
from .vectors import (
    add_picked,
    all_of,
    both,
    bytes_of_bits,
    differ,
    either,
    lanes,
    load_mask,
    none_of,
    store_mask,
)

PLANES = 16 * 32
CODES = 2 * 16 * 256
CHUNK = 16

codes_3, codes_4, codes_5, codes_6, codes_7, codes_8 = (bytes_of_bits(n) for n in range(3, 9))


@inline
def split_rows(at: int, masks: int, slots: int, planes: int) -> int:
    """One tree's planes for all rows; returns where its words end."""
    levels, listed = load_u4(at + 8), load_u4(at + 12)
    at += 16
    store_mask(slots, all_of())
    out = slots + 32
    for level in range(levels):
        plane = none_of()
        count = load_u4(at)
        at += 4
        if level < levels - 1 or listed:
            for split in range(count):
                word = load_u4(at + 4 * split)
                here = load_mask(slots + 32 * (word >> 20))
                right = both(here, load_mask(masks + 32 * (word & 0xFFFFF)))
                plane = either(plane, right)
                store_mask(out, differ(here, right))
                store_mask(out + 32, right)
                out += 64
        else:
            for split in range(count):
                word = load_u4(at + 4 * split)
                here = load_mask(slots + 32 * (word >> 20))
                plane = either(plane, both(here, load_mask(masks + 32 * (word & 0xFFFFF))))
        at += 4 * count
        if not listed:
            store_mask(planes + 32 * level, plane)
    for number in range(listed):
        plane = none_of()
        count = load_u4(at)
        at += 4
        for leaf in range(count):
            plane = either(plane, load_mask(slots + 32 * load_u4(at + 4 * leaf)))
        at += 4 * count
        store_mask(planes + 32 * number, plane)
    for number in range(listed if listed else levels, 16):
        store_mask(planes + 32 * number, none_of())
    return at


@inline
def write_codes(planes: int, count: int, target: int, groups: int) -> int:
    """Bytes of codes from up to eight planes, for groups of 32 rows."""
    for group in range(groups):
        source, place = planes + 4 * group, target + 32 * group
        if count <= 3:
            codes_3(source, place)
        elif count == 4:
            codes_4(source, place)
        elif count == 5:
            codes_5(source, place)
        elif count == 6:
            codes_6(source, place)
        elif count == 7:
            codes_7(source, place)
        else:
            codes_8(source, place)
    return 0


def _permuting(kind: Any, size: int, bits: int) -> Any:
    """A function that adds the values of as many rows as it can, and says how many: 64 bytes of
    rows at a time, with tables of 2**bits values in registers."""
    load, store = lanes(kind)
    add = add_picked(kind, bits)
    step = 64 // size

    @inline
    def permuted(sums: int, n: int, codes: int, tables: int, trees: int) -> int:
        full = n - n % (4 * step)
        for row in range(0, full, 4 * step):
            place = sums + size * row
            a, b, c, d = load(place), load(place + 64), load(place + 128), load(place + 192)
            for tree in range(trees):
                table, code = load_i8(tables + 8 * tree), codes + 256 * tree + row
                a, b = add(a, table, code), add(b, table, code + step)
                c, d = add(c, table, code + 2 * step), add(d, table, code + 3 * step)
            store(place, a)
            store(place + 64, b)
            store(place + 128, c)
            store(place + 192, d)
        most = n - n % step
        for row in range(full, most, step):
            a = load(sums + size * row)
            for tree in range(trees):
                a = add(a, load_i8(tables + 8 * tree), codes + 256 * tree + row)
            store(sums + size * row, a)
        return most

    return permuted


PERMUTES = has_avx512()


def _forest(load: Any, store: Any, kind: Any, size: int) -> Kernel:
    bits = 6 if size == 4 else 5
    permuted = _permuting(kind, size, bits)

    @inline
    def add_narrow(sums: int, n: int, codes: int, tables: int, trees: int, count: int) -> int:
        """Add each tree's value of every row: codes of one byte."""
        done = 0
        if PERMUTES:
            if count <= bits:
                done = permuted(sums, n, codes, tables, trees)
        full = n - n % 8
        for row in range(done, full, 8):
            place = sums + size * row
            a, b, c, d = (
                load(place),
                load(place + size),
                load(place + 2 * size),
                load(place + 3 * size),
            )
            e, f = load(place + 4 * size), load(place + 5 * size)
            g, h = load(place + 6 * size), load(place + 7 * size)
            for tree in range(trees):
                table, code = load_i8(tables + 8 * tree), codes + 256 * tree + row
                a += load(table + size * load_u1(code))
                b += load(table + size * load_u1(code + 1))
                c += load(table + size * load_u1(code + 2))
                d += load(table + size * load_u1(code + 3))
                e += load(table + size * load_u1(code + 4))
                f += load(table + size * load_u1(code + 5))
                g += load(table + size * load_u1(code + 6))
                h += load(table + size * load_u1(code + 7))
            store(place, a)
            store(place + size, b)
            store(place + 2 * size, c)
            store(place + 3 * size, d)
            store(place + 4 * size, e)
            store(place + 5 * size, f)
            store(place + 6 * size, g)
            store(place + 7 * size, h)
        for row in range(full, n):
            total = load(sums + size * row)
            for tree in range(trees):
                code = load_u1(codes + 256 * tree + row)
                total += load(load_i8(tables + 8 * tree) + size * code)
            store(sums + size * row, total)
        return 0

    @inline
    def add_wide(sums: int, n: int, codes: int, tables: int, trees: int) -> int:
        """The same with codes of two bytes, the upper ones 16 trees further on."""
        for row in range(n):
            total = load(sums + size * row)
            for tree in range(trees):
                at = codes + 256 * tree + row
                code = load_u1(at) + 256 * load_u1(at + 16 * 256)
                total += load(load_i8(tables + 8 * tree) + size * code)
            store(sums + size * row, total)
        return 0

    def forest(args: int, work: int, frame: int, start: int, n: int) -> int:
        """args: target, base, outputs, k, offset of the masks, offset of scratch, chunks,
        program, tables, planes; base is a constant or a value.

        Scratch holds planes, codes, the chunk's table addresses, and slots.
        """
        target, base = value(args, work, n), value(args + 24, work, n)
        constant, outputs, k = load_i8(args + 24), load_i8(args + 48), load_i8(args + 56)
        masks, planes = work + load_i8(args + 64), work + load_i8(args + 72)
        chunks, at = load_i8(args + 80), load_i8(args + 88)
        values, count = load_i8(args + 96), load_i8(args + 104)
        groups = (n + 31) >> 5
        codes = planes + PLANES
        tables = codes + CODES
        slots = tables + 16 * CHUNK
        for output in range(outputs):
            for row in range(n):
                source = output if constant else output * n + row
                store(target + size * (output * n + row), load(base + size * source))
        for _ in range(chunks):
            column, trees = load_u4(at), load_u4(at + 4)
            at += 8
            for tree in range(trees):
                store_i8(tables + 8 * tree, values + size * load_u4(at))
                store_i8(tables + 8 * (CHUNK + tree), size * load_u4(at + 4))
                at = split_rows(at, masks, slots, planes)
                write_codes(planes, min(count, 8), codes + 256 * tree, groups)
                if count > 8:
                    write_codes(planes + 256, count - 8, codes + 256 * (tree + CHUNK), groups)
            for j in range(k):
                sums = target + size * n * (column + j)
                if count > 8:
                    add_wide(sums, n, codes, tables, trees)
                else:
                    add_narrow(sums, n, codes, tables, trees, count)
                for tree in range(trees):
                    stride = load_i8(tables + 8 * (CHUNK + tree))
                    store_i8(tables + 8 * tree, load_i8(tables + 8 * tree) + stride)
        return 0

    return forest


kernel("forest_bits_float32")(_forest(load_f4, store_f4, float32, 4))
kernel("forest_bits_float64")(_forest(load_f8, store_f8, float64, 8))
