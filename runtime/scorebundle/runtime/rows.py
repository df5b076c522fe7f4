"""Rows: whatever the caller has, turned into one array per input port.

Frames (pandas, polars, Arrow) are recognised by what they can do and never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from scorebundle.bundle import InputError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import CATEGORY_INPUTS, Graph
from scorebundle.bundle.ops import Encode

WANTED: Final[dict[str, tuple[type, ...]]] = {"string": (str,), "boolean": (bool, np.bool_)}
NUMPY: Final = {"float64": np.float64, "float32": np.float32, "int64": np.int64}


class Table:
    """Rows as columns by name: what the readers below agree on.

    Attributes:
        columns: values by name: arrays, or lists of Python values.
        rows: number of rows.
    """

    __slots__ = ("columns", "rows")

    def __init__(self, columns: Mapping[str, Any], rows: int) -> None:
        self.columns, self.rows = columns, rows


def read(rows: Any, names: Sequence[str]) -> Table:
    """Turn rows of any accepted kind into columns.

    Args:
        rows: a dict (one row, or columns), a list of dicts, a 2-D or structured array, or a
            frame or Arrow table.
        names: the model's input columns, in order: the meaning of an array's columns.

    Raises:
        InputError: if the rows are of no known kind, or an array has another width.
    """
    if isinstance(rows, np.ndarray):
        return _from_array(rows, names)
    if isinstance(rows, Mapping):
        return _from_mapping(rows)
    if hasattr(rows, "column_names"):  # Arrow tables and record batches
        return _from_frame(rows, [(name, name) for name in rows.column_names])
    if hasattr(rows, "columns"):  # pandas and polars
        return _from_frame(rows, _named(list(rows.columns), names))
    if isinstance(rows, (list, tuple)):
        return _from_list(rows, names)
    raise InputError([f"rows of type {type(rows).__name__} are not understood"])


def _from_array(rows: Array, names: Sequence[str]) -> Table:
    if rows.dtype.names:
        flat = np.atleast_1d(rows)
        return Table({name: flat[name] for name in rows.dtype.names}, len(flat))
    if rows.ndim == 1 and len(rows) == len(names) and len(names) > 1:
        rows = rows[None]
    if rows.ndim != 2:
        raise InputError([f"an array of rows has 2 dimensions, not {rows.ndim}"])
    if rows.shape[1] != len(names):
        raise InputError([f"rows have {rows.shape[1]} columns; the model has {len(names)}"])
    return Table({name: rows[:, i] for i, name in enumerate(names)}, len(rows))


def _from_mapping(rows: Mapping[Any, Any]) -> Table:
    named = {str(name): value for name, value in rows.items()}
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
    if not all(isinstance(row, Mapping) for row in rows):
        if any(isinstance(row, Mapping) for row in rows):
            raise InputError(["a list of rows holds dicts only"])
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


def _from_frame(frame: Any, columns: list[tuple[Any, str]]) -> Table:
    texts = [text for _, text in columns]
    twice = sorted({name for name in texts if texts.count(name) > 1})
    if twice:
        raise InputError([f"column {name!r} appears twice" for name in twice])
    rows = getattr(frame, "num_rows", None)
    values = {text: frame[name] for name, text in columns}
    return Table(values, len(frame) if rows is None else int(rows))


class Reader:
    """Checks columns against a model's inputs and fills its ports."""

    def __init__(self, graph: Graph) -> None:
        self.names = [name for name, _ in graph.inputs]
        self.used = {name: kind for name, kind in graph.inputs if kind != "any"}
        self._nodes = graph.nodes
        self._encoders: dict[int, Callable[[Any], list[int]]] = {}

    def table(self, rows: Any) -> Table:
        """Read rows and check that exactly the model's columns are there.

        Raises:
            InputError: naming every missing and every extra column.
        """
        table = read(rows, self.names)
        problems = [
            f"column {name!r} is missing" for name in self.used if name not in table.columns
        ]
        known = set(self.names)
        problems += [
            f"column {name!r} is not a column of the model"
            for name in table.columns
            if name not in known
        ]
        if problems:
            raise InputError(problems)
        return table

    def column(self, table: Table, name: str, problems: list[str]) -> Any:
        """One checked column: numbers of the declared dtype, or a list of category values."""
        try:
            if self.used[name] in CATEGORY_INPUTS:
                return categories(table.columns[name], self.used[name])
            return numbers(table.columns[name], self.used[name])
        except InputError as error:
            problems.extend(f"column {name!r}: {problem}" for problem in error.problems)
        return None

    def encode(self, encoder: int, values: list[Any]) -> list[int]:
        """Codes of category values for an Encode node."""
        if encoder not in self._encoders:
            op = self._nodes[encoder].op
            assert isinstance(op, Encode)
            self._encoders[encoder] = encoder_of(op)
        return self._encoders[encoder](values)


def encoder_of(op: Encode) -> Callable[[Any], list[int]]:
    """A function from category values to codes."""
    codes: dict[Any, int] = {value: code for code, value in enumerate(op.categories)}
    codes[None] = op.none
    nan = op.nan

    def encode(values: list[Any]) -> list[int]:
        get = codes.get
        found = [get(value, -2) for value in values]
        if -2 in found:
            for row, code in enumerate(found):
                if code == -2:
                    value = values[row]
                    found[row] = nan if value != value else -1
        return found

    return encode


def numbers(column: Any, kind: str) -> Array:
    """A vector of the declared dtype; None becomes NaN.

    Raises:
        InputError: for text, dates, and whatever else is not a number.
    """
    dtype = NUMPY[kind]
    if isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype == dtype:
        return column
    array = _as_array(column)
    if array.ndim != 1:
        raise InputError([f"must be one value per row, not {array.ndim} dimensions"])
    if array.dtype.kind in "fiub":
        return _converted(array, dtype)
    if array.dtype.kind != "O":
        raise InputError([f"must be numbers, not {_kind_name(array.dtype)}"])
    for row, value in enumerate(array):
        if not _is_number(value):
            raise InputError([f"must be numbers, not {value!r:.40} (row {row})"])
    # Whole numbers beyond 2**53 would lose digits on their way through float64.
    whole = dtype is np.int64 and all(isinstance(value, (int, np.integer)) for value in array)
    try:
        if whole:
            return np.array(array.tolist(), np.int64)
        floats = np.array([np.nan if _is_null(value) else value for value in array], np.float64)
    except OverflowError:
        row = next(i for i, value in enumerate(array) if _is_too_large(value, dtype))
        raise InputError([f"must be a {kind}, and this one is too large (row {row})"]) from None
    return _converted(floats, dtype)


def categories(column: Any, kind: str) -> list[Any]:
    """Category values as a list of Python scalars.

    Raises:
        InputError: if a value can never be of the declared kind.
    """
    array = column if isinstance(column, list) else _as_array(column)
    if isinstance(array, np.ndarray) and array.ndim != 1:
        raise InputError([f"must be one value per row, not {array.ndim} dimensions"])
    values = array if isinstance(array, list) else array.tolist()
    wanted = WANTED.get(kind, (str, bool, int, float, np.generic))
    for row, value in enumerate(values):
        if not isinstance(value, wanted):
            if not _is_null(value):
                raise InputError([f"must be {_wanted(kind)}, not {value!r:.40} (row {row})"])
            if value is not None and not isinstance(value, float):
                values = [None if _is_null(v) else v for v in values]
                return categories(values, kind)
    return values


def _wanted(kind: str) -> str:
    return {"string": "text", "boolean": "true or false"}.get(kind, "text, numbers or booleans")


def _converted(array: Array, dtype: Any) -> Array:
    if dtype is np.int64 and array.dtype.kind == "f":
        whole = np.isfinite(array) & (array == np.trunc(array))
        if not whole.all():
            row = int(np.argmin(whole))
            raise InputError([f"must be whole numbers, not {array[row]} (row {row})"])
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype)


def _as_array(column: Any) -> Array:
    if isinstance(column, list):
        result = np.empty(len(column), object)
        result[:] = column
        return result
    if hasattr(column, "to_numpy"):
        return np.asarray(_frame_column(column))
    return np.asarray(column)


def _frame_column(column: Any) -> Any:
    """A frame's column as numpy; whole numbers with nulls as float64 with NaN."""
    kind = str(column.dtype) if hasattr(column, "dtype") else ""
    if kind[:1] in ("I", "U", "F", "B") and hasattr(column, "isna"):  # pandas' nullable types
        return column.to_numpy(dtype=object, na_value=None)
    try:
        return column.to_numpy(zero_copy_only=False)  # Arrow, one chunk
    except TypeError:
        return column.to_numpy()


def _is_too_large(value: Any, dtype: Any) -> bool:
    try:
        np.array(value, dtype)
    except OverflowError:
        return True
    return False


def _is_null(value: Any) -> bool:
    """None, NaN, pandas' NA and NaT."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA has no truth value
        return True


def _is_number(value: Any) -> bool:
    if isinstance(value, (float, int, bool, np.number, np.bool_)):
        return True
    if isinstance(value, (str, bytes, list, tuple, dict, np.ndarray, np.generic)):
        return False
    return _is_null(value) or hasattr(value, "__float__")


def _kind_name(dtype: Any) -> str:
    names = {"U": "text", "S": "bytes", "M": "dates", "m": "durations", "c": "complex numbers"}
    return names.get(dtype.kind, str(dtype))
