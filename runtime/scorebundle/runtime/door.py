"""Doors: native functions that are handed the array or dict of rows itself.

A door opens only where objects are laid out as `kernels.door` reads them; what it does not let in
goes the ways of `calls.py`, which give the same.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

from .kernels.codes import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMENSIONS,
    ARRAY_NDIM,
    ARRAY_STRIDES,
    CODE,
    DICT_USED,
    DTYPE,
    FLOAT_NUMBER,
    LANE,
    OBJECT_TYPE,
    OPTIONAL,
    UNREAD,
)
from .plan import Plan, Workspace, address_of
from .scores import RowScores, Scores

MOST: Final = 4096
"""Rows that may come through a door; for more, the microseconds that it saves are nothing."""

DONE: Final = -1
FREE: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.py_object, ctypes.py_object)
"""For several rows: other threads run meanwhile, on lanes of their own."""


class Entry(NamedTuple):
    """What comes in for a port.

    Attributes:
        key: of a dict.
        dtype: of the column, which the numbers of a dict must fit.
        column: of an array.
        codes: the code of each category of a column of text, None for numbers.
    """

    key: str
    dtype: str
    column: int
    codes: Mapping[Any, int] | None


class Entries(NamedTuple):
    """What comes in for a plan.

    Attributes:
        ports: of each port.
        width: columns of an array; −1 if arrays must go another way.
        rest: keys of a dict that no port reads.
        optional: keys that a dict may lack, as the model does not use them.
        names: keys of a dict; −1 if others are ignored, 0 if dicts must go another way.
    """

    ports: tuple[Entry, ...]
    width: int
    rest: tuple[str, ...]
    optional: tuple[str, ...]
    names: int


class Door:
    """From rows of an array, or one dict, to the only output of a model."""

    __slots__ = (
        "_each",
        "_entries",
        "_free",
        "_labels",
        "_lane",
        "_new",
        "_one",
        "_plan_for",
        "_pools",
        "_shape",
    )

    def __init__(
        self, plan_for: Callable[[int], Plan], entries: Entries, labels: Array | None
    ) -> None:
        """Build it.

        Args:
            plan_for: the plan for a number of rows; it fills one array.
            entries: what comes in.
            labels: the classes, if the output is class labels.
        """
        plan = plan_for(1)
        (slot,) = plan.slots
        self._free = FREE(plan.library.address("rows_in"))
        self._plan_for, self._entries = plan_for, entries
        self._pools: dict[Plan, list[_Lane]] = {}
        vector = plan.outputs[0].shape == "vector"
        self._shape = () if vector else (slot.width,)
        self._new = np.zeros((1, *self._shape), slot.dtype).copy
        self._labels = labels
        self._each = [] if labels is None else [labels[i : i + 1] for i in range(len(labels))]
        self._lane = _Lane(plan, entries, 1, [0])
        self._one = self._lane.function()

    def enter(self, rows: Any) -> Any:
        """The output for rows, whatever they are; None if they must go another way."""
        out = self._new()
        found = self._one(rows, out)
        if found is out:
            if self._labels is None:
                return out
            return self._each[min(max(out.item(), 0), len(self._each) - 1)].copy()
        return None if found is None else self._several(rows, len(rows))

    def _several(self, rows: Array, count: int) -> Any:
        plan = self._plan_for(count)
        out = np.empty((count, *self._shape), plan.slots[0].dtype)
        pool = self._pools.setdefault(plan, [])
        try:
            lane = pool.pop()
        except IndexError:
            lane = _Lane(plan, self._entries, MOST, [0])
        found = self._free(lane.address, rows, out)
        pool.append(lane)
        if found != DONE:
            return None
        return out if self._labels is None else self._labels.take(out, mode="clip")


class RowDoor:
    """From one dict, or one row of an array, to all outputs of a plan."""

    __slots__ = ("_finish", "_lane", "_new", "_one", "_views")

    def __init__(
        self, plan: Plan, entries: Entries, finish: Callable[[list[Array]], dict[str, Any]]
    ) -> None:
        """Build it; `finish` makes the outputs of the arrays that the plan fills."""
        offsets, size = [], 0
        for slot in plan.slots:
            offsets.append(size)
            size += -(-slot.dtype.itemsize * slot.width // 8) * 8
        self._new = np.zeros((1, size), np.uint8).copy
        self._views = [
            ((1, slot.width), slot.dtype, offset)
            for slot, offset in zip(plan.slots, offsets, strict=True)
        ]
        self._finish = finish
        self._lane = _Lane(plan, entries, 1, offsets)
        self._one = self._lane.function()

    def enter(self, rows: Any) -> Scores | None:
        """The scores of a row; None if it must go another way."""
        buffer = self._new()
        return RowScores(buffer, self.values) if self._one(rows, buffer) is buffer else None

    def values(self, buffer: Array) -> dict[str, Any]:
        """The outputs in a filled buffer."""
        return self._finish(
            [np.ndarray(shape, dtype, buffer, offset) for shape, dtype, offset in self._views]
        )


class _Lane:
    """What one running call needs to itself, as words that the native functions read.

    The lane for one row is handed batches too: with a target of one row they are only counted,
    so that it needs one status. It serves all threads, as it keeps the GIL.

    Attributes:
        address: of the words.
    """

    __slots__ = ("_keep", "_library", "_words", "address")

    def __init__(self, plan: Plan, entries: Entries, rows: int, offsets: Sequence[int]) -> None:
        workspace = Workspace(plan)
        status = np.zeros(rows, np.int32)
        workspace.frame[2] = address_of(status)
        columns = np.array([entry.column for entry in entries.ports], np.int64)
        places = np.array(offsets, np.int64)
        keys, known, kept = _keys(plan, entries)
        words = {
            "array": id(np.ndarray),
            "float32": id(np.dtype(np.float32)),
            "float64": id(np.dtype(np.float64)),
            "width": entries.width,
            "most": MOST,
            "ports": address_of(workspace.ports),
            "count": len(columns),
            "columns": address_of(columns),
            "outputs": address_of(workspace.outputs),
            "offsets": address_of(places),
            "slots": len(offsets),
            "status": address_of(status),
            "call": workspace.address,
            "dict": id(dict),
            "names": entries.names,
            "keys": address_of(keys),
            "asked": len(keys),
            "known": address_of(known),
            "float": id(float),
            "double": id(np.float64),
            "int": id(int),
            "text": id(str),
            "none": id(None),
            "get": python_function("PyDict_GetItemWithError"),
            "clear": python_function("PyErr_Clear"),
            "as_double": python_function("PyLong_AsDouble"),
            "keep": python_function("Py_IncRef"),
            "busy": 0,
        }
        self._words = np.array([*(words[word] for word in LANE), 0, 0, 0, 0], np.int64)
        self._keep: tuple[Any, ...] = (workspace, status, columns, places, keys, known, kept)
        self._library = plan.library
        self.address = address_of(self._words)

    def function(self) -> Any:
        """A function of Python for one row: (rows, target) → target, or rows if they are
        several, or None.

        Its definition (CPython's `PyMethodDef`) lies behind the lane's words: CPython reads it
        until the function is gone, and the function keeps the words.
        """
        flags = np.array([_FASTCALL, 0], np.int32).view(np.int64)[0]
        entry = self._library.address("row_in")
        self._words[-4:] = ctypes.addressof(_NAME), entry, flags, ctypes.addressof(_NAME)
        made = ctypes.pythonapi.PyCFunction_NewEx
        made.restype = ctypes.py_object
        made.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
        return made(self.address + 8 * len(LANE), self._words, None)


_FASTCALL: Final = 0x80
_NAME: Final = ctypes.create_string_buffer(b"row_in")


def _keys(plan: Plan, entries: Entries) -> tuple[Array, Array, list[Any]]:
    """The lane's keys, the ports that point to their numbers, and what to keep."""
    count = len(entries.ports)
    numbers = np.zeros(count, np.int64)
    others = [(key, UNREAD) for key in entries.rest]
    others += [(key, OPTIONAL) for key in entries.optional]
    keys = np.zeros((count + len(others), 5), np.int64)
    known = np.zeros((count, 3), np.int64)
    kept: list[Any] = [entries, numbers]
    for position, (entry, port) in enumerate(zip(entries.ports, plan.ports, strict=True)):
        codes: dict[Any, float] = {}
        if entry.codes is not None:  # floats, which are the easier to read
            codes = {value: float(code) for value, code in entry.codes.items()}
            kept.append(codes)
        place = address_of(numbers[position:])
        dtype = DTYPE[port.dtype]
        kind = CODE if entry.codes is not None else DTYPE.get(entry.dtype, UNREAD)
        keys[position] = id(entry.key), kind, id(codes), place, dtype
        known[position] = place, 0, dtype
    for position, (key, kind) in enumerate(others, count):
        keys[position, :2] = id(key), kind
    return keys, known, kept


def python_function(name: str) -> int:
    """Address of a function of Python."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


@cache
def known_layout() -> bool:
    """Whether Python and numpy lay out objects as the native function expects, and a GIL
    keeps a lane to one thread at a time."""
    if sys.implementation.name != "cpython" or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 16:
        return False
    array, row = np.zeros((3, 5), np.float32)[1:, ::2], {"a": 1, "b": 2, "c": 3}
    start = id(array)
    dimensions, strides = _word(start + ARRAY_DIMENSIONS), _word(start + ARRAY_STRIDES)
    first = _word(start + OBJECT_TYPE), _word(start + ARRAY_DATA), _word(start + ARRAY_DESCR)
    number, double = 1.5, np.float64(2.5)
    numbers = [
        ctypes.c_double.from_address(id(each) + FLOAT_NUMBER).value for each in (number, double)
    ]
    return (
        first == (id(np.ndarray), array.__array_interface__["data"][0], id(array.dtype))
        and ctypes.c_int32.from_address(start + ARRAY_NDIM).value == 2
        and (_word(dimensions), _word(dimensions + 8)) == array.shape
        and (_word(strides), _word(strides + 8)) == array.strides
        and _word(id(row) + DICT_USED) == len(row)
        and numbers == [number, double]
    )


def _word(address: int) -> int:
    return ctypes.c_int64.from_address(address).value
