"""Rows of an array in, one output out, in one call: what services and jobs ask for most.

It reads numpy's array objects itself, where Python takes microseconds to ask for dtype, shape and
addresses. The layout is numpy's ABI, `PyArrayObject` in its C-API reference, the same since 1.0;
the runtime's `door.py` checks it before it lets anybody in.
"""

from __future__ import annotations

from .codes import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMENSIONS,
    ARRAY_NDIM,
    ARRAY_STRIDES,
    OBJECT_TYPE,
)
from .execute import execute
from .native import inline, load_i4, load_i8, store_i4, store_i8
from .registry import kernel

run = inline(execute)


@kernel("rows_in")
def rows_in(config: int, rows: int, target: int, _d: int, _e: int) -> int:
    """−1 if the rows were scored; 0 if this is not their way in, or the model refuses one;
    their number, if the target is for another.

    config: addresses of numpy's array type, its float32 and its float64; columns of the rows;
        most rows; address of the ports, how many, and the column of each; addresses of the
        output, of as many statuses as most rows, and of the call.
    rows: address of any Python object.
    target: address of an array with a first dimension, which takes the output.
    """
    if load_i8(rows + OBJECT_TYPE) != load_i8(config):
        return 0
    descr = load_i8(rows + ARRAY_DESCR)
    if descr == load_i8(config + 8):
        dtype = 0
    elif descr == load_i8(config + 16):
        dtype = 1
    else:
        return 0
    if load_i4(rows + ARRAY_NDIM) != 2:
        return 0
    dimensions = load_i8(rows + ARRAY_DIMENSIONS)
    n: int = load_i8(dimensions)
    if n < 1 or n > load_i8(config + 32) or load_i8(dimensions + 8) != load_i8(config + 24):
        return 0
    if load_i8(load_i8(target + ARRAY_DIMENSIONS)) != n:
        return n
    data, strides = load_i8(rows + ARRAY_DATA), load_i8(rows + ARRAY_STRIDES)
    down, across = load_i8(strides), load_i8(strides + 8)
    ports, count, columns = load_i8(config + 40), load_i8(config + 48), load_i8(config + 56)
    for port in range(count):
        store_i8(ports + 24 * port, data + across * load_i8(columns + 8 * port))
        store_i8(ports + 24 * port + 8, down)
        store_i8(ports + 24 * port + 16, dtype)
    output, status, call = load_i8(config + 64), load_i8(config + 72), load_i8(config + 80)
    store_i8(output, load_i8(target + ARRAY_DATA))
    store_i8(output + 8, load_i8(load_i8(target + ARRAY_STRIDES)))
    for row in range(n):
        store_i4(status + 4 * row, 0)
    store_i8(call + 24, n)
    run(call, 0, 0, 0, 0)
    refused = 0
    for row in range(n):
        refused |= load_i4(status + 4 * row)
    return 0 if refused else -1
