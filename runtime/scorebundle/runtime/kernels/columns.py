"""Kernels that move columns: into the workspace, within it, and out of it."""

from __future__ import annotations

from typing import Any

from .codes import OUTPUTS, PORTS, STATUS
from .native import (
    inline,
    load_f4,
    load_f8,
    load_i4,
    load_i8,
    load_u1,
    load_u4,
    store_f4,
    store_f8,
    store_i4,
    store_i8,
    store_u1,
    store_u4,
    unaligned_f4,
    unaligned_f8,
    unaligned_i8,
    unaligned_u4,
    value,
)
from .registry import kernel


@kernel("gather")
def gather(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Input ports → columns, converted between float32 and float64 on the way.

    args: value, dtype, count, port…; a port: address, row stride, dtype.
    """
    target = value(args, work, n)
    to, count = load_i8(args + 24), load_i8(args + 32)
    ports = load_i8(frame + PORTS)
    for column in range(count):
        port = ports + 24 * load_i8(args + 40 + 8 * column)
        stride, come = load_i8(port + 8), load_i8(port + 16)
        source = load_i8(port) + start * stride
        if to == 0 and come == 0:
            for row in range(n):
                store_u4(target + 4 * row, unaligned_u4(source + row * stride))
        elif to == 0:
            for row in range(n):
                store_f4(target + 4 * row, unaligned_f8(source + row * stride))
        elif come == 0:
            for row in range(n):
                store_f8(target + 8 * row, unaligned_f4(source + row * stride))
        else:
            for row in range(n):
                store_i8(target + 8 * row, unaligned_i8(source + row * stride))
        target += (4 if to == 0 else 8) * n
    return 0


@inline
def copy_column(target: int, source: int, itemsize: int, step: int, n: int) -> int:
    """Copy n numbers; step 0 repeats the first."""
    if itemsize == 8:
        for row in range(n):
            store_i8(target + 8 * row, load_i8(source + 8 * row * step))
    elif itemsize == 4:
        for row in range(n):
            store_u4(target + 4 * row, load_u4(source + 4 * row * step))
    else:
        for row in range(n):
            store_u1(target + row, load_u1(source + row * step))
    return 0


@kernel("select")
def select(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Columns by index. args: target, source, itemsize, count, index…"""
    target, source = value(args, work, n), value(args + 24, work, n)
    step = 1 - load_i8(args + 24)
    itemsize, count = load_i8(args + 48), load_i8(args + 56)
    width = n if step else 1
    for column in range(count):
        index = load_i8(args + 64 + 8 * column)
        copy_column(target, source + index * width * itemsize, itemsize, step, n)
        target += itemsize * n
    return 0


@kernel("scatter")
def scatter(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Columns → an output array. args: source, itemsize, width, output; an output: address,
    row stride."""
    source = value(args, work, n)
    itemsize, width = load_i8(args + 24), load_i8(args + 32)
    output = load_i8(frame + OUTPUTS) + 16 * load_i8(args + 40)
    stride = load_i8(output + 8)
    target = load_i8(output) + start * stride
    for _ in range(width):
        if itemsize == 8:
            for row in range(n):
                store_i8(target + row * stride, load_i8(source + 8 * row))
        elif itemsize == 4:
            for row in range(n):
                store_u4(target + row * stride, load_u4(source + 4 * row))
        else:
            for row in range(n):
                store_u1(target + row * stride, load_u1(source + row))
        source += itemsize * n
        target += itemsize
    return 0


@inline
def load_as_float(address: int, row: int, dtype: int) -> float:
    """Any dtype but int64 as float64, without loss."""
    if dtype == 0:
        return float(load_f4(address + 4 * row))
    if dtype == 1:
        return float(load_f8(address + 8 * row))
    return float(load_u1(address + row))


@inline
def truncated(number: float) -> int:
    """C's conversion to int64; what does not fit gives the smallest, as on x86-64."""
    if -9223372036854775808.0 <= number < 9223372036854775808.0:
        return int(number)
    return -9223372036854775808


@kernel("cast")
def cast(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Conversion. args: target, source, width, target dtype, source dtype."""
    target, source = value(args, work, n), value(args + 24, work, n)
    count = load_i8(args + 48) * n
    to, come = load_i8(args + 56), load_i8(args + 64)
    if come == 1 and to == 0:  # the usual ones are loops without choices: they become vectors
        for i in range(count):
            store_f4(target + 4 * i, load_f8(source + 8 * i))
        return 0
    if come == 0 and to == 1:
        for i in range(count):
            store_f8(target + 8 * i, load_f4(source + 4 * i))
        return 0
    if come == 2:
        for i in range(count):
            whole = load_i8(source + 8 * i)
            if to == 0:
                store_f4(target + 4 * i, whole)
            elif to == 1:
                store_f8(target + 8 * i, whole)
            elif to == 3:
                store_u1(target + i, whole != 0)
            else:
                store_i8(target + 8 * i, whole)
        return 0
    for i in range(count):
        number = load_as_float(source, i, come)
        if to == 0:
            store_f4(target + 4 * i, number)
        elif to == 1:
            store_f8(target + 8 * i, number)
        elif to == 2:
            store_i8(target + 8 * i, truncated(number))
        else:
            store_u1(target + i, number != 0.0)
    return 0


@inline
def is_bad(number: float, rule: int) -> bool:
    """Whether a float breaks a rule: finite, not infinite, not missing."""
    rest = number - number  # 0, or NaN for NaN and infinities
    if rule == 0:
        return rest != rest
    if rule == 1:
        return rest != rest and number == number
    return number != number


def _anywhere(load: Any, size: int, rule: int) -> Any:
    """Whether any of some numbers breaks a rule: a loop without choices, as hardly one does."""

    @inline
    def anywhere(source: int, n: int) -> bool:
        found = 0
        for row in range(n):
            found |= is_bad(load(source + size * row), rule)
        return found != 0

    return anywhere


nan_4, infinite_4, missing_4 = (_anywhere(load_f4, 4, rule) for rule in range(3))
nan_8, infinite_8, missing_8 = (_anywhere(load_f8, 8, rule) for rule in range(3))


@inline
def any_bad(source: int, dtype: int, rule: int, n: int) -> bool:
    """Whether any number of a column breaks a rule."""
    found = True
    if dtype == 0 and rule == 0:
        found = nan_4(source, n)
    elif dtype == 0:
        found = infinite_4(source, n) if rule == 1 else missing_4(source, n)
    elif dtype == 1 and rule == 0:
        found = nan_8(source, n)
    elif dtype == 1:
        found = infinite_8(source, n) if rule == 1 else missing_8(source, n)
    return found


@kernel("require")
def require(args: int, work: int, frame: int, start: int, n: int) -> int:
    """Mark rows that break a rule. args: value, dtype, rule, width, mark."""
    source = value(args, work, n)
    dtype, rule = load_i8(args + 24), load_i8(args + 32)
    width, mark = load_i8(args + 40), load_i8(args + 48)
    status = load_i8(frame + STATUS) + 4 * start
    size = 4 if dtype == 0 else 8 if dtype < 3 else 1
    for _ in range(width):
        if any_bad(source, dtype, rule, n):
            for row in range(n):
                if dtype == 2:
                    bad = load_i8(source + 8 * row) < 0
                else:
                    bad = is_bad(load_as_float(source, row, dtype), rule)
                if bad and load_i4(status + 4 * row) == 0:
                    store_i4(status + 4 * row, mark)
        source += size * n
    return 0
