"""Rows from CSV, JSON lines and Parquet, a few thousand at a time."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from ..cells import listed
from .errors import FormatError

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
        names: every column that was there.
    """

    columns: dict[str, Any]
    places: Sequence[int]
    names: Collection[str]


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
            FormatError: naming the line that cannot be read.
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
            raise FormatError(f"{name}: is empty; its first line must name the columns")
        _check_names(self.header, name)

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        header = self.header or ()
        chosen = {column: header.index(column) for column in wanted}
        rows: list[list[str]] = []
        places: list[int] = []
        for place, row in self._rows(len(header)):
            rows.append(row)
            places.append(place)
            if len(rows) == CHUNK:
                yield _columns(rows, places, chosen, header)
                rows, places = [], []
        if rows:
            yield _columns(rows, places, chosen, header)

    def _rows(self, width: int) -> Iterator[tuple[int, list[str]]]:
        """Line numbers and cells, without blank lines."""
        with self._readable():
            for row in self._reader:
                if len(row) == width:
                    yield self._reader.line_num, row
                elif row:
                    cells = f"{len(row)} cells, the first line {width}"
                    raise FormatError(f"{self.name}: line {self._reader.line_num} has {cells}")

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise FormatError(f"{self.name}: line {self._reader.line_num}: {error}") from None
        except UnicodeDecodeError:
            raise FormatError(f"{self.name}: is not UTF-8 text") from None


def _columns(
    rows: list[list[str]], places: list[int], chosen: dict[str, int], header: tuple[str, ...]
) -> Batch:
    cells = list(zip(*rows, strict=True))
    return Batch({name: cells[index] for name, index in chosen.items()}, places, header)


class JsonLinesSource(Source):
    """One JSON object per line; null is missing."""

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        lines = ((place, line) for place, line in enumerate(self._file, 1) if line.strip())
        while chunk := list(islice(lines, CHUNK)):
            rows = [self._row(place, line, wanted) for place, line in chunk]
            columns = {column: [row[column] for row in rows] for column in wanted}
            yield Batch(columns, [place for place, _ in chunk], set().union(*rows))

    def _row(self, place: int, line: bytes, wanted: Sequence[str]) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "cannot be read")
            raise FormatError(f"{self.name}: line {place} is not JSON: {reason}") from None
        if not isinstance(row, dict):
            raise FormatError(f"{self.name}: line {place} is not a JSON object {{column: value}}")
        lacking = [repr(column) for column in wanted if column not in row]
        if lacking:
            raise FormatError(f"{self.name}: line {place} lacks column {', '.join(lacking)}")
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
            raise FormatError(f"{name}: is not a Parquet file: {error}") from None
        self.header = tuple(self._parquet.schema_arrow.names)
        _check_names(self.header, name)
        self._done = 0

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        arrow, _ = need_pyarrow()
        for found in self._parquet.iter_batches(CHUNK, columns=list(wanted)):
            columns = {column: _arrow_column(found.column(column), arrow) for column in wanted}
            places = range(self._done + 1, self._done + found.num_rows + 1)
            self._done += found.num_rows
            yield Batch(columns, places, self.header or ())

    @property
    def part(self) -> float | None:
        rows = self._parquet.metadata.num_rows
        return self._done / rows if rows else None


SOURCES = {"csv": CsvSource, "jsonl": JsonLinesSource, "parquet": ParquetSource}


@contextlib.contextmanager
def open_source(path: str, form: str | None) -> Iterator[Source]:
    """Open a file of rows; `-` is stdin, CSV unless told.

    Raises:
        FormatError: if its format is not known, or it is not of it.
    """
    if path == "-":
        yield SOURCES[form or "csv"](sys.stdin.buffer, "standard input")
        return
    kind = form or format_of(path, "--format")
    with open(path, "rb") as file:
        yield SOURCES[kind](file, path)


def format_of(path: str, option: str) -> str:
    """The format that a file's suffix stands for; CSV for `-`.

    Raises:
        FormatError: naming the option to give instead.
    """
    suffix = ".csv" if path == "-" else os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise FormatError(f"{path}: its name does not say its format; give {option}")
    return SUFFIXES[suffix]


def need_pyarrow() -> tuple[Any, Any]:
    """pyarrow and pyarrow.parquet, imported when first needed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise FormatError(
            "Parquet needs pyarrow: pip install pyarrow, or use CSV or JSON lines"
        ) from None
    return pyarrow, pyarrow.parquet


def _arrow_column(column: Any, arrow: Any) -> Any:
    if arrow.types.is_decimal(column.type):
        column = column.cast(arrow.float64())
    plain = arrow.types.is_integer(column.type) and not column.null_count
    if plain or arrow.types.is_floating(column.type):
        return column.to_numpy(zero_copy_only=False)
    return listed(column)


def _check_names(header: tuple[str, ...], name: str) -> None:
    if len(set(header)) < len(header):
        twice = [repr(column) for column in sorted({c for c in header if header.count(c) > 1})]
        raise FormatError(f"{name}: column {', '.join(twice)} appears twice")


def _size(file: BinaryIO) -> int:
    """Bytes of a plain file; 0 if it is none."""
    try:
        return os.fstat(file.fileno()).st_size if file.seekable() else 0
    except (OSError, ValueError):
        return 0
