"""Lenient columns: rows of models from PMML, which may lack columns and hold texts for numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from scorebundle.bundle import RowError
from scorebundle.bundle.graph import NUMERIC_INPUTS

from .rows import Table
from .values import PLAIN_NUMBERS, dated, is_number, unspelled

REFUSED = -1
"""Status of a row whose cell is no number; the others are by node."""
RULE = "must be a number, not"


def completed(table: Table, used: Mapping[str, str], missing: Collection[str]) -> Table:
    """The columns that the model knows; absent ones hold missing values.

    Args:
        table: the rows.
        used: type of each column that the model reads.
        missing: columns of numbers in which what spells none is missing; elsewhere it is
            refused with its row.
    """
    columns: dict[str, Any] = {}
    refused: dict[int, tuple[str, Any]] = {}
    for name, kind in used.items():
        if name not in table.columns:
            columns[name] = [None] * table.rows
        elif kind not in NUMERIC_INPUTS:
            columns[name] = dated(table.columns[name])
        else:
            columns[name], odd = _readable(unspelled(table.columns[name]))
            if name not in missing:
                refused.update({row: (name, value) for row, value in odd.items()})
    return Table(columns, table.rows, refused)


def _readable(column: Any) -> tuple[Any, dict[int, Any]]:
    """A column of numbers without what is none, and that by row."""
    if not isinstance(column, list) or set(map(type, column)) <= PLAIN_NUMBERS:
        return column, {}
    odd = {row: value for row, value in enumerate(column) if not is_number(value)}
    return [None if row in odd else value for row, value in enumerate(column)], odd


def reasons(refused: Mapping[int, tuple[str, Any]]) -> dict[int, str]:
    """Per refused row: field and rule."""
    return {row: f"{name}: {RULE} {value!r:.40}" for row, (name, value) in refused.items()}


def unreadable(refused: Mapping[int, tuple[str, Any]]) -> RowError:
    """The error that names the rows refused because of the first column that refuses one."""
    name, value = refused[min(refused)]
    rows = sorted(row for row, (column, _) in refused.items() if column == name)
    return RowError(rows, name, "", f"{RULE} {value!r:.40}")
