"""Scores to CSV, JSON lines and Parquet, batch by batch."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from .readers import need_pyarrow

Columns = Mapping[str, Any]
"""Arrays or lists of one length, by name."""


class Sink:
    """Where scores go; an empty batch is written first, for its names and types."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, columns: Columns) -> None:
        """Write some rows."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what comes after the last row."""
        self._file.flush()


class CsvSink(Sink):
    """A line of names, then one per row; what is missing is an empty cell."""

    _named = False

    def write(self, columns: Columns) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if not self._named:
            writer.writerow(columns)
            self._named = True
        cells = [_without_nan(plain(column)) for column in columns.values()]
        writer.writerows(zip(*cells, strict=True))
        self._file.write(text.getvalue().encode())


class JsonLinesSink(Sink):
    """One object per row. JSON has neither NaN nor infinities: null, "Infinity", "-Infinity"."""

    def write(self, columns: Columns) -> None:
        cells = [_jsonable(_without_nan(plain(column))) for column in columns.values()]
        encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
        rows = zip(*cells, strict=True)
        lines = [encode(dict(zip(columns, row, strict=True))) + "\n" for row in rows]
        self._file.write("".join(lines).encode())


class ParquetSink(Sink):
    """A Parquet file; needs pyarrow. Types are those of the first batches."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._arrow, self._parquet = need_pyarrow()
        self._types: dict[str, Any] = {}
        self._waiting: list[Columns] = []
        self._writer: Any = None

    def write(self, columns: Columns) -> None:
        """Write, or wait until a batch shows the type of every column."""
        self._waiting.append(columns)
        for name, column in columns.items():
            if self._types.get(name) in (None, self._arrow.null()):
                self._types[name] = self._arrow.array(column, from_pandas=False).type
        if self._arrow.null() not in self._types.values():
            self._flush()

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
        super().close()

    def _flush(self) -> None:
        for columns in self._waiting:
            arrays = {
                name: self._arrow.array(column, type=self._types[name])
                for name, column in columns.items()
            }
            rows = self._arrow.table(arrays)
            if self._writer is None:
                self._writer = self._parquet.ParquetWriter(self._file, rows.schema)
            self._writer.write_table(rows)
        self._waiting.clear()


SINKS = {"csv": CsvSink, "jsonl": JsonLinesSink, "parquet": ParquetSink}


@contextlib.contextmanager
def open_sink(path: str, form: str) -> Iterator[Sink]:
    """Open a file for scores, or stdout for `-`; a path holds the old file or all of the new."""
    if path == "-" or (os.path.exists(path) and not os.path.isfile(path)):
        # Pipes and devices cannot be replaced, only written to.
        with contextlib.nullcontext(sys.stdout.buffer) if path == "-" else open(path, "wb") as file:
            yield from _closing(SINKS[form](file))
        return
    path = os.path.realpath(path)
    temporary = f"{path}.{os.urandom(6).hex()}.part"
    try:
        with open(temporary, "xb") as file:
            yield from _closing(SINKS[form](file))
        os.replace(temporary, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == temporary:
            error.filename = path
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _closing(sink: Sink) -> Iterator[Sink]:
    yield sink
    sink.close()


def plain(column: Any) -> list[Any]:
    """Python values; a float32 with the digits that tell it from other float32 numbers."""
    if not isinstance(column, np.ndarray):
        return list(column)
    if column.dtype == np.float32:
        column = column.astype("U32").astype(np.float64)
    values: list[Any] = column.tolist()
    return values


def _without_nan(values: list[Any]) -> list[Any]:
    return [None if value != value else value for value in values]


def _jsonable(values: list[Any]) -> list[Any]:
    return [
        _infinity(value) if isinstance(value, float) and math.isinf(value) else value
        for value in values
    ]


def _infinity(value: float) -> str:
    """As in the JSON form of protocol buffers."""
    return "Infinity" if value > 0 else "-Infinity"
