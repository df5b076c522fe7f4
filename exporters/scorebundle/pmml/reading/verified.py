"""ModelVerification: rows of a document with the results it states for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.graph import NUMERIC_INPUTS, Graph
from scorebundle.bundle.manifest import InputSchema, OutputSchema, describe
from scorebundle.bundle.types import LABELS
from scorebundle.bundle.verification import Column, Expected, Verification

from .fields import DataField
from .types import number
from .xml import Element, child, children, column, needed, real, refuse, rows, text

MAX_CELLS: Final = 1 << 24
"""Most records times fields: an empty record takes no room in a document."""


class Stated(NamedTuple):
    """A VerificationField and its cells, of which None is absent.

    Attributes:
        cells: by record; where records are groups of rows, a cell of each row.
        grouped: whether they are.
        precision: largest relative difference.
        zero: numbers up to this one count as 0.
    """

    cells: list[list[str | None]]
    grouped: bool
    precision: float
    zero: float

    def listed(self) -> list[list[str]]:
        """The cells of each record that are there."""
        return [[cell for cell in cells if cell is not None] for cells in self.cells]


def verification_of(element: Element, graph: Graph, data: Mapping[str, DataField]) -> Verification:
    """The rows and results of a model's ModelVerification; no rows without one.

    What the document states no result for is left open.
    """
    inputs, outputs = describe(graph)
    stated, count = _stated(child(element, "ModelVerification"), _group(element))
    if count * (len(inputs) + len(outputs)) > MAX_CELLS:
        refuse(element, "its ModelVerification has too many records")
    given = {
        each.name: _input(each, stated.get(each.name), count, data)
        for each in inputs
        if each.type != "any"
    }
    expected = {each.name: _expected(each, stated.get(each.name), count) for each in outputs}
    return Verification(given, expected)


def _group(element: Element) -> str | None:
    """The field by which rows belong together."""
    for schema in children(element, "MiningSchema"):
        for field in children(schema, "MiningField"):
            if field.get("usageType") == "group":
                return field.get("name")
    return None


def _stated(element: Element | None, group: str | None) -> tuple[dict[str, Stated], int]:
    """The fields by name, and the number of records."""
    if element is None:
        return {}, 0
    table = rows(needed(element, "InlineTable"))
    fields = list(children(needed(element, "VerificationFields"), "VerificationField"))
    keys = {
        text(each, "field"): column(each, "column" if each.get("column") else "field")
        for each in fields
    }
    if len(fields) * len(table) > MAX_CELLS:
        refuse(element, "has too many fields for so many records")
    records: dict[object, list[dict[str, str]]] = {}
    for place, cells in enumerate(table):
        key = cells.get(keys[group]) if group is not None and group in keys else place
        records.setdefault(key, []).append(cells)
    found = {
        text(each, "field"): Stated(
            [[cells.get(keys[text(each, "field")]) for cells in part] for part in records.values()],
            group in keys,
            real(each, "precision", 1e-6),
            real(each, "zeroThreshold", 1e-16),
        )
        for each in fields
    }
    return found, len(records)


def _input(
    schema: InputSchema, stated: Stated | None, count: int, data: Mapping[str, DataField]
) -> Column:
    if schema.type == "items":
        return [[] for _ in range(count)] if stated is None else list(stated.listed())
    cells = [None] * count if stated is None else [cells[0] for cells in stated.cells]
    if schema.type not in NUMERIC_INPUTS:
        return list(cells)
    kind = data[schema.name].kind if schema.name in data else "double"
    return np.array([_number(cell, kind) for cell in cells], schema.type)


def _number(cell: str | None, kind: str) -> float:
    if cell is None or not cell.strip():
        return math.nan
    try:
        return number(cell, kind)
    except ValueError:
        return math.nan


def _expected(schema: OutputSchema, stated: Stated | None, count: int) -> Expected:
    if schema.type == LABELS:
        return _labels(schema, stated, count)
    width = schema.widths[0]
    values = np.zeros((count, width), schema.type)
    bounds = np.full((count, width), np.inf)
    if stated is None or len(schema.widths) > 1 or (width > 1 and not stated.grouped):
        return Expected((values,), (bounds,))
    for row, cells in enumerate(stated.listed()):
        for place, cell in enumerate(cells[:width]):
            value = _number(cell, "double")
            if value == value:
                values[row, place] = value
                near_zero = abs(value) <= stated.zero
                bounds[row, place] = stated.zero if near_zero else abs(value) * stated.precision
    return Expected((values,), (bounds,))


def _labels(schema: OutputSchema, stated: Stated | None, count: int) -> Expected:
    """Labels side by side are the results of a group by rank."""
    width = len(schema.widths)
    records: list[list[str]] = [[]] * count if stated is None else stated.listed()
    alone = stated is not None and (width == 1 or stated.grouped)
    values, bounds = [], []
    for place in range(width):
        by_text = {_spelled(label): label for label in schema.classes[place]}
        labels: list[Any] = []
        for cells in records:
            cell = cells[place] if alone and place < len(cells) else None
            labels.append(None if cell is None else by_text.get(_spelled(cell), cell))
        values.append(labels)
        bounds.append(np.array([not (alone and cells) for cells in records], bool))
    return Expected(tuple(values), tuple(bounds))


def _spelled(label: Any) -> str:
    """A label as text; numbers alike whether 1 or 1.0."""
    spelled = str(label).lower() if isinstance(label, bool) else str(label)
    try:
        return repr(float(spelled))
    except ValueError:
        return spelled
