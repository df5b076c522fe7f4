"""Refused rows: what to say of them, and how their scores are blanked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scorebundle.bundle import RowError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import Items, Require, Terms

from .scores import Result

RULES = {
    "finite": "must be neither missing nor infinite",
    "not infinite": "must not be infinite, or too large for float32",
    "not missing": "must not be missing",
    "known": "is a category that was not seen in training",
}
COLLECTIONS = {
    "items": "must be a list of items that the model takes",
    "pairs": "must be a list of pairs of an item and its value that the model takes",
    "mapping": "must be a map from items to values that the model takes",
}
LARGEST = float(np.finfo(np.float32).max)


def refusal(graph: Graph, status: Array, columns: Mapping[str, Any]) -> RowError:
    """The error that names all rows refused by the node that refused the first of them.

    Args:
        graph: of the model.
        status: per row 0, or 1 + the index of the node that refused it.
        columns: the input columns by name.
    """
    refused = np.flatnonzero(status)
    first = int(refused[0])
    rows = refused[status[refused] == status[first]]
    node = graph.nodes[int(status[first]) - 1]
    return RowError(rows.tolist(), _field(graph, node, first, columns), node.step, _rule(node))


def messages(graph: Graph, status: Array, columns: Mapping[str, Any]) -> dict[int, str]:
    """Per refused row: field, rule and step."""
    result = {}
    for row in np.flatnonzero(status).tolist():
        node = graph.nodes[int(status[row]) - 1]
        field = _field(graph, node, row, columns)
        result[row] = f"{field}: {_rule(node)} (step {node.step or 'pipeline'})"
    return result


def _field(graph: Graph, node: Node, row: int, columns: Mapping[str, Any]) -> str:
    """The columns behind a node that are odd in this row; all of them if none is."""
    behind = graph.columns_behind(node.output)
    odd = [name for name in behind if _is_odd(columns[name][row])]
    return ", ".join(odd or behind) or "row"


def _is_odd(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, (float, np.floating)) and not abs(float(value)) <= LARGEST


def _rule(node: Node) -> str:
    if isinstance(node.op, Terms):
        return "must be text, and not longer than a bundle takes"
    if isinstance(node.op, Items):
        return COLLECTIONS[node.op.cells]
    assert isinstance(node.op, Require)
    return RULES[node.op.rule]


def blanked(values: dict[str, Result], status: Array) -> dict[str, Result]:
    """The results with NaN, or None for what is not a float, in refused rows."""

    def blank(value: Array) -> Array:
        value = value.copy() if value.dtype.kind == "f" else value.astype(object)
        value[status != 0] = np.nan if value.dtype.kind == "f" else None
        return value

    return {
        name: [blank(part) for part in value] if isinstance(value, list) else blank(value)
        for name, value in values.items()
    }
