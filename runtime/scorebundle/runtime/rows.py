"""Rows: whatever the caller has, turned into checked columns by name.

Frames (pandas, polars, Arrow) are recognised by what they can do and never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from scorebundle.bundle import InputError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import CATEGORY_INPUTS, NUMERIC_INPUTS, Graph
from scorebundle.bundle.ops import Encode, Items, Parse, Phrase, Terms

from .cells import Cell, are_cells, cells, is_one_row
from .encode import Categories, Encoder, checked
from .items import Tally
from .phrases import Parser, Phraser
from .terms import Counter
from .values import numbers

FEW: Final = 64
"""Rows of a frame that cost less as Python objects all at once than column by column."""
NUMERIC_KINDS: Final = frozenset(NUMERIC_INPUTS)
EXACT: Final = {"float64", "float32", "int64"}
"""dtypes of pandas whose frames are one array, the same numbers as column by column."""
BOXED: Final = {"float64", "float32", "int64", "bool", "object", "str", "string"}
"""dtypes of pandas whose values are the same objects column by column and all at once."""


class Table:
    """Rows as columns by name: what the readers below agree on.

    Attributes:
        columns: values by name: arrays, or lists of Python values.
        rows: number of rows.
        refused: by row, a column of numbers and what it holds that is none.
    """

    __slots__ = ("columns", "refused", "rows")

    def __init__(
        self,
        columns: Mapping[str, Any],
        rows: int,
        refused: Mapping[int, tuple[str, Any]] = MappingProxyType({}),
    ) -> None:
        self.columns, self.rows, self.refused = columns, rows, refused


class _Lazy(Mapping[str, Any]):
    """A frame's columns, each taken when asked for: it may have many that no model reads."""

    def __init__(self, columns: dict[str, Any], take: Callable[[Any], Any]) -> None:
        self._columns, self._take = columns, take

    def __getitem__(self, name: str) -> Any:
        return self._take(self._columns[name])

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def read(rows: Any, names: Sequence[str], items: Collection[str] = ()) -> Table:
    """Turn rows of any accepted kind into columns.

    Args:
        rows: a dict (one row, or columns), a list of dicts, a 2-D or structured array, or a
            frame or Arrow table.
        names: the model's input columns, in order: the meaning of an array's columns.
        items: those that hold collections.

    Raises:
        InputError: if the rows are of no known kind, or an array has another width.
    """
    if isinstance(rows, np.ndarray):
        return _from_array(rows, names)
    if isinstance(rows, Mapping):
        return _from_mapping(rows, items)
    if len(names) == 1 and len(getattr(rows, "shape", ())) == 1:  # a frame's column
        return Table({names[0]: rows}, len(rows))
    if hasattr(type(rows), "column_names"):  # Arrow tables and record batches
        return _from_frame(rows, [(name, name) for name in rows.column_names], rows.num_rows)
    if hasattr(rows, "columns"):  # pandas and polars
        found = rows.columns
        found = found.tolist() if hasattr(found, "tolist") else list(found)
        return _from_frame(rows, _named(found, names), len(rows))
    if isinstance(rows, (list, tuple)):
        if items and len(names) == 1 and are_cells(rows, names[0]):
            return Table({names[0]: list(rows)}, len(rows))
        return _from_list(rows, names)
    raise InputError([f"rows of type {type(rows).__name__} are not understood"])


def _from_array(rows: Array, names: Sequence[str]) -> Table:
    if rows.dtype.names:
        flat = np.atleast_1d(rows)
        return Table({name: flat[name] for name in rows.dtype.names}, len(flat))
    if rows.ndim == 1 and len(names) == 1:  # a model of one column takes the column itself
        return Table({names[0]: rows}, len(rows))
    if rows.ndim == 1 and len(rows) == len(names):
        rows = rows[None]
    if rows.ndim != 2:
        raise InputError([f"an array of rows has 2 dimensions, not {rows.ndim}"])
    if rows.shape[1] != len(names):
        raise InputError([f"rows have {rows.shape[1]} columns; the model has {len(names)}"])
    return Table({name: rows[:, i] for i, name in enumerate(names)}, len(rows))


def _from_mapping(rows: Mapping[Any, Any], items: Collection[str]) -> Table:
    named = {str(name): value for name, value in rows.items()}
    if items and is_one_row(named, items):
        return Table({name: [value] for name, value in named.items()}, 1)
    columnar = {name: _is_column(value) for name, value in named.items()}
    if not any(columnar.values()):
        return Table({name: [value] for name, value in named.items()}, 1)
    if not all(columnar.values()):
        scalars = [f"column {name!r} is one value" for name, is_ in columnar.items() if not is_]
        raise InputError([*scalars, "the others are columns"])
    lengths = {name: len(value) for name, value in named.items()}
    if len(set(lengths.values())) > 1:
        raise InputError([f"column {name!r} has {size} rows" for name, size in lengths.items()])
    return Table(named, next(iter(lengths.values())))


def _is_column(value: Any) -> bool:
    return not isinstance(value, (str, bytes)) and hasattr(value, "__len__")


def _from_list(rows: Sequence[Any], names: Sequence[str]) -> Table:
    if not rows:
        return Table({name: [] for name in names}, 0)
    if set(map(type, rows)) == {dict}:
        columns = _transposed(rows)
        if columns is not None:
            return Table(columns, len(rows))
    if not all(isinstance(row, Mapping) for row in rows):
        if any(isinstance(row, Mapping) for row in rows):
            raise InputError(["a list of rows holds dicts only"])
        if len(names) == 1 and not any(map(_is_column, rows)):
            return Table({names[0]: list(rows)}, len(rows))
        return _from_array(_object_rows(rows), names)
    keys = rows[0].keys()
    problems = []
    for position, row in enumerate(rows):
        if row.keys() != keys:
            problems += [f"row {position} lacks column {key!r}" for key in keys - row.keys()]
            problems += [f"row {position} adds column {key!r}" for key in row.keys() - keys]
        if len(problems) > 10:
            break
    if problems:
        raise InputError(problems)
    return Table({str(key): [row[key] for row in rows] for key in keys}, len(rows))


def _transposed(rows: Sequence[dict[Any, Any]]) -> dict[str, list[Any]] | None:
    """Columns of dicts; None if they have not all the same keys."""
    keys = list(rows[0])
    if set(map(len, rows)) != {len(keys)}:
        return None
    try:
        return {str(key): list(map(itemgetter(key), rows)) for key in keys}
    except KeyError:
        return None


def _object_rows(rows: Sequence[Any]) -> Array:
    if len({len(row) if _is_column(row) else -1 for row in rows}) != 1:
        raise InputError(["a list of rows holds dicts, or sequences of one length"])
    result = np.empty((len(rows), len(rows[0]) if _is_column(rows[0]) else 0), object)
    for position, row in enumerate(rows):
        result[position] = list(row)
    return result


def _named(found: list[Any], names: Sequence[str]) -> list[tuple[Any, str]]:
    """A frame's columns with the names they go by: 0, 1, … are taken by position."""
    unnamed = found == list(range(len(names))) and not set(map(str, found)) & set(names)
    return [(name, names[name] if unnamed else str(name)) for name in found]


def _from_frame(frame: Any, columns: list[tuple[Any, str]], rows: int) -> Table:
    named = {text: name for name, text in columns}
    if len(named) < len(columns):
        texts = [text for _, text in columns]
        twice = sorted({name for name in texts if texts.count(name) > 1})
        raise InputError([f"column {name!r} appears twice" for name in twice])
    return Table(_Lazy(named, frame.__getitem__), rows)


Lenient = Callable[[Table, Mapping[str, str]], Table]

CHECKS: Final[dict[str, Callable[[Any, str], Any]]] = {
    **dict.fromkeys(NUMERIC_INPUTS, numbers),
    **dict.fromkeys(CATEGORY_INPUTS, checked),
    "items": lambda column, kind: cells(column),
}
"""What checks a column, by its type."""


class Reader:
    """Checks columns against a model's inputs and fills its ports.

    Args:
        graph: of the model.
        lenient: what completes columns if those that the model does not know are ignored and
            absent ones are missing values, as for models from PMML.
    """

    def __init__(self, graph: Graph, lenient: Lenient | None = None) -> None:
        self._lenient = lenient
        self.lenient = lenient is not None
        self.names = [name for name, _ in graph.inputs]
        self.used = {name: kind for name, kind in graph.inputs if kind != "any"}
        self._known = frozenset(self.names)
        self._items = frozenset(name for name, kind in graph.inputs if kind == "items")
        self._nodes = graph.nodes
        self._encoders: dict[int, Encoder] = {}
        self._phrases: dict[int, Phraser | Parser] = {}
        self._counters: dict[int, Counter | Tally] = {}

    def table(self, rows: Any) -> Table:
        """Read rows and check that exactly the model's columns are there, if not lenient.

        Raises:
            InputError: naming every missing and every extra column.
        """
        table = read(rows, self.names, self._items)
        columns = table.columns
        if self._lenient is not None:
            return self._lenient(table, self.used)
        problems = [f"column {name!r} is missing" for name in self.used if name not in columns]
        problems += [
            f"column {name!r} is not a column of the model"
            for name in columns
            if name not in self._known
        ]
        if problems:
            raise InputError(problems)
        kind = type(rows)
        if hasattr(kind, "iloc") and hasattr(kind, "columns"):  # a frame of pandas
            return _at_once(rows, table, self.used)
        return table

    def columns(self, table: Table) -> dict[str, Array | Categories | list[Cell]]:
        """The checked columns that the model reads.

        Raises:
            InputError: naming everything that is of a wrong type.
        """
        problems: list[str] = []
        columns: dict[str, Array | Categories | list[Cell]] = {}
        for name, kind in self.used.items():
            try:
                columns[name] = CHECKS[kind](table.columns[name], kind)
            except InputError as error:
                problems += [f"column {name!r}: {problem}" for problem in error.problems]
        if problems:
            raise InputError(problems)
        return columns

    def codes(self, encoder: int, column: Categories) -> Array:
        """Codes of a category column for an Encode node."""
        if encoder not in self._encoders:
            op = self._nodes[encoder].op
            assert isinstance(op, Encode)
            self._encoders[encoder] = Encoder(op)
        return self._encoders[encoder].codes(column)

    def phrase(self, node: int, columns: Mapping[str, Any]) -> Array:
        """What a Phrase or Parse node makes of the columns."""
        if node not in self._phrases:
            op = self._nodes[node].op
            assert isinstance(op, (Phrase, Parse))
            self._phrases[node] = Phraser(op) if isinstance(op, Phrase) else Parser(op)
        return self._phrases[node].read(columns)

    def terms(self, node: int, column: Any) -> tuple[Array, ...]:
        """What a Terms or Items node's kernels read of a column."""
        if node not in self._counters:
            op = self._nodes[node].op
            assert isinstance(op, (Terms, Items))
            self._counters[node] = Counter(op) if isinstance(op, Terms) else Tally(op)
        return self._counters[node].counts(column)


def _at_once(frame: Any, table: Table, used: Mapping[str, str]) -> Table:
    """A pandas frame's columns taken together, where that changes no value.

    pandas takes ten microseconds to give one column, however few its rows.
    """
    few = table.rows <= FEW
    if not few and not NUMERIC_KINDS.issuperset(used.values()):
        return table
    dtypes = {str(kind) for kind in set(frame.dtypes)}
    columns: dict[str, Any]
    if len(dtypes) == 1 and dtypes <= EXACT:
        array = frame.to_numpy()
        columns = {name: array[:, place] for place, name in enumerate(table.columns)}
    elif few and dtypes <= BOXED and not ("int64" in dtypes and "float32" in used.values()):
        lists = frame.to_numpy(dtype=object).T.tolist()
        columns = dict(zip(table.columns, lists, strict=True))
    else:
        return table
    return Table(columns, table.rows)
