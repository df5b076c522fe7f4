"""Bodies of rows and scores: JSON, JSON lines, CSV, MessagePack, Arrow; one registry for each way.

To add a format: a function in `READERS`, one in `WRITERS`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from scorebundle.runtime import Scores
from scorebundle.runtime.cells import is_one_row
from scorebundle.runtime.formats.columns import Intake
from scorebundle.runtime.formats.errors import FormatError
from scorebundle.runtime.formats.readers import CsvSource
from scorebundle.runtime.formats.writers import CsvSink

from ..models.repository import Served
from ..web.http import JSON, HttpError, parse_json

JSON_LINES: Final = "application/x-ndjson"
CSV: Final = "text/csv"
MSGPACK: Final = "application/msgpack"
ARROW: Final = "application/vnd.apache.arrow.stream"
ENCODER: Final = msgspec.json.Encoder()


class Rows(NamedTuple):
    """Rows of a request.

    Attributes:
        values: as `Runtime.score` takes them.
        number: how many they are.
        single: one row was sent, not a list of one.
    """

    values: Any
    number: int
    single: bool = False


def counted(values: Any, served: Served) -> Rows:
    """An object (one row), a list of objects, or an object of lists (columns).

    Args:
        values: what was sent.
        served: the model, of whose columns some may hold lists.

    Raises:
        HttpError: 400 if it is none of these.
    """
    if isinstance(values, list):
        if not all(type(row) is dict for row in values):
            raise HttpError(400, "a list of rows holds objects {column: value}")
        return Rows(values, len(values))
    if not isinstance(values, dict):
        raise HttpError(400, "send an object (one row, or columns) or a list of objects")
    if list not in map(type, values.values()) or _is_one_row(values, served):
        return Rows(values, 1, single=True)
    return Rows(values, max(len(v) for v in values.values() if type(v) is list))


def _is_one_row(values: dict[str, Any], served: Served) -> bool:
    items = [item.name for item in served.runtime.inputs if item.type == "items"]
    return bool(items) and is_one_row(values, items)


def _read_json(data: bytes, served: Served) -> Rows:
    return counted(parse_json(data), served)


def _read_json_lines(data: bytes, served: Served) -> Rows:
    return counted([parse_json(line) for line in data.splitlines() if line.strip()], served)


def _read_csv(data: bytes, served: Served) -> Rows:
    if not data:
        raise HttpError(400, "the body is empty; its first line must name the columns")
    try:
        source = CsvSource(io.BytesIO(data), "the body")
        intake = Intake(served.runtime.bundle, source)
        intake.check(source.header or (), strict=True)
        batches = [intake.columns(batch) for batch in source.batches(intake.names)]
    except FormatError as error:
        raise HttpError(422, str(error)) from None
    columns: dict[str, Any] = {name: [] for name in intake.names}
    for name in intake.names:
        parts = [batch[name] for batch in batches]
        arrays = parts and isinstance(parts[0], np.ndarray)
        columns[name] = np.concatenate(parts) if arrays else [x for part in parts for x in part]
    return Rows(columns, len(next(iter(columns.values()), ())))


def _read_msgpack(data: bytes, served: Served) -> Rows:
    try:
        return counted(msgspec.msgpack.decode(data), served)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError) as error:
        raise HttpError(400, f"the body is not MessagePack: {error}") from None


def _read_arrow(data: bytes, served: Served) -> Rows:
    arrow = _pyarrow()
    try:
        table = arrow.ipc.open_stream(data).read_all()
        table.validate(full=True)
    except (arrow.ArrowException, OSError) as error:
        raise HttpError(400, f"the body is not an Arrow IPC stream: {error}") from None
    return Rows(table, table.num_rows)


READERS: Final[dict[str, Callable[[bytes, Served], Rows]]] = {
    JSON: _read_json,
    "": _read_json,
    JSON_LINES: _read_json_lines,
    "application/jsonl": _read_json_lines,
    CSV: _read_csv,
    MSGPACK: _read_msgpack,
    "application/x-msgpack": _read_msgpack,
    ARROW: _read_arrow,
}
"""By media type of the request's body."""


def _encoded(scores: Scores, encode: Callable[[Any], bytes], single: bool) -> bytes:
    """One JSON object per row; an infinity as text, because JSON would make it null."""
    lines = scores.to_dicts()
    body = encode(lines[0] if single else lines)
    if b"null" in body and not all(map(_is_finite, scores.values())):
        lines = [{name: _finite(value) for name, value in line.items()} for line in lines]
        body = encode(lines[0] if single else lines)
    return body


def _is_finite(value: Any) -> bool:
    """Whether there is no infinity."""
    parts = value if isinstance(value, list) else [value]
    return not any(part.dtype.kind == "f" and np.isinf(part).any() for part in parts)


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _write_json(scores: Scores, rows: Rows, mark: bool) -> bytes:
    return _encoded(scores, ENCODER.encode, rows.single)


def _write_json_lines(scores: Scores, rows: Rows, mark: bool) -> bytes:
    return _encoded(scores, ENCODER.encode_lines, False)


def _write_msgpack(scores: Scores, rows: Rows, mark: bool) -> bytes:
    lines = scores.to_dicts()
    return msgspec.msgpack.encode(lines[0] if rows.single else lines)


def _table(scores: Scores, mark: bool) -> dict[str, Any]:
    columns: dict[str, Any] = scores.columns()
    if mark:
        reasons = [scores.status.get(row) for row in range(scores.rows)]
        columns["status"] = np.array(reasons, object)
    return columns


def _write_csv(scores: Scores, rows: Rows, mark: bool) -> bytes:
    file = io.BytesIO()
    CsvSink(file).write(_table(scores, mark))
    return file.getvalue()


def _write_arrow(scores: Scores, rows: Rows, mark: bool) -> bytes:
    arrow = _pyarrow()
    columns = {name: arrow.array(value) for name, value in _table(scores, mark).items()}
    if mark:
        columns["status"] = columns["status"].cast(arrow.string())
    table, sink = arrow.table(columns), io.BytesIO()
    with arrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


WRITERS: Final[dict[str, Callable[[Scores, Rows, bool], bytes]]] = {
    JSON: _write_json,
    JSON_LINES: _write_json_lines,
    CSV: _write_csv,
    MSGPACK: _write_msgpack,
    ARROW: _write_arrow,
}
"""By media type of the answer. The last argument: rows may have a status."""
SAME: Final = {"": JSON, "application/jsonl": JSON_LINES, "application/x-msgpack": MSGPACK}
"""Other names of a media type that is answered."""


def reader_of(kind: str) -> Callable[[bytes, Served], Rows]:
    """The reader of a media type.

    Raises:
        HttpError: 415 naming those there are.
    """
    reader = READERS.get(kind)
    if reader is None:
        known = ", ".join(name for name in READERS if name)
        raise HttpError(415, f"{kind!r:.100} is not read; send one of {known}")
    return reader


def written_type(accept: str | None, kind: str) -> str:
    """The media type to answer in: the best that the client accepts, by default what it sent.

    Args:
        accept: the header (RFC 9110, section 12.5.1).
        kind: media type of the request's body.

    Raises:
        HttpError: 406 if it accepts none of ours.
    """
    own = SAME.get(kind, kind)
    if not accept or accept == "*/*":
        return own
    for wanted in _by_preference(accept.split(",")):
        wanted = SAME.get(wanted, wanted)
        if wanted in WRITERS:
            return wanted
        if wanted.endswith("/*"):
            prefix = wanted[:-1] if wanted != "*/*" else ""
            for name in (own, *WRITERS):
                if name.startswith(prefix):
                    return name
    raise HttpError(406, f"the answer can be one of {', '.join(WRITERS)}")


def _by_preference(ranges: Iterable[str]) -> list[str]:
    found = []
    for part in ranges:
        name, _, parameters = part.partition(";")
        quality = 1.0
        for parameter in parameters.split(";"):
            key, _, value = parameter.strip().partition("=")
            if key == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if quality > 0:
            found.append((quality, name.strip().lower()))
    found.sort(key=lambda pair: -pair[0])
    return [name for _, name in found]


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
    except ImportError:
        raise HttpError(415, "this server has no Arrow: pip install 'scorebundle[arrow]'") from None
    return pyarrow
