"""verification.msgpack: rows, and what the training library answered for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack
import numpy as np

from .errors import Violation
from .fields import Array
from .graph import NUMERIC_INPUTS
from .manifest import InputSchema, OutputSchema
from .tensors import decode, encode, load
from .types import LABELS

Column = Array | list[Any]
"""Numbers as an array; categories as a list of scalars, None and NaN; collections as a list of
lists, maps and None."""


class Expected(NamedTuple):
    """One output of the training library.

    Attributes:
        values: per value of the output, an array of (rows, width); labels as a list.
        tolerance: per value, the largest admissible absolute difference of each number, same
            shape, infinite where the bound leaves it open; for labels a bool per row that says
            a tie leaves it open; None is exact.
    """

    values: tuple[Column, ...]
    tolerance: tuple[Array | None, ...]


class Verification(NamedTuple):
    """Rows by column, and the expected outputs by name."""

    rows: Mapping[str, Column]
    outputs: Mapping[str, Expected]

    def to_bytes(self, types: Mapping[str, str]) -> bytes:
        """Serialise to msgpack.

        Args:
            types: of the input columns.
        """
        rows: dict[str, Any] = {
            name: ["items", list(column)] if types.get(name) == "items" else _pack(column)
            for name, column in self.rows.items()
        }
        outputs = {
            name: [
                [_pack(value), None if bound is None else encode(bound)]
                for value, bound in zip(expected.values, expected.tolerance, strict=True)
            ]
            for name, expected in self.outputs.items()
        }
        return bytes(msgpack.packb({"rows": rows, "outputs": outputs}, use_bin_type=True))


def read(
    data: bytes, inputs: tuple[InputSchema, ...], outputs: tuple[OutputSchema, ...]
) -> Verification:
    """Read and check against the schema.

    Raises:
        Violation: naming the column or output and the rule.
    """
    raw = load(data)
    if not isinstance(raw, dict) or set(raw) != {"rows", "outputs"}:
        raise Violation("must be a map of rows and outputs")
    used = {item.name: item for item in inputs if item.type != "any"}
    _same_keys("rows", raw["rows"], used)
    rows = {name: _column(name, raw["rows"][name], used[name]) for name in used}
    counts = {len(column) for column in rows.values()}
    if len(counts) > 1:
        raise Violation("rows: columns differ in length")
    count = counts.pop() if counts else None
    _same_keys("outputs", raw["outputs"], {item.name: item for item in outputs})
    expected = {item.name: _expected(raw["outputs"][item.name], item, count) for item in outputs}
    return Verification(rows, expected)


def _same_keys(what: str, value: Any, names: Mapping[str, Any]) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Violation(f"{what}: must name exactly those of the schema")


def _pack(column: Column) -> list[Any]:
    if isinstance(column, np.ndarray):
        return encode(column)
    return ["scalars", list(column)]


def _column(name: str, value: Any, schema: InputSchema) -> Column:
    try:
        if schema.type in NUMERIC_INPUTS:
            column = decode(value)
            if column.dtype.name != schema.type or column.ndim != 1:
                raise Violation(f"must be a vector of {schema.type}")
            return column
        if schema.type == "items":
            return _collections(value)
        scalars = _scalars(value)
        wanted = {"string": (str,), "boolean": (bool,)}.get(schema.type, (str, bool, int, float))
        if not all(isinstance(item, wanted) or is_missing(item) for item in scalars):
            raise Violation(f"must hold values of type {schema.type}")
        return scalars
    except Violation as broken:
        raise Violation(f"rows: column {name!r:.80}: {broken}") from None


def _scalars(value: Any) -> list[Any]:
    scalars = _listed(value, "scalars")
    if not all(map(_is_scalar, scalars)):
        raise Violation("must hold text, numbers, booleans and None")
    return scalars


def _collections(value: Any) -> list[Any]:
    """Cells of a column of items: lists of scalars and pairs of them, maps of them, None."""
    cells = _listed(value, "items")
    for cell in cells:
        entries = list(cell.values()) if isinstance(cell, dict) else cell
        if entries is None:
            continue
        if not isinstance(entries, list):
            raise Violation("must hold lists, maps and None")
        for entry in entries:
            parts = entry if isinstance(entry, list) and entries is cell else [entry, None]
            if len(parts) != 2 or not all(map(_is_scalar, parts)):
                raise Violation("a collection must hold scalars, or pairs of them")
    return cells


def _listed(value: Any, tag: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2 or value[0] != tag:
        raise Violation(f"must be {tag}")
    if not isinstance(value[1], list):
        raise Violation("must be a list")
    return value[1]


def _is_scalar(value: Any) -> bool:
    return value is None or type(value) in (str, int, float, bool)


def _expected(value: Any, schema: OutputSchema, count: int | None) -> Expected:
    if not isinstance(value, list) or len(value) != len(schema.widths):
        raise Violation(f"output {schema.name!r}: must have {len(schema.widths)} values")
    values, bounds = [], []
    for item, width in zip(value, schema.widths, strict=True):
        try:
            if not isinstance(item, list) or len(item) != 2:
                raise Violation("must be [value, tolerance]")
            values.append(_expected_value(item[0], schema, width))
            bounds.append(None if item[1] is None else _bound(item[1], schema, values[-1]))
        except Violation as broken:
            raise Violation(f"output {schema.name!r}: {broken}") from None
        count = len(values[-1]) if count is None else count
        if len(values[-1]) != count:
            raise Violation(f"output {schema.name!r}: has another number of rows")
    return Expected(tuple(values), tuple(bounds))


def _expected_value(value: Any, schema: OutputSchema, width: int) -> Column:
    if schema.type == LABELS:
        return _scalars(value)
    array = decode(value)
    if array.dtype.name != schema.type or array.ndim != 2 or array.shape[1] != width:
        raise Violation(f"must be (rows, {width}) of {schema.type}")
    return array


def _bound(value: Any, schema: OutputSchema, expected: Column) -> Array:
    array = decode(value)
    if not (array >= 0).all():
        raise Violation("tolerance must not be negative or NaN")
    if schema.type == LABELS:
        if array.dtype != bool or array.shape != (len(expected),):
            raise Violation("tolerance must be a bool per row")
    elif array.dtype != np.float64 or array.shape != np.shape(expected):
        raise Violation("tolerance must be float64 and shaped like the values")
    return array


def is_missing(value: Any) -> bool:
    """True for None and NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))
