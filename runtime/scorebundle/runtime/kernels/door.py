"""Rows in, one output out, in one call: what services and jobs ask for most.

It reads numpy's arrays and Python's dicts itself, where Python takes microseconds to ask for dtype,
shape, addresses and items. The layout of arrays is numpy's ABI, `PyArrayObject` in its C-API
reference, the same since 1.0, that of floats and dicts CPython's; the runtime's `door.py` checks
both before it lets anybody in. Everything else is asked of Python's own functions.

A lane is words (`codes.LANE`):
    array, float32, float64     addresses of numpy's array type and of two dtypes
    width, most                 columns of the rows, and most rows
    ports, count, columns       address of the ports, how many, and the column of each
    outputs, offsets, slots     address of the outputs, where each begins in the target, how many
    status, call                addresses of as many statuses as most rows, and of the call
    dict, names                 address of the dict type; keys of a row, 0 if dicts go another way,
                                −1 if other keys are ignored
    keys, asked                 address of five words per key: itself, dtype of the column, CODE or
                                UNREAD or OPTIONAL (a key that may be absent), dict of codes, where
                                the number goes and as which dtype; and how many
    known                       address of ports that point there
    float, double, int, text, none      types, the second numpy's float64, and None
    get, clear, as_double, keep         addresses of PyDict_GetItemWithError, PyErr_Clear,
                                        PyLong_AsDouble, Py_IncRef
    busy                        whether somebody is inside: comparing keys may run Python code
"""

from __future__ import annotations

from numba import float32, float64

from .codes import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMENSIONS,
    ARRAY_NDIM,
    ARRAY_STRIDES,
    CODE,
    DICT_USED,
    FLOAT_NUMBER,
    LANE,
    OBJECT_TYPE,
    OPTIONAL,
)
from .execute import execute
from .native import (
    call_double,
    call_object,
    inline,
    load_f8,
    load_i4,
    load_i8,
    store_f4,
    store_f8,
    store_i4,
    store_i8,
)
from .registry import kernel

run = inline(execute)

ARRAY, FLOAT32, FLOAT64, WIDTH, MOST = (
    LANE[w] for w in ("array", "float32", "float64", "width", "most")
)
PORTS, COUNT, COLUMNS, OUTPUTS = (LANE[w] for w in ("ports", "count", "columns", "outputs"))
OFFSETS, SLOTS, STATUS, CALL = (LANE[w] for w in ("offsets", "slots", "status", "call"))
DICT, NAMES, KEYS, ASKED, KNOWN = (LANE[w] for w in ("dict", "names", "keys", "asked", "known"))
FLOAT, DOUBLE, INT, TEXT, NONE = (LANE[w] for w in ("float", "double", "int", "text", "none"))
GET, CLEAR, AS_DOUBLE, KEEP = (LANE[w] for w in ("get", "clear", "as_double", "keep"))
BUSY = LANE["busy"]

LARGEST = 3.4028234663852886e38
WHOLE = 9007199254740992.0


@inline
def score(lane: int, n: int, data: int, stride: int) -> bool:
    """Run the call for rows whose ports are set; False if the model refuses one."""
    outputs, offsets, status = (
        load_i8(lane + OUTPUTS),
        load_i8(lane + OFFSETS),
        load_i8(lane + STATUS),
    )
    for slot in range(load_i8(lane + SLOTS)):
        store_i8(outputs + 16 * slot, data + load_i8(offsets + 8 * slot))
        store_i8(outputs + 16 * slot + 8, stride)
    for row in range(n):
        store_i4(status + 4 * row, 0)
    call = load_i8(lane + CALL)
    store_i8(call + 24, n)
    run(call, 0, 0, 0, 0)
    refused = 0
    for row in range(n):
        refused |= load_i4(status + 4 * row)
    return refused == 0


@inline
def scored_array(lane: int, rows: int, target: int) -> int:
    """See `rows_in`."""
    descr = load_i8(rows + ARRAY_DESCR)
    if descr == load_i8(lane + FLOAT32):
        dtype = 0
    elif descr == load_i8(lane + FLOAT64):
        dtype = 1
    else:
        return 0
    if load_i4(rows + ARRAY_NDIM) != 2:
        return 0
    dimensions = load_i8(rows + ARRAY_DIMENSIONS)
    n: int = load_i8(dimensions)
    if n < 1 or n > load_i8(lane + MOST) or load_i8(dimensions + 8) != load_i8(lane + WIDTH):
        return 0
    if load_i8(load_i8(target + ARRAY_DIMENSIONS)) != n:
        return n
    data, strides = load_i8(rows + ARRAY_DATA), load_i8(rows + ARRAY_STRIDES)
    down, across = load_i8(strides), load_i8(strides + 8)
    ports, columns = load_i8(lane + PORTS), load_i8(lane + COLUMNS)
    for port in range(load_i8(lane + COUNT)):
        store_i8(ports + 24 * port, data + across * load_i8(columns + 8 * port))
        store_i8(ports + 24 * port + 8, down)
        store_i8(ports + 24 * port + 16, dtype)
    stride = load_i8(load_i8(target + ARRAY_STRIDES))
    return -1 if score(lane, n, load_i8(target + ARRAY_DATA), stride) else 0


@inline
def store_number(lane: int, item: int, column: int, place: int, dtype: int) -> bool:
    """Store a number of a dict, None as NaN; False for what needs a closer look.

    Args:
        item: address of any Python object.
        column: dtype of the column, which the number must fit.
        place, dtype: where it goes, and as what.
    """
    kind = load_i8(item + OBJECT_TYPE)
    number = float("nan")
    if kind == load_i8(lane + INT):
        number = call_double(load_i8(lane + AS_DOUBLE), item)
        if number == -1.0:  # which is also what a failure gives
            return False
    elif column == 2:
        return False
    elif kind == load_i8(lane + FLOAT) or kind == load_i8(lane + DOUBLE):
        number = load_f8(item + FLOAT_NUMBER)
    elif item != load_i8(lane + NONE):
        return False
    if column == 0:
        if abs(number) > LARGEST:
            return False
        number = float64(float32(number))
    elif column == 2 and abs(number) > WHOLE:
        return False
    if dtype == 1:
        store_f8(place, number)
    elif dtype == 2:
        store_i8(place, int(number))
    else:
        store_f4(place, number)
    return True


@inline
def store_code(lane: int, item: int, codes: int, place: int) -> bool:
    """Store the code of a text or of None; text that has none is −1."""
    text = load_i8(item + OBJECT_TYPE) == load_i8(lane + TEXT)
    if not text and item != load_i8(lane + NONE):
        return False
    code = call_object(load_i8(lane + GET), codes, item)
    store_i8(place, int(load_f8(code + FLOAT_NUMBER)) if code else -1)
    return True


@inline
def filled(lane: int, row: int) -> bool:
    """Put a dict's numbers and codes where the ports point; False if it needs a closer look."""
    names = load_i8(lane + NAMES)
    if names == 0:
        return False
    at = load_i8(lane + KEYS)
    for _ in range(load_i8(lane + ASKED)):
        item = call_object(load_i8(lane + GET), row, load_i8(at))
        kind, place = load_i8(at + 8), load_i8(at + 24)
        if item == 0:
            if kind != OPTIONAL:
                return False
            names -= 1
        elif kind == CODE:
            if not store_code(lane, item, load_i8(at + 16), place):
                return False
        elif kind < CODE and not store_number(lane, item, kind, place, load_i8(at + 32)):
            return False
        at += 40
    return names < 0 or load_i8(row + DICT_USED) == names  # type: ignore[no-any-return]


@inline
def scored_dict(lane: int, row: int, target: int) -> bool:
    """Score one dict; False if it must go another way."""
    if load_i8(lane + BUSY):
        return False
    store_i8(lane + BUSY, 1)
    done = False
    if filled(lane, row):
        ports, known = load_i8(lane + PORTS), load_i8(lane + KNOWN)
        for word in range(3 * load_i8(lane + COUNT)):
            store_i8(ports + 8 * word, load_i8(known + 8 * word))
        done = score(lane, 1, load_i8(target + ARRAY_DATA), 0)
    else:
        call_object(load_i8(lane + CLEAR), 0, 0)
    store_i8(lane + BUSY, 0)
    return done


@kernel("rows_in")
def rows_in(lane: int, rows: int, target: int, _d: int, _e: int) -> int:
    """−1 if the rows were scored; 0 if this is not their way in, or the model refuses one;
    their number, if the target is for another.

    rows: address of any Python object; only arrays come in, and the GIL is not needed.
    target: address of an array with a first dimension, which takes the output.
    """
    if load_i8(rows + OBJECT_TYPE) != load_i8(lane + ARRAY):
        return 0
    return scored_array(lane, rows, target)


@kernel("row_in")
def row_in(lane: int, arguments: int, _count: int, _d: int, _e: int) -> int:
    """A function of Python (METH_FASTCALL) whose self is the lane's array, of rows and target.

    Returns the target, if it was filled; the rows, if they are several; else None.
    """
    lane = load_i8(lane + ARRAY_DATA)
    rows, target = load_i8(arguments), load_i8(arguments + 8)
    kind = load_i8(rows + OBJECT_TYPE)
    result = load_i8(lane + NONE)
    if kind == load_i8(lane + ARRAY):
        found = scored_array(lane, rows, target)
        if found == -1:
            result = target
        elif found > 0:
            result = rows
    elif kind == load_i8(lane + DICT) and scored_dict(lane, rows, target):
        result = target
    call_object(load_i8(lane + KEEP), result, 0)
    return result  # type: ignore[no-any-return]
