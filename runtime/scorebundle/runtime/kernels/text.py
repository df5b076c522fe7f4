"""Kernels on text that has become counts of terms, and on collections as weights of their items.

A row's counts lie in three input ports: per row, the first of its entries and the one behind its
last; the entries' columns, ascending (int32); and their counts (float64). A weight is made of a
count on the fly, so that nothing of the vocabulary's width exists but what is asked for:
ln(count) + 1 if `logarithmic`, times a scale per column, over the row's norm. Counts that break a
rule, if a mark is given for it, and weights that are not finite, if one is given for them, refuse
their row.
"""

from __future__ import annotations

import math
from typing import Any

from numba import types

from .codes import NORM, PORTS, RULE, STATUS
from .columns import is_bad
from .native import (
    Kernel,
    inline,
    libm,
    load_f4,
    load_f8,
    load_i4,
    load_i8,
    store_f4,
    store_f8,
    store_i4,
    value,
)
from .registry import kernel

NONE, L1, L2, MAX = NORM.values()
FINITE = RULE["finite"]


@inline
def port(frame: int, args: int) -> int:
    """Address of the port whose number is an argument."""
    at: int = load_i8(load_i8(frame + PORTS) + 24 * load_i8(args))
    return at


@inline
def first_entry(rows: int, frame: int, row: int, mark: int) -> int:
    """A row's first entry; a row without text is marked, and has none."""
    first: int = load_i8(rows + 16 * row)
    status = load_i8(frame + STATUS) + 4 * row
    if first < 0 and load_i4(status) == 0:
        store_i4(status, mark)
    return first


@inline
def refuse(number: float, rule: int, frame: int, row: int, mark: int) -> None:
    """Mark a row whose number breaks a rule, unless it is marked already."""
    if mark and is_bad(number, rule):
        status = load_i8(frame + STATUS) + 4 * row
        if load_i4(status) == 0:
            store_i4(status, mark)


def _kernels(load: Any, store: Any, kind: Any, size: int) -> tuple[Kernel, Kernel]:
    log, one, zero = libm("log", kind), kind(1), kind(0)

    @inline
    def weight(count: float, column: int, logarithmic: int, scale: int) -> Any:
        result = kind(count)
        if logarithmic:
            result = log(result) + one
        if scale:
            result = result * load(scale + size * column)
        return result

    @inline
    def length(
        columns: int, counts: int, first: int, last: int, logarithmic: int, scale: int, norm: int
    ) -> float:
        """The norm of a row's weights, 0 if they are not normalised."""
        result = 0.0
        if norm == NONE:
            return result
        for entry in range(first, last):
            column = load_i4(columns + 4 * entry)
            x = weight(load_f8(counts + 8 * entry), column, logarithmic, scale)
            if norm == L1:
                result += float(abs(x))
            elif norm == L2:
                result += float(x * x)
            else:
                result = max(result, float(abs(x)))
        return math.sqrt(result) if norm == L2 else result

    def terms(args: int, work: int, frame: int, start: int, n: int) -> int:
        """Weights as columns. args: target, ports of rows, columns and counts, mark,
        logarithmic, address of scale or 0, norm, rule and mark of counts, mark of weights, width.
        """
        target = value(args, work, n)
        rows, columns, counts = (
            port(frame, args + 24),
            port(frame, args + 32),
            port(frame, args + 40),
        )
        mark, logarithmic, scale = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
        norm, width = load_i8(args + 72), load_i8(args + 104)
        rule, broken, infinite = load_i8(args + 80), load_i8(args + 88), load_i8(args + 96)
        for at in range(width * n):
            store(target + size * at, zero)
        for row in range(n):
            first = first_entry(rows, frame, start + row, mark)
            last = load_i8(rows + 16 * (start + row) + 8)
            if broken:
                for entry in range(first, last):
                    x = kind(load_f8(counts + 8 * entry))
                    refuse(float(x), rule, frame, start + row, broken)
            over = length(columns, counts, first, last, logarithmic, scale, norm)
            for entry in range(first, last):
                column = load_i4(columns + 4 * entry)
                x = weight(load_f8(counts + 8 * entry), column, logarithmic, scale)
                x = kind(float(x) / over) if over != 0.0 else x
                refuse(float(x), FINITE, frame, start + row, infinite)
                store(target + size * (column * n + row), x)
        return 0

    def terms_affine(args: int, work: int, frame: int, start: int, n: int) -> int:
        """Σ weight · coef in the order of the columns. args: as above, but in place of the width:
        outputs, address of coef (terms, outputs), whether the sum begins here, address of the
        intercept if it ends here, else 0."""
        target = value(args, work, n)
        rows, columns, counts = (
            port(frame, args + 24),
            port(frame, args + 32),
            port(frame, args + 40),
        )
        mark, logarithmic, scale = load_i8(args + 48), load_i8(args + 56), load_i8(args + 64)
        norm, outputs = load_i8(args + 72), load_i8(args + 104)
        rule, broken, infinite = load_i8(args + 80), load_i8(args + 88), load_i8(args + 96)
        coef, intercept = load_i8(args + 112), load_i8(args + 128)
        if load_i8(args + 120):
            for at in range(outputs * n):
                store(target + size * at, zero)
        for row in range(n):
            first = first_entry(rows, frame, start + row, mark)
            last = load_i8(rows + 16 * (start + row) + 8)
            if broken:
                for entry in range(first, last):
                    x = kind(load_f8(counts + 8 * entry))
                    refuse(float(x), rule, frame, start + row, broken)
            over = length(columns, counts, first, last, logarithmic, scale, norm)
            for entry in range(first, last):
                column = load_i4(columns + 4 * entry)
                x = weight(load_f8(counts + 8 * entry), column, logarithmic, scale)
                x = kind(float(x) / over) if over != 0.0 else x
                refuse(float(x), FINITE, frame, start + row, infinite)
                weights = coef + size * outputs * column
                for output in range(outputs):
                    at = target + size * (output * n + row)
                    store(at, load(at) + x * load(weights + size * output))
        if intercept:
            for output in range(outputs):
                for row in range(n):
                    at = target + size * (output * n + row)
                    store(at, load(at) + load(intercept + size * output))
        return 0

    return terms, terms_affine


for _name, _made in (
    ("float32", _kernels(load_f4, store_f4, types.float32, 4)),
    ("float64", _kernels(load_f8, store_f8, types.float64, 8)),
):
    kernel(f"terms_{_name}")(_made[0])
    kernel(f"terms_affine_{_name}")(_made[1])
