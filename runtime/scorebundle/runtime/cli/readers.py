"""Rows from CSV, JSON lines and Parquet, a few thousand at a time."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from .failure import Failure

CHUNK = 10_000
"""Rows per batch."""
FORMATS = ("csv", "jsonl", "parquet")
SUFFIXES = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
MAX_CELL = 1 << 24
"""Most characters in a CSV cell."""


class Batch(NamedTuple):
    """Some rows.

    Attributes:
        columns: the wanted columns by name, as the file holds them.
        places: where each row is in the file, counted as in `Source.unit`.
    """

    columns: dict[str, Any]
    places: Sequence[int]


class Source:
    """A file of rows.

    Attributes:
        name: for messages.
        unit: what `Batch.places` counts: `line` or `row`.
        text: whether cells are text, whatever they mean.
        header: the columns, or None where each row names its own.
    """

    unit = "line"
    text = False
    header: tuple[str, ...] | None = None

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        self._size = _size(file)

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """The rows, with these columns only.

        Raises:
            Failure: naming the line that cannot be read.
        """
        raise NotImplementedError

    @property
    def part(self) -> float | None:
        """Which part of the file was read; None if its size is unknown."""
        return self._file.tell() / self._size if self._size else None


class CsvSource(Source):
    """Comma-separated text whose first line names the columns; an empty cell is missing."""

    text = True

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file, name)
        csv.field_size_limit(MAX_CELL)
        stream = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(stream, strict=True)
        with self._readable():
            self.header = tuple(next(self._reader, ()))
        if not self.header:
            raise Failure(f"{name}: is empty; its first line must name the columns")
        twice = sorted({column for column in self.header if self.header.count(column) > 1})
        if twice:
            raise Failure(f"{name}: column {twice[0]!r} appears twice in the first line")

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        assert self.header is not None
        position = {column: i for i, column in enumerate(self.header)}
        while True:
            with self._readable():
                rows = list(islice(self._reader, CHUNK))
                places = self._places(rows)
            if not rows:
                return
            rows = [row for row in rows if row]
            cells = list(zip(*rows, strict=True)) or [()] * len(position)
            yield Batch({column: cells[position[column]] for column in wanted}, places)

    def _places(self, rows: list[list[str]]) -> Sequence[int]:
        """Line numbers of the rows that are not blank, each checked for its width."""
        width = len(self.header or ())
        line = self._reader.line_num - sum(1 + _breaks(row, width) for row in rows)
        places = []
        for row in rows:
            line += 1
            if row and len(row) != width:
                cells = f"{len(row)} cells, the first line {width}"
                raise Failure(f"{self.name}: line {line} has {cells}")
            if row:
                places.append(line)
            line += _breaks(row, width)
        return places

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise Failure(f"{self.name}: line {self._reader.line_num}: {error}") from None
        except UnicodeDecodeError:
            line = self._reader.line_num + 1
            raise Failure(f"{self.name}: is not UTF-8 text, after line {line}") from None


class JsonLinesSource(Source):
    """One JSON object per line; null is missing."""

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        lines = ((place, line) for place, line in enumerate(self._file, 1) if line.strip())
        while chunk := list(islice(lines, CHUNK)):
            rows = [self._row(place, line, wanted) for place, line in chunk]
            columns = {column: [row[column] for row in rows] for column in wanted}
            yield Batch(columns, [place for place, _ in chunk])

    def _row(self, place: int, line: bytes, wanted: Sequence[str]) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "cannot be read")
            raise Failure(f"{self.name}: line {place} is not JSON: {reason}") from None
        if not isinstance(row, dict):
            raise Failure(f"{self.name}: line {place} is not a JSON object {{column: value}}")
        lacking = [repr(column) for column in wanted if column not in row]
        if lacking:
            raise Failure(f"{self.name}: line {place} lacks column {', '.join(lacking)}")
        return row


class ParquetSource(Source):
    """A Parquet file; null is missing. Needs pyarrow."""

    unit = "row"

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file, name)
        arrow, parquet = need_pyarrow()
        try:
            self._parquet = parquet.ParquetFile(
                file if file.seekable() else io.BytesIO(file.read())
            )
        except (arrow.ArrowException, OSError) as error:
            raise Failure(f"{name}: is not a Parquet file: {error}") from None
        self.header = tuple(self._parquet.schema_arrow.names)
        self._done = 0

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        arrow, _ = need_pyarrow()
        for found in self._parquet.iter_batches(CHUNK, columns=list(wanted)):
            columns = {column: _arrow_column(found.column(column), arrow) for column in wanted}
            places = range(self._done + 1, self._done + found.num_rows + 1)
            self._done += found.num_rows
            yield Batch(columns, places)

    @property
    def part(self) -> float | None:
        rows = self._parquet.metadata.num_rows
        return self._done / rows if rows else None


SOURCES = {"csv": CsvSource, "jsonl": JsonLinesSource, "parquet": ParquetSource}


@contextlib.contextmanager
def open_source(path: str, form: str | None) -> Iterator[Source]:
    """Open a file of rows; `-` is stdin, CSV unless told.

    Raises:
        Failure: if its format is not known, or it is not of it.
    """
    if path == "-":
        yield SOURCES[form or "csv"](sys.stdin.buffer, "standard input")
        return
    kind = form or format_of(path, "--format")
    with open(path, "rb") as file:
        yield SOURCES[kind](file, path)


def format_of(path: str, option: str) -> str:
    """The format that a file's suffix stands for.

    Raises:
        Failure: naming the option to give instead.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise Failure(f"{path}: its name does not say its format; give {option}")
    return SUFFIXES[suffix]


def need_pyarrow() -> tuple[Any, Any]:
    """pyarrow and pyarrow.parquet, imported when first needed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Failure("Parquet needs pyarrow: pip install pyarrow, or use CSV or JSON lines")
    return pyarrow, pyarrow.parquet


def _arrow_column(column: Any, arrow: Any) -> Any:
    if arrow.types.is_decimal(column.type):
        column = column.cast(arrow.float64())
    plain = arrow.types.is_integer(column.type) and not column.null_count
    if plain or arrow.types.is_floating(column.type):
        return column.to_numpy(zero_copy_only=False)
    return column.to_pylist()


def _breaks(row: list[str], width: int) -> int:
    """Line breaks inside a row's quoted cells."""
    return sum(cell.count("\n") for cell in row) if row else 0


def _size(file: BinaryIO) -> int:
    """Bytes of a plain file; 0 if it is none."""
    try:
        return os.fstat(file.fileno()).st_size if file.seekable() else 0
    except (OSError, ValueError):
        return 0
