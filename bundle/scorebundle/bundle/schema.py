"""JSON Schemas (2020-12) of bundle.json and graph.json, for other tools' validators.

The operators' part comes from their declared fields. A schema says what a single document can
say about itself; rules between members (digests, shapes, types along edges) are in the code.

    python -m scorebundle.bundle.schema [folder]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from .fields import Attribute, Operator, check_scalars, scalars
from .graph import INPUT_TYPES, SHAPES
from .ops import OPERATORS
from .protocol import FORMAT, MAJOR, OPTIONAL_MEMBERS, PMML, REQUIRED_MEMBERS
from .types import DTYPES, LABELS

Json = dict[str, Any]

FOLDER: Final = Path("schemas/scorebundle/schemas")

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string"}
_FREE: Final = {"type": "object"}
_OPTIONAL_TEXT: Final = {"type": ["string", "null"]}
_NATURAL: Final = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_SIZE: Final = {"type": "number", "minimum": 0}


def bundle_schema() -> Json:
    """The schema of bundle.json."""
    fields: Json = {
        "format": {"const": FORMAT},
        "format_version": {"type": "string", "pattern": rf"^{MAJOR}\.[0-9]+$"},
        "name": _TEXT,
        "model_version": _TEXT,
        "created": _OPTIONAL_TEXT,
        "producer": _TEXT,
        "libraries": _map_of(_TEXT),
        "source": _TEXT,
        "inputs": _list_of(_reference("input")),
        "outputs": _list_of(_reference("output")),
        "certificate": _map_of(_reference("certificate")),
        "pmml": _OPTIONAL_TEXT,
        "members": _reference("members"),
        "metadata": _FREE,
    }
    member = _record({"size": _NATURAL, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}})
    schema = _record(fields, {"extensions": _FREE})
    # There is a PMML document, or a reason why there is none: never both, never neither.
    has_pmml = {"properties": {"members": {"required": [PMML]}}}
    schema["if"] = has_pmml
    schema["then"] = {"properties": {"pmml": {"type": "null"}}}
    schema["else"] = {"properties": {"pmml": {"type": "string"}}}
    definitions = {
        "input": _record(
            {
                "name": _TEXT,
                "type": {"enum": list(INPUT_TYPES)},
                "categories": _scalars(),
                "missing": {"enum": ["accept", "refuse"]},
            }
        ),
        "output": _record(
            {
                "name": _TEXT,
                "shape": {"enum": list(SHAPES)},
                "type": {"enum": [*DTYPES, LABELS]},
                "widths": _list_of(_NATURAL),
                "classes": _list_of(_scalars()),
            }
        ),
        "certificate": _record(
            {
                "rows": _NATURAL,
                "values": _NATURAL,
                "contract": _TEXT,
                "max_ulp": _SIZE,
                "max_difference": _SIZE,
                "ties": _NATURAL,
            }
        ),
        "members": _record(
            dict.fromkeys(REQUIRED_MEMBERS, _reference("member")),
            dict.fromkeys(OPTIONAL_MEMBERS, _reference("member")),
        ),
        "member": member,
    }
    return _document("bundle.json of a scorebundle", schema, definitions)


def graph_schema() -> Json:
    """The schema of graph.json."""
    output = _record(
        {
            "name": _TEXT,
            "values": {"type": "array", "minItems": 1, "items": _TEXT},
            "shape": {"enum": list(SHAPES)},
        }
    )
    node = _record(
        {
            "op": {"enum": sorted(OPERATORS)},
            "inputs": _list_of(_TEXT),
            "outputs": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {"type": "string", "minLength": 1},
            },
            "attributes": _FREE,
            "tensors": _FREE,
            "step": _TEXT,
        },
        {"extensions": _FREE},
    )
    # One branch per operator, chosen by `op`: a validator then reports the wrong field itself,
    # where `oneOf` would only say that no operator fits.
    node["allOf"] = [
        {"if": {"properties": {"op": {"const": name}}}, "then": _reference(name)}
        for name in sorted(OPERATORS)
    ]
    schema = _record(
        {"nodes": _list_of(_reference("node")), "outputs": _list_of(_reference("output"))},
        {"extensions": _FREE},
    )
    definitions = {"node": node, "output": output}
    definitions |= {name: _operator(operator) for name, operator in OPERATORS.items()}
    return _document("graph.json of a scorebundle", schema, definitions)


def _operator(operator: type[Operator]) -> Json:
    attributes: Json = {}
    tensors: Json = {}
    for name, spec in operator.declared.items():
        if isinstance(spec, Attribute):
            attributes[name] = spec.schema
        else:
            dims = ", ".join(spec.dims)
            tensors[name] = {**_TEXT, "description": f"{' or '.join(spec.dtypes)} [{dims}]"}
    inputs: Json = {"minItems": 1 if operator.arity is None else operator.arity}
    if operator.arity is not None:
        inputs["maxItems"] = operator.arity
    return {
        "description": (operator.__doc__ or "").strip().partition("\n")[0],
        "properties": {
            "inputs": inputs,
            "attributes": _record(attributes),
            "tensors": _record(tensors),
        },
    }


def _document(title: str, schema: Json, definitions: Json) -> Json:
    return {"$schema": _DIALECT, "title": title, **schema, "$defs": definitions}


def _record(required: Json, optional: Json | None = None) -> Json:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }


def _list_of(item: Json) -> Json:
    return {"type": "array", "items": item}


def _map_of(item: Json) -> Json:
    return {"type": "object", "additionalProperties": item}


def _reference(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _scalars() -> Json:
    # The operators' own declaration of a list of categories, so that both say the same.
    spec: Attribute = scalars()
    assert spec.check is check_scalars
    return spec.schema


def text_of(schema: Json) -> str:
    """The file's content: indented, sorted, so that a change is a readable diff."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


FILES: Final = {"bundle.schema.json": bundle_schema, "graph.schema.json": graph_schema}
"""The schema files by name, and what makes each."""


def main(folder: str | None = None) -> None:
    """Write the schema files into a folder."""
    target = Path(folder) if folder else FOLDER
    for name, schema in FILES.items():
        (target / name).write_text(text_of(schema()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
