"""ModelVerification: rows of a document with the results it states for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle.graph import NUMERIC_INPUTS, Graph
from scorebundle.bundle.manifest import InputSchema, OutputSchema, describe
from scorebundle.bundle.types import LABELS
from scorebundle.bundle.verification import Column, Expected, Verification

from .fields import DataField
from .types import number
from .xml import Element, child, children, column, needed, real, rows, text


class Stated(NamedTuple):
    """A VerificationField and its cells, of which None is absent.

    Attributes:
        cells: by row.
        precision: largest relative difference.
        zero: numbers up to this one count as 0.
    """

    cells: list[str | None]
    precision: float
    zero: float


def verification_of(element: Element, graph: Graph, data: Mapping[str, DataField]) -> Verification:
    """The rows and results of a model's ModelVerification; no rows without one.

    What the document states no result for is left open.
    """
    inputs, outputs = describe(graph)
    stated, count = _stated(child(element, "ModelVerification"))
    given = {
        each.name: _input(each, stated.get(each.name), count, data)
        for each in inputs
        if each.type != "any"
    }
    expected = {each.name: _expected(each, stated.get(each.name), count) for each in outputs}
    return Verification(given, expected)


def _stated(element: Element | None) -> tuple[dict[str, Stated], int]:
    if element is None:
        return {}, 0
    table = rows(needed(element, "InlineTable"))
    found = {}
    for each in children(needed(element, "VerificationFields"), "VerificationField"):
        key = column(each, "column" if each.get("column") else "field")
        found[text(each, "field")] = Stated(
            [cells.get(key) for cells in table],
            real(each, "precision", 1e-6),
            real(each, "zeroThreshold", 1e-16),
        )
    return found, len(table)


def _input(
    schema: InputSchema, stated: Stated | None, count: int, data: Mapping[str, DataField]
) -> Column:
    cells = [None] * count if stated is None else stated.cells
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
    if stated is not None and width == 1 and len(schema.widths) == 1:
        for row, cell in enumerate(stated.cells):
            value = _number(cell, "double")
            if value == value:
                values[row, 0] = value
                near_zero = abs(value) <= stated.zero
                bounds[row, 0] = stated.zero if near_zero else abs(value) * stated.precision
    return Expected((values,), (bounds,))


def _labels(schema: OutputSchema, stated: Stated | None, count: int) -> Expected:
    by_text = {_spelled(label): label for label in schema.classes[0]}
    cells = [None] * count if stated is None else stated.cells
    labels: list[Any] = [by_text.get(_spelled(cell), cell) for cell in cells]
    open_ = np.array([cell is None for cell in cells], bool)
    return Expected((labels,), (open_,))


def _spelled(label: Any) -> str:
    """A label as text; numbers alike whether 1 or 1.0."""
    spelled = str(label).lower() if isinstance(label, bool) else str(label)
    try:
        return repr(float(spelled))
    except ValueError:
        return spelled
