"""Matrix: rows, a triangle, a diagonal, or single cells (PMML, General Structure)."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array

from .xml import Element, children, content, needed, real, reals, refuse, whole

MAX_ENTRIES: Final = 1 << 24


def matrix_below(parent: Element) -> Array:
    """The Matrix below an element."""
    return matrix_of(needed(parent, "Matrix"))


def matrix_of(element: Element) -> Array:
    """A Matrix; of a symmetric one an Array may end at the diagonal."""
    kind = element.get("kind", "any")
    lines = [reals(each) for each in children(element, "Array")]
    cells = list(children(element, "MatCell"))
    ends = [(whole(cell, "row"), whole(cell, "col")) for cell in cells]
    diagonal = kind == "diagonal" and len(lines) == 1
    tall = len(lines[0]) if diagonal else len(lines)
    height = whole(element, "nbRows", max((row for row, _ in ends), default=tall))
    wide = max([*map(len, lines), *(place for _, place in ends)], default=height)
    width = whole(element, "nbCols", wide)
    if height < 1 or width < 1 or height * width > MAX_ENTRIES:
        refuse(element, "is empty or too large")
    result = np.full((height, width), real(element, "offDiagDefault", 0.0))
    if height == width:
        np.fill_diagonal(result, real(element, "diagDefault", 0.0))
    if diagonal and len(lines[0]) == height == width:
        np.fill_diagonal(result, lines[0])
        return result
    if lines and len(lines) != height:
        refuse(element, "must have an Array for each row")
    for row, values in enumerate(lines):
        if len(values) != width and not (kind == "symmetric" and len(values) == row + 1):
            refuse(element, "has an Array that does not fit")
        _set_row(result, row, np.array(values), kind)
    for cell, (row, place) in zip(cells, ends, strict=True):
        _set_cell(result, row - 1, place - 1, cell, kind)
    return result


def _set_row(result: Array, row: int, values: Array, kind: str) -> None:
    if kind != "symmetric":
        result[row] = values
        return
    result[row, : row + 1] = values[: row + 1]
    result[: row + 1, row] = values[: row + 1]


def _set_cell(result: Array, row: int, place: int, cell: Element, kind: str) -> None:
    if not (0 <= row < result.shape[0] and 0 <= place < result.shape[1]):
        refuse(cell, "lies outside the Matrix")
    try:
        result[row, place] = float(content(cell))
    except ValueError:
        refuse(cell, "must hold a number")
    if kind == "symmetric":
        result[place, row] = result[row, place]
