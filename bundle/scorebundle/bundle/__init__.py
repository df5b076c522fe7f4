"""The bundle: one model as a graph of operators, its tensors and a zip to carry them."""

from __future__ import annotations

from .bundle import Bundle
from .errors import (
    Blocker,
    BundleError,
    ExportError,
    InputError,
    RowError,
    ScoreBundleError,
)
from .graph import Graph, Input, Node, Output

__all__ = [
    "Blocker",
    "Bundle",
    "BundleError",
    "ExportError",
    "Graph",
    "Input",
    "InputError",
    "Node",
    "Output",
    "RowError",
    "ScoreBundleError",
]
