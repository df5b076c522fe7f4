"""The type of a value on an edge of the graph: a block of rows of one dtype and width."""

from __future__ import annotations

from typing import NamedTuple

DTYPES = ("float32", "float64", "int64", "bool")
"""Numeric dtypes that flow between nodes. Strings never do."""

FLOATS = ("float32", "float64")

LABELS = "labels"
"""Pseudo-dtype of what `Labels` produces; it may only leave the graph."""

MAX_WIDTH = 1 << 20
"""Most columns a value may have: bounds the workspace a file can ask for."""


class Type(NamedTuple):
    """`rows × width` numbers of `dtype`."""

    dtype: str
    width: int

    def __str__(self) -> str:
        return f"{self.dtype}[{self.width}]"


Scalar = str | int | float | bool
"""A category or class label, as JSON can hold it exactly."""
