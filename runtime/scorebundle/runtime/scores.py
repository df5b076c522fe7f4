"""Scores: what `score` returns, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array

Result = Array | list[Array]


class Scores(Mapping[str, Any]):
    """The outputs of a model for some rows, by name.

    `scores["predict"]` is an array of (rows,) or (rows, width); of a classifier with several
    targets, `scores["predict_proba"]` is a list of arrays, one per target, as in scikit-learn.

    Attributes:
        status: with errors="mark", why each refused row could not be scored, by row number;
            its numbers are NaN and its labels None.
    """

    __slots__ = ("_given", "_rows", "status")

    def __init__(
        self, values: dict[str, Result], rows: int, status: dict[int, str] | None = None
    ) -> None:
        self._given = values
        self._rows = rows
        self.status: dict[int, str] = status or {}

    @property
    def _values(self) -> dict[str, Result]:
        return self._given

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._rows

    def columns(self) -> dict[str, Array]:
        """Every output as vectors: `predict`, `predict_proba_0`, `predict_proba_1`, …

        A list output numbers its target first: `predict_proba_0_1`.
        """
        result: dict[str, Array] = {}
        for name, value in self._values.items():
            if isinstance(value, list):
                for target, part in enumerate(value):
                    result.update(_split(f"{name}_{target}", part))
            else:
                result.update(_split(name, value))
        return result

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict per row, of plain Python values; vectors as lists. `status` if refused."""
        if self._rows == 1 and not self.status:  # what a service answers most
            return [{name: _only_row(value) for name, value in self._values.items()}]
        lists = {name: _rows_of(value, self._rows) for name, value in self._values.items()}
        dicts = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        for row, why in self.status.items():
            dicts[row]["status"] = why
        return dicts

    def to_pandas(self) -> Any:
        """A pandas DataFrame of `columns()`; needs pandas."""
        import importlib

        return importlib.import_module("pandas").DataFrame(self.columns())

    def to_arrow(self) -> Any:
        """A pyarrow Table of `columns()`; needs pyarrow."""
        import importlib

        arrow = importlib.import_module("pyarrow")
        return arrow.table({name: arrow.array(value) for name, value in self.columns().items()})

    def __repr__(self) -> str:
        refused = f", {len(self.status)} refused" if self.status else ""
        return f"<Scores {', '.join(self._values)}: {self._rows} rows{refused}>"


class RowScores(Scores):
    """The scores of one row, whose arrays are made when one is asked for."""

    __slots__ = ("_buffer", "_make")

    def __init__(self, buffer: Array, make: Callable[[Array], dict[str, Result]]) -> None:
        self._buffer, self._make = buffer, make
        self._given, self._rows, self.status = {}, 1, {}

    @property
    def _values(self) -> dict[str, Result]:
        if not self._given:
            self._given = self._make(self._buffer)
        return self._given


def _split(name: str, value: Array) -> dict[str, Array]:
    if value.ndim == 1:
        return {name: value}
    return {f"{name}_{column}": value[:, column] for column in range(value.shape[1])}


def _only_row(value: Result) -> Any:
    if isinstance(value, list):
        return [part.tolist()[0] for part in value]
    return value.tolist()[0]


def _rows_of(value: Result, rows: int) -> list[Any]:
    if isinstance(value, list):
        return [[part[row].tolist() for part in value] for row in range(rows)]
    return list(np.asarray(value).tolist())
