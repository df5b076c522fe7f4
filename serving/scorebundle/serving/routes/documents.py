"""The OpenAPI document with each model's real columns, and a page that shows it offline."""

from __future__ import annotations

from importlib import metadata, resources
from typing import Any

from scorebundle.bundle.manifest import InputSchema, OutputSchema

from ..models.repository import Repository, Served
from ..web.http import JSON, Answer, Request, Routes, answer
from .bodies import ARROW, CSV, JSON_LINES, MSGPACK
from .openapi import RESPONSES, paths
from .scoring import SPECIAL

LARGEST = 1.7976931348623157e308
NUMBER = {
    "anyOf": [
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": ["boolean", "null"]},
        {"enum": list(SPECIAL)},
    ]
}
SCALAR = {"type": ["string", "number", "boolean", "null"]}
PAIR = {"type": "array", "items": SCALAR, "minItems": 2, "maxItems": 2}
CELLS: dict[str, Any] = {
    "float64": NUMBER,
    "float32": NUMBER,
    "int64": {"type": ["integer", "boolean"], "minimum": -(2**63), "maximum": 2**63 - 1},
    "bool": {"type": ["boolean", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "string": {"type": ["string", "null"]},
    "mixed": SCALAR,
    "items": {
        "anyOf": [
            {"type": "object", "additionalProperties": SCALAR},
            {"type": "array", "items": {"anyOf": [SCALAR, PAIR]}},
            {"type": "null"},
        ]
    },
    "any": {},
}
"""JSON Schemas of input cells by type."""
OTHERS = (JSON_LINES, CSV, MSGPACK, ARROW)


class DocumentRoutes:
    """Handlers over a repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/openapi.json", self.document)
        routes.add("GET", "/models/{name}/openapi.json", self.model_document)
        routes.add("GET", "/docs", self.page, open=True)

    async def document(self, request: Request) -> Answer:
        """OpenAPI 3.1: every route, and every model's scoring route with its columns."""
        found: dict[str, Any] = dict(paths())
        for served in self._repository.all():
            found[f"/models/{served.name}/score"] = {"post": scoring(served)}
        return answer(document(found))

    async def model_document(self, request: Request) -> Answer:
        """The scoring route of one model."""
        from ..web.http import HttpError

        served = self._repository.get(request.parameters["name"])
        if served is None:
            raise HttpError(404, "there is no such model")
        path = f"/models/{served.name}/score"
        return answer(document({path: {"post": scoring(served)}}), headers=served.headers)

    async def page(self, request: Request) -> Answer:
        """One HTML page without anything from elsewhere."""
        text = resources.files(__package__).joinpath("docs.html").read_bytes()
        policy = b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        headers = ((b"content-security-policy", policy + b"connect-src 'self'"),)
        return Answer(200, text, "text/html; charset=utf-8", headers)


def document(found: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document of some paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "bundle-serve", "version": metadata.version("scorebundle")},
        "paths": found,
        "components": {
            "responses": RESPONSES,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def scoring(served: Served) -> dict[str, Any]:
    """A model's scoring route as an OpenAPI operation."""
    row, result = row_schema(served.runtime.inputs), result_schema(served.runtime.outputs)
    names = [output.name for output in served.runtime.outputs]
    example = example_row(served)
    body = {
        "anyOf": [row, {"type": "array", "items": row}],
        "description": "One row, or a list of rows; an object of lists is taken as columns.",
    }
    answers = {"anyOf": [result, {"type": "array", "items": result}]}
    content = {JSON: {"schema": body, "example": example}}
    return {
        "operationId": f"score {served.name}",
        "summary": f"Score rows with {served.name}, version {served.version}",
        "description": f"Also takes and answers {', '.join(OTHERS)}.",
        "tags": [served.name],
        "parameters": [
            {
                "name": "select",
                "in": "query",
                "description": "the wanted outputs; all by default",
                "style": "form",
                "explode": False,
                "schema": {"type": "array", "minItems": 1, "items": {"enum": names}},
            },
            {
                "name": "errors",
                "in": "query",
                "description": "mark refused rows with a status, or fail the request",
                "schema": {"enum": ["mark", "raise"], "default": "mark"},
            },
        ],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "the scores", "content": {JSON: {"schema": answers}}},
            **{code: {"$ref": f"#/components/responses/{code}"} for code in SCORING_ERRORS},
        },
    }


SCORING_ERRORS = ("400", "401", "404", "406", "413", "415", "422", "503")


def row_schema(inputs: tuple[InputSchema, ...]) -> dict[str, Any]:
    """The JSON Schema of one row."""
    needed = [item.name for item in inputs if item.type != "any"]
    return {
        "type": "object",
        "properties": {item.name: cell_schema(item) for item in inputs},
        "required": needed,
        "additionalProperties": False,
    }


def cell_schema(item: InputSchema) -> dict[str, Any]:
    """The JSON Schema of a column's cells; known categories as examples."""
    schema = dict(CELLS[item.type])
    if item.categories:
        schema["examples"] = list(item.categories)[:20]
    return schema


def result_schema(outputs: tuple[OutputSchema, ...]) -> dict[str, Any]:
    """The JSON Schema of one row's scores."""
    properties: dict[str, Any] = {"status": {"type": "string"}}
    for output in outputs:
        cell: dict[str, Any] = {"type": ["number", "string", "null"]}
        if output.type == "labels":
            cell = {"type": ["string", "number", "boolean", "null"]}
        elif output.type in ("bool", "boolean"):
            cell = {"type": ["boolean", "null"]}
        depth = {"vector": 0, "matrix": 1}.get(output.shape, 2)
        for _ in range(depth):
            cell = {"type": "array", "items": cell}
        properties[output.name] = cell
    return {"type": "object", "properties": properties, "additionalProperties": False}


def example_row(served: Served) -> dict[str, Any]:
    """The first of the stored rows that can be said in JSON."""
    rows = served.runtime.bundle.verification.rows
    return {name: _jsonable(values[0]) for name, values in rows.items() if len(values)}


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and (value != value or abs(value) > LARGEST):
        return None
    return value
