"""The door for rows of an array: a native function that is handed the array objects themselves."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array

from .kernels.codes import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMENSIONS,
    ARRAY_NDIM,
    ARRAY_STRIDES,
    OBJECT_TYPE,
)
from .plan import Plan, Workspace, address_of

MOST: Final = 4096
"""Rows that may come through a door; for more, the microseconds that it saves are nothing."""

DONE: Final = -1
_ARGUMENTS: Final = ctypes.c_int64, ctypes.py_object, ctypes.py_object
HELD: Final = ctypes.PYFUNCTYPE(ctypes.c_int64, *_ARGUMENTS)
"""For one row: keeps the GIL, so that one lane serves all threads."""
FREE: Final = ctypes.CFUNCTYPE(ctypes.c_int64, *_ARGUMENTS)
"""For several: other threads run meanwhile, on lanes of their own."""


class Door:
    """From rows of a float32 or float64 array to the only output of a model."""

    __slots__ = (
        "_columns",
        "_free",
        "_held",
        "_labels",
        "_lane",
        "_new",
        "_plan_for",
        "_pools",
        "_shape",
        "_width",
    )

    def __init__(
        self,
        plan_for: Callable[[int], Plan],
        width: int,
        columns: Sequence[int],
        labels: Array | None,
    ) -> None:
        """Build it.

        Args:
            plan_for: the plan for a number of rows; one output with one value, numeric ports.
            width: columns of the rows.
            columns: which of them each port reads.
            labels: the classes, if the output is class labels.
        """
        plan = plan_for(1)
        (slot,) = plan.slots
        native = plan.library.address("rows_in")
        self._held, self._free = HELD(native), FREE(native)
        self._plan_for, self._width, self._columns = plan_for, width, columns
        self._labels = labels
        self._pools: dict[Plan, list[_Lane]] = {}
        vector = plan.outputs[0].shape == "vector"
        self._shape = () if vector else (slot.width,)
        self._new = np.zeros((1, *self._shape), slot.dtype).copy
        self._lane = _Lane(plan, width, columns, 1)

    def enter(self, rows: Any) -> Any:
        """The output for rows, whatever they are; None if they must go another way."""
        out = self._new()
        found = self._held(self._lane.address, rows, out)
        if found > 0:
            plan = self._plan_for(found)
            out = np.empty((found, *self._shape), out.dtype)
            pool = self._pools.setdefault(plan, [])
            try:
                lane = pool.pop()
            except IndexError:
                lane = _Lane(plan, self._width, self._columns, MOST)
            found = self._free(lane.address, rows, out)
            pool.append(lane)
        if found != DONE:
            return None
        return out if self._labels is None else self._labels.take(out, mode="clip")


class _Lane:
    """What one running call needs to itself.

    The lane for one row is handed batches too: with a target of one row they are only counted,
    so that it needs one status.

    Attributes:
        address: of the native function's `config`.
    """

    __slots__ = ("_keep", "address")

    def __init__(self, plan: Plan, width: int, columns: Sequence[int], rows: int) -> None:
        workspace = Workspace(plan)
        status, order = np.zeros(rows, np.int32), np.array(columns, np.int64)
        workspace.frame[2] = address_of(status)
        config = np.array(
            [
                id(np.ndarray),
                id(np.dtype(np.float32)),
                id(np.dtype(np.float64)),
                width,
                MOST,
                address_of(workspace.ports),
                len(columns),
                address_of(order),
                address_of(workspace.outputs),
                address_of(status),
                workspace.address,
            ],
            np.int64,
        )
        self._keep = workspace, status, order, config
        self.address = address_of(config)


@cache
def known_layout() -> bool:
    """Whether Python and numpy lay out objects as the native function expects, and a GIL
    keeps a lane to one thread at a time."""
    if sys.implementation.name != "cpython" or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 16:
        return False
    array = np.zeros((3, 5), np.float32)[1:, ::2]

    def word(address: int) -> int:
        return ctypes.c_int64.from_address(address).value

    start = id(array)
    dimensions, strides = word(start + ARRAY_DIMENSIONS), word(start + ARRAY_STRIDES)
    first = word(start + OBJECT_TYPE), word(start + ARRAY_DATA), word(start + ARRAY_DESCR)
    return (
        first == (id(np.ndarray), array.__array_interface__["data"][0], id(array.dtype))
        and ctypes.c_int32.from_address(start + ARRAY_NDIM).value == 2
        and (word(dimensions), word(dimensions + 8)) == array.shape
        and (word(strides), word(strides + 8)) == array.strides
    )
