"""Cells that hold collections of items: what is one, checked and with Python's own scalars."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence, Set
from reprlib import repr as shown  # of bounded depth
from typing import Any, Final

import numpy as np

from scorebundle.bundle import InputError

from .values import as_array, is_null

Cell = list[Any] | dict[str, Any] | None
"""Items and pairs (item, value), a map, or missing."""

SCALARS: Final = {str, int, float, bool, type(None)}
TEXT: Final = {str}


def is_cell(value: Any) -> bool:
    """Whether a value is a collection, and not a text."""
    return hasattr(type(value), "__len__") and not isinstance(value, (str, bytes, bytearray))


def is_one_row(values: Mapping[str, Any], items: Collection[str]) -> bool:
    """Whether values by column are one row's, where some columns hold collections.

    The other columns tell; without any, a map, a set, and a list of items without pairs are a
    cell, and a list of collections or of missing ones is a column.

    Args:
        values: by column.
        items: the columns that hold collections.
    """
    others = [value for name, value in values.items() if name not in items]
    if others:
        return not any(map(is_cell, others))
    return any(map(_is_alone, values.values()))


def _is_alone(value: Any) -> bool:
    if isinstance(value, (Mapping, Set)) or not is_cell(value):
        return True
    if not isinstance(value, (list, tuple, np.ndarray)) or not len(value):
        return False
    return not any(map(is_cell, value)) and not all(map(is_null, value))


def are_cells(rows: Sequence[Any], name: str) -> bool:
    """Whether rows are a column of collections itself, and no dicts of one by its name."""
    if not all(is_null(row) or is_cell(row) for row in rows):
        return False
    if not all(isinstance(row, Mapping) and row.keys() == {name} for row in rows):
        return True
    values = [row[name] for row in rows]  # maps do not hold collections
    return not any(map(is_cell, values)) and not all(map(is_null, values))


def spelled(text: str) -> Cell:
    """The collection that a text says in JSON; an empty text, and null, is a missing one.

    Raises:
        ValueError: if it says none.
    """
    try:
        value: Cell = json.loads(text, object_pairs_hook=_unique) if text.strip() else None
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if value is not None and not is_cell(value):
        raise ValueError("is no collection")
    return value


def cells(column: Any) -> list[Cell]:
    """A checked column of collections: their scalars are Python's own.

    Raises:
        InputError: naming the row whose cell is no collection of items.
    """
    if isinstance(column, (Mapping, Set)):
        raise InputError([f"is one row's, not a column: {shown(column):.40}"])
    checked: list[Cell] = []
    for row, value in enumerate(listed(column)):
        try:
            checked.append(_cell(value))
        except TypeError as error:
            raise InputError([f"{error} (row {row})"]) from None
    return checked


def listed(column: Any) -> list[Any]:
    """A column of any kind as Python values; Arrow's maps become dicts.

    Raises:
        InputError: if such a map has a key twice.
    """
    if isinstance(column, (list, tuple)):
        return list(column)
    if hasattr(column, "to_pylist"):
        found: list[Any] = column.to_pylist()
        return _maps(found) if str(column.type).startswith("map<") else found
    if hasattr(column, "to_list"):
        return list(column.to_list())
    return list(as_array(column))


def _maps(cells: list[Any]) -> list[Any]:
    result = []
    for row, pairs in enumerate(cells):
        try:
            result.append(None if pairs is None else _unique(pairs))
        except ValueError as error:
            raise InputError([f"{error} (row {row})"]) from None
    return result


def _unique(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError(f"must name each item once, not {shown(pairs):.40}")
    return result


def _cell(value: Any) -> Cell:
    if _is_plain(value):
        plain: Cell = value
        return plain
    if isinstance(value, Mapping):
        return {_text(key): _scalar(item) for key, item in value.items()}
    if is_cell(value):
        return [_entry(entry) for entry in value]
    if is_null(value):
        return None
    raise TypeError(f"must be a list or a map of items, not {shown(value):.40}")


def _is_plain(value: Any) -> bool:
    """Whether a collection needs no closer look."""
    if type(value) is dict:
        return TEXT.issuperset(map(type, value)) and SCALARS.issuperset(map(type, value.values()))
    return type(value) is list and SCALARS.issuperset(map(type, value))


def _entry(entry: Any) -> Any:
    if not is_cell(entry):
        return _scalar(entry)
    if not isinstance(entry, Sequence | np.ndarray) or len(entry) != 2:
        raise TypeError(f"must hold items, or pairs of an item and a value, not {shown(entry):.40}")
    return [_scalar(entry[0]), _scalar(entry[1])]


def _text(key: Any) -> str:
    key = _scalar(key)
    if type(key) is not str:
        raise TypeError(f"must have texts as keys, not {shown(key):.40}")
    return key


def _scalar(value: Any) -> Any:
    """A Python scalar; whatever else is missing becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in SCALARS:
        return value
    if not is_cell(value) and not isinstance(value, (str, bytes)) and is_null(value):
        return None
    raise TypeError(f"must hold text, numbers or booleans, not {shown(value):.40}")
