"""MLeap Serving's routes of 2018: `GET /model` and `POST /transform` with leap frames.

Frames are MLeap's JSON (mleap-runtime JsonSupport): a schema of named types and positional
rows. Read: scalar types, nullable or not. Written: the input fields, then the outputs.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from .http import Answer, HttpError, Request, Routes, answer
from .manage import DEFAULT, served_by
from .repository import Repository, Served
from .rows import labelled, scored

SCALARS = ("boolean", "byte", "short", "integer", "int", "long", "float", "double", "string")
TYPES = {
    "float64": "double",
    "float32": "float",
    "int64": "long",
    "bool": "boolean",
    "boolean": "boolean",
    "string": "string",
    "mixed": "string",
    "any": "string",
}
"""MLeap's names of our input and output types."""


class Mleap:
    """Handlers over the model of the unnamed routes."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/model", self.schema)
        routes.add("POST", "/transform", self.transform)
        routes.add("POST", "/models/{name}/transform", self.transform)

    async def schema(self, request: Request) -> Answer:
        """The whole schema: input fields, then output fields."""
        served = served_by(self._repository, DEFAULT)
        inputs = [{"name": i.name, "type": TYPES[i.type]} for i in served.runtime.inputs]
        return answer({"fields": [*inputs, *output_fields(served)]})

    async def transform(self, request: Request) -> Answer:
        """A leap frame with the outputs behind the input fields."""
        served = served_by(self._repository, request.parameters.get("name", DEFAULT))
        fields, rows = read_frame(await request.json())
        columns = {name: [row[i] for row in rows] for i, name in enumerate(fields)}
        scores = await asyncio.to_thread(scored, served, columns, {"errors": "raise"})
        results = [_cells(scores[output.name], output.shape) for output in served.runtime.outputs]
        schema = [{"name": name, "type": kind} for name, kind in fields.items()]
        lines = [[*row, *cells] for row, *cells in zip(rows, *results, strict=True)]
        body = {"schema": {"fields": [*schema, *output_fields(served)]}, "rows": lines}
        return answer(body, headers=labelled(served))


def read_frame(frame: Any) -> tuple[dict[str, Any], list[list[Any]]]:
    """Field types by name, and the rows.

    Raises:
        HttpError: 400 naming the field or row that is not as it should be.
    """
    schema = frame.get("schema") if isinstance(frame, dict) else None
    fields = schema.get("fields") if isinstance(schema, dict) else None
    rows = frame.get("rows") if isinstance(frame, dict) else None
    if not isinstance(fields, list) or not isinstance(rows, list):
        raise HttpError(400, 'a leap frame is {"schema": {"fields": […]}, "rows": […]}')
    types: dict[str, Any] = {}
    for field in fields:
        name = field.get("name") if isinstance(field, dict) else None
        if not isinstance(name, str) or _base(field.get("type")) not in SCALARS:
            raise HttpError(400, f"field {name!r} must be a scalar with a name")
        types[name] = field["type"]
    for position, row in enumerate(rows):
        if not isinstance(row, list) or len(row) < len(types):
            raise HttpError(400, f"row {position} must be a list of {len(types)} values")
    return types, [row[: len(types)] for row in rows]


def _base(kind: Any) -> Any:
    return kind.get("base") if isinstance(kind, dict) and kind.get("type") == "basic" else kind


def output_fields(served: Served) -> list[dict[str, Any]]:
    """The outputs as leap frame fields: scalars, or tensors of one dimension."""
    result = []
    for output in served.runtime.outputs:
        base = "string" if output.type == "labels" else TYPES[output.type]
        kind: Any = base
        if output.shape != "vector":
            base = "int" if base == "integer" else base
            kind = {"type": "tensor", "base": base, "dimensions": [sum(output.widths)]}
        result.append({"name": output.name, "type": kind})
    return result


def _cells(values: Any, shape: str) -> list[Any]:
    """One cell per row; vectors as dense tensors."""
    if shape == "vector":
        return [_plain(value) for value in values.tolist()]
    parts = values if isinstance(values, list) else [values]
    rows = zip(*(part.tolist() for part in parts), strict=True)
    flat = [[number for part in row for number in part] for row in rows]
    return [{"values": row, "dimensions": [len(row)]} for row in flat]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
