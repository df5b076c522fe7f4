"""From a file's cells to the columns a model takes: numbers, text, true and false."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from scorebundle.bundle import Bundle
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import OBJECT_INPUTS, Graph
from scorebundle.bundle.manifest import InputSchema
from scorebundle.bundle.ops import Encode

from ..cells import is_cell, spelled
from .errors import FormatError
from .readers import Batch, Source

DTYPES = {"float64": np.float64, "float32": np.float32, "int64": np.int64}
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
CATEGORY_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,)}
WANTED = {
    "float64": "a number",
    "float32": "a number",
    "int64": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "items": "a list or an object of items",
}

Convert = Callable[[Any], Any]
"""One cell to one value; ValueError if it is none."""


class Intake:
    """Turns batches of a source into columns for `Runtime.score`."""

    def __init__(self, bundle: Bundle, source: Source) -> None:
        self._source = source
        self._used = [item for item in bundle.manifest.inputs if item.type != "any"]
        self._any = {item.name for item in bundle.manifest.inputs} - {i.name for i in self._used}
        self._converters: dict[str, Convert] = {
            item.name: _converter(item, missing_value(bundle.graph, item.name), source.text)
            for item in self._used
        }

    @property
    def names(self) -> list[str]:
        """The columns the model reads."""
        return [item.name for item in self._used]

    def check(self, names: Collection[str], *, strict: bool) -> None:
        """Refuse a header without the model's columns or, if strict, with others.

        Raises:
            FormatError: naming every such column.
        """
        problems = [f"column {name!r} is missing" for name in self.names if name not in names]
        known = {*self.names, *self._any}
        if strict:
            problems += [
                f"column {name!r} is not a column of the model"
                for name in names
                if name not in known
            ]
        if problems:
            raise FormatError(f"{self._source.name}: {'; '.join(problems)}")

    def columns(self, batch: Batch) -> dict[str, Any]:
        """The model's columns.

        Raises:
            FormatError: naming, per column, the first cell that is not of its type.
        """
        result: dict[str, Any] = {}
        problems = []
        for item in self._used:
            values = batch.columns[item.name]
            try:
                result[item.name] = self._column(item, values)
            except (ValueError, OverflowError):
                problems.append(self._first_bad(item, batch.places, values))
        if problems:
            raise FormatError(f"{self._source.name}: {'; '.join(problems)}")
        return result

    def _column(self, item: InputSchema, values: Any) -> Any:
        if isinstance(values, np.ndarray):  # numbers of a Parquet file
            if item.type.startswith("float") or (item.type, values.dtype.kind) == ("int64", "i"):
                return values
            values = values.tolist()
        if self._source.text and item.type.startswith("float"):
            quick = _quick_floats(values)
            if quick is not None:
                return quick
        convert = self._converters[item.name]
        if item.type in OBJECT_INPUTS:
            return list(map(convert, values))
        return _numbers(list(map(convert, values)), item.type)

    def _first_bad(self, item: InputSchema, places: Sequence[int], values: Any) -> str:
        convert = self._converters[item.name]
        for place, value in zip(places, values, strict=True):
            try:
                converted = convert(value)
                if item.type not in OBJECT_INPUTS:
                    _numbers([converted], item.type)
            except (ValueError, OverflowError):
                wanted = WANTED.get(item.type, "text, a number or a boolean")
                shown = "a missing value" if value in ("", None) else f"{value!r:.60}"
                where = f"{self._source.unit} {place}, column {item.name!r}"
                return f"{where}: {shown} is not {wanted}"
        return f"column {item.name!r}: a number is out of range"


def missing_value(graph: Graph, column: str) -> float | None:
    """The missing value that a category column's model knows; an empty cell or null means it.

    A model that was taught NaN may not know None, and the other way round; where it knows
    neither, the cell is NaN, as pandas would have read it.
    """
    encoders = [n.op for n in graph.nodes if isinstance(n.op, Encode) and n.op.column == column]
    knows_none = any(op.none >= 0 for op in encoders)
    knows_nan = any(op.nan >= 0 for op in encoders)
    return None if knows_none and not knows_nan else math.nan


def _quick_floats(cells: Sequence[str]) -> Array | None:
    """Cells that are all numbers, without a call of ours per cell; None if one is not."""
    if "_" in "".join(cells):  # see _number_of_text
        return None
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def _numbers(values: list[Any], kind: str) -> Array:
    if kind == "int64":
        if any(isinstance(value, float) for value in values):
            values = [_whole(value) for value in values]
        return np.array(values, np.int64)
    with np.errstate(over="ignore"):
        return np.array(values, DTYPES[kind])


def _whole(value: float) -> int:
    if value != value or math.isinf(value) or value != int(value):
        raise ValueError(value)
    return int(value)


def _converter(item: InputSchema, missing: float | None, text: bool) -> Convert:
    if item.type == "items":
        return spelled if text else _collection
    if item.type not in OBJECT_INPUTS:
        number = _whole_of_text if item.type == "int64" else _number_of_text
        return number if text else _number
    if not text:
        return _category(CATEGORY_TYPES.get(item.type, (str, bool, int, float)), missing)
    if item.type == "string":
        return lambda cell: cell if cell else missing
    known = BOOLEANS if item.type == "boolean" else _by_text(item.categories)
    return _category_of_text(known, missing, open_ended=item.type == "mixed")


def _collection(value: Any) -> Any:
    if value is not None and not is_cell(value):
        raise ValueError(value)
    return value


def _number_of_text(cell: str) -> float:
    if not cell:
        return math.nan
    truth = BOOLEANS.get(cell.lower())  # a column of True and False that the model takes as 1, 0
    if truth is not None:
        return float(truth)
    if "_" in cell:  # Python's float() reads 1_000; nobody else does
        raise ValueError(cell)
    return float(cell)


def _whole_of_text(cell: str) -> float:
    """An int where it can be one: a float would lose the digits beyond 2**53."""
    return int(cell) if cell.lstrip("+-").isdecimal() else _number_of_text(cell)


def _number(value: Any) -> Any:
    if value is None:
        return math.nan
    if not isinstance(value, (float, int)):
        raise ValueError(value)
    return value


def _category(types: tuple[type, ...], missing: float | None) -> Convert:
    def convert(value: Any) -> Any:
        if value is None or value != value:
            return missing
        if not isinstance(value, types):
            raise ValueError(value)
        return value

    return convert


def _by_text(categories: Sequence[Any]) -> Mapping[str, Any]:
    """Categories by their text; text first where 1 and "1" are both known."""
    ordered = sorted(categories, key=lambda item: not isinstance(item, str))
    known: dict[str, Any] = {}
    for item in ordered:
        known.setdefault(str(item), item)
        if isinstance(item, bool):
            known.setdefault(str(item).lower(), item)
    return known


def _category_of_text(
    known: Mapping[str, Any], missing: float | None, *, open_ended: bool
) -> Convert:
    numeric = any(not isinstance(item, str) for item in known.values())

    def convert(cell: str) -> Any:
        if not cell:
            return missing
        if cell in known:
            return known[cell]
        if not open_ended:
            return known[cell.lower()] if cell.lower() in known else _refuse(cell)
        try:
            return _number_of_text(cell) if numeric else cell
        except ValueError:
            return cell

    return convert


def _refuse(cell: str) -> Any:
    raise ValueError(cell)
