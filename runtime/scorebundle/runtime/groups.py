"""Equal cells of a column, found natively, so that a rule need only look at the distinct ones.

What makes two cells equal is cheap to read and never wrong: one object in memory, one code of a
categorical, the same bytes. Cells of one group hold the same value; two groups may hold equal
ones. Frames' columns are recognised by what they can do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

from .library import Library, load
from .plan import address_of
from .values import as_array, one_piece

FEW: Final = 400
"""Rows below which looking at every value costs less."""
SAMPLE: Final = 64
"""Cells that tell whether objects are shared."""
MOST: Final = 1 << 16
"""Most groups that are worth finding."""


class Groups(NamedTuple):
    """A column's distinct cells.

    Attributes:
        distinct: one row of each group, a column like the whole, in order of first appearance.
        of_row: the group of each row.
    """

    distinct: Any
    of_row: Array


class Cells(NamedTuple):
    """Where a column's cells lie, as the kernel `distinct` reads them.

    Attributes:
        take: rows by number, as a smaller column.
        memory: keeps the addresses valid.
        cells, stride, width, offsets, wide, valid, bit: the kernel's arguments.
    """

    rows: int
    take: Callable[[Array], Any]
    memory: Any
    cells: int
    stride: int = 0
    width: int = 0
    offsets: int = 0
    wide: int = 0
    valid: int = 0
    bit: int = 0


def groups(column: Any) -> Groups | None:
    """Group a column's rows; None if there are few, or hardly two alike."""
    if len(column) < FEW:
        return None
    cells = _cells(column)
    return None if cells is None else _grouped(cells, load())


def _grouped(cells: Cells, library: Library) -> Groups | None:
    """Run the kernel as a program of one step, over all rows at once."""
    rows = cells.rows
    most = min(rows // 2, MOST)
    slots = np.zeros(1 << (2 * most).bit_length(), np.int32)
    of_row, firsts = np.empty(rows, np.int64), np.empty(most, np.int64)
    filled = [address_of(array) for array in (of_row, firsts, slots)]
    arguments = [*cells[3:], *filled, len(slots) - 1, most, 0]
    program = [1, library.address("distinct"), len(arguments), *arguments]
    call = np.array([0, 0, 0, rows, rows, *program], np.int64)
    start = address_of(call)
    call[0] = start + 8 * 5
    library.execute(start)
    count = int(call[-1])
    if count < 0:
        return None
    return Groups(cells.take(firsts[:count]), of_row)


def _cells(column: Any) -> Cells | None:
    """The cells of a column of any kind; None if there is nothing cheap to tell them by."""
    if isinstance(column, list):
        return _of_array(np.fromiter(column, object, len(column)))
    kind = type(column)
    for ability, cells in ABILITIES.items():
        if hasattr(kind, ability):
            found = cells(column)
            if found is not None:
                return found
    return _of_array(as_array(column))


def _of_array(array: Array, take: Callable[[Array], Any] | None = None) -> Cells | None:
    """An array's cells: the numbers, the text of one width, or the addresses of its objects."""
    if array.ndim != 1 or not array.itemsize:
        return None
    if array.dtype == object and len({*map(id, array[:SAMPLE].tolist())}) > SAMPLE * 3 // 4:
        return None  # hardly two cells are one object
    take = take or array.__getitem__
    if array.dtype.kind in "biu" and array.itemsize < 8:  # a whole word is read faster
        array = array.astype(np.int64)
    address, stride = address_of(array), array.strides[0]
    return Cells(len(array), take, array, address, stride, array.itemsize)


def _of_arrow(column: Any, take: Callable[[Array], Any] | None = None) -> Cells | None:
    """Arrow's dictionary arrays by their indices, its text by the bytes."""
    if hasattr(column, "num_chunks"):
        column = one_piece(column)
    if hasattr(column, "num_chunks"):  # too large for one piece
        return None
    take = take or column.take
    if hasattr(column, "indices"):
        return _of_array(as_array(column.indices), take)
    wide = {"string": 0, "large_string": 1}.get(str(column.type))
    if wide is None:
        return None
    valid, offsets, text = column.buffers()
    return Cells(
        rows=len(column),
        take=take,
        memory=column,
        cells=text.address if text else 0,
        offsets=offsets.address + column.offset * (8 if wide else 4),
        wide=wide,
        valid=valid.address if valid else 0,
        bit=column.offset,
    )


def _of_polars(column: Any) -> Cells | None:
    """polars' categoricals and enums by their physical numbers, text as Arrow has it."""
    kind = str(column.dtype)
    if kind.startswith(("Categorical", "Enum")):
        return _of_array(as_array(column.to_physical()), column.__getitem__)
    if kind != "String":
        return None
    try:
        return _of_arrow(column.to_arrow(), column.__getitem__)
    except ImportError:  # without pyarrow
        return None


def _of_pandas(column: Any) -> Cells | None:
    """pandas' categoricals by their codes, its text in Arrow's memory as that."""
    array, dtype = column.array, column.dtype
    if hasattr(dtype, "categories"):
        return _of_array(array.codes, array.take)
    if hasattr(dtype, "pyarrow_dtype") or getattr(dtype, "storage", "") == "pyarrow":
        return _of_arrow(array.__arrow_array__(), array.take)
    return None


ABILITIES: Final[dict[str, Callable[[Any], Cells | None]]] = {
    "dictionary_encode": _of_arrow,
    "to_physical": _of_polars,
    "array": _of_pandas,
}
"""What the cells of a frame's column are told by, by a method that only its kind has."""
