"""MLeap's leap frames as JSON: a schema of named types, and positional rows.

As mleap-runtime's JsonSupport and RowFormat write them. Read: scalars, nullable or not, and
`byte_string` never. Written: the fields that came, then the outputs.
"""

from __future__ import annotations

import math
from typing import Any, Final

from scorebundle.runtime import Scores

from ..models.repository import Served
from ..web.http import HttpError

SCALARS: Final = (
    "boolean",
    "byte",
    "short",
    "integer",
    "int",
    "long",
    "float",
    "double",
    "string",
)
TYPES: Final = {
    "float64": "double",
    "float32": "float",
    "int64": "long",
    "bool": "boolean",
    "boolean": "boolean",
    "string": "string",
    "mixed": "string",
    "items": "string",
    "any": "string",
}
"""MLeap's names of our input and output types; collections come as JSON."""
LABELS: Final = {bool: "boolean", int: "long", float: "double"}
"""MLeap's names of the types of class labels; others are strings."""

Fields = dict[str, Any]
"""Types by name, as the schema states them."""


def read_frame(frame: Any) -> tuple[Fields, list[list[Any]]]:
    """Field types by name, and the rows.

    Raises:
        HttpError: 400 naming the field or row that is not as it should be.
    """
    schema = frame.get("schema") if isinstance(frame, dict) else None
    fields = schema.get("fields") if isinstance(schema, dict) else None
    rows = frame.get("rows") if isinstance(frame, dict) else None
    if not isinstance(fields, list) or not isinstance(rows, list):
        raise HttpError(400, 'a leap frame is {"schema": {"fields": […]}, "rows": […]}')
    types: Fields = {}
    for field in fields:
        name = field.get("name") if isinstance(field, dict) else None
        if not isinstance(name, str) or _base(field.get("type")) not in SCALARS:
            raise HttpError(400, f"field {name!r:.80} must be a scalar with a name")
        if name in types:
            raise HttpError(400, f"field {name!r:.80} appears twice")
        types[name] = field["type"]
    for position, row in enumerate(rows):
        if not isinstance(row, list) or len(row) < len(types):
            raise HttpError(400, f"row {position} must be a list of {len(types)} values")
    return types, [row[: len(types)] for row in rows]


def written_frame(
    fields: Fields, rows: list[list[Any]], scores: Scores, served: Served
) -> dict[str, Any]:
    """The frame that came, with the outputs behind its fields."""
    outputs = [field for field in output_fields(served) if field["name"] in scores]
    columns = [_cells(scores[field["name"]]) for field in outputs]
    schema = [{"name": name, "type": kind} for name, kind in fields.items()]
    lines = [[*row, *cells] for row, *cells in zip(rows, *columns, strict=True)]
    return {"schema": {"fields": [*schema, *outputs]}, "rows": lines}


def input_fields(served: Served) -> list[dict[str, Any]]:
    """The input columns as leap frame fields."""
    return [{"name": item.name, "type": TYPES[item.type]} for item in served.runtime.inputs]


def output_fields(served: Served) -> list[dict[str, Any]]:
    """The outputs as leap frame fields: scalars, or tensors of one dimension."""
    result = []
    for output in served.runtime.outputs:
        base = _label_type(output.classes) if output.type == "labels" else TYPES[output.type]
        kind: Any = base
        if output.shape != "vector":
            kind = {"type": "tensor", "base": base, "dimensions": [sum(output.widths)]}
        result.append({"name": output.name, "type": kind})
    return result


def data_type(kind: Any) -> dict[str, Any]:
    """A field's type in the form of `/models/{name}/meta` (bundle-protobuf, DataType)."""
    if isinstance(kind, dict):
        shape = {"base": "TENSOR", "isNullable": True}
        sizes = [{"size": size} for size in kind["dimensions"]]
        return {
            "base": kind["base"].upper(),
            "shape": {**shape, "tensorShape": {"dimensions": sizes}},
        }
    return {"base": kind.upper(), "shape": {"base": "SCALAR", "isNullable": True}}


def _base(kind: Any) -> Any:
    return kind.get("base") if isinstance(kind, dict) and kind.get("type") == "basic" else kind


def _label_type(classes: Any) -> str:
    kinds = {type(label) for labels in classes for label in labels}
    return LABELS.get(kinds.pop(), "string") if len(kinds) == 1 else "string"


def _cells(values: Any) -> list[Any]:
    """One cell per row; vectors as dense tensors."""
    parts = values if isinstance(values, list) else [values]
    if len(parts) == 1 and parts[0].ndim == 1:
        return [_plain(value) for value in parts[0].tolist()]
    rows = zip(*(part.tolist() for part in parts), strict=True)
    flat = [[number for part in row for number in part] for row in rows]
    return [{"values": row, "dimensions": [len(row)]} for row in flat]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
