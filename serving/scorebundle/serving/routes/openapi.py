"""What every route takes and answers, as OpenAPI operations; models add their own."""

from __future__ import annotations

from typing import Any, Final

from ..web.http import JSON
from .leap_frames import SCALARS
from .tensors import DTYPES

Operation = dict[str, Any]

ERROR: Final = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
MEANINGS: Final = {
    "400": "the request cannot be read",
    "401": "a token is needed",
    "403": "not from here",
    "404": "there is no such model, version, output or file",
    "406": "the answer has none of the accepted types",
    "412": "another version is active",
    "413": "the body is too large, or has too many rows",
    "415": "the body has another type",
    "422": "the bundle breaks a rule, or the rows do not fit the model",
    "500": "the server failed",
    "503": "too much to do, or not ready",
    "507": "the bundle cannot be stored",
}
RESPONSES: Final = {
    code: {"description": meaning, "content": {JSON: {"schema": ERROR}}}
    for code, meaning in MEANINGS.items()
}

ANY: Final = {"type": "object"}
TEXT: Final = {"type": "string"}
MODEL: Final = {
    "type": "object",
    "properties": {"name": TEXT, "version": TEXT, "digest": TEXT},
    "required": ["name", "version", "digest"],
}
NAME: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"}
DIGEST: Final = {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"}
FIELD: Final = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "type": {
            "anyOf": [
                {"enum": list(SCALARS)},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": "basic"},
                        "base": {"enum": list(SCALARS)},
                        "isNullable": {"type": "boolean"},
                    },
                    "required": ["type", "base", "isNullable"],
                },
            ]
        },
    },
    "required": ["name", "type"],
}
TENSOR: Final = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "shape": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
            "minItems": 1,
            "maxItems": 2,
        },
        "datatype": {"enum": [*DTYPES, "BYTES"]},
        "parameters": {"type": "object"},
        "data": {"type": "array"},
    },
    "required": ["name", "shape", "datatype"],
}
FRAME: Final = {
    "type": "object",
    "properties": {
        "schema": {
            "type": "object",
            "properties": {"fields": {"type": "array", "items": FIELD}},
            "required": ["fields"],
        },
        "rows": {"type": "array", "items": {"type": "array"}},
    },
    "required": ["schema", "rows"],
}
TENSORS: Final = {
    "type": "object",
    "properties": {"id": TEXT, "inputs": {"type": "array", "items": TENSOR}},
    "required": ["inputs"],
}


def operation(
    summary: str,
    good: Any,
    *errors: str,
    body: Any = None,
    kind: str = JSON,
    status: str = "200",
    optional: bool = False,
    admin: bool = False,
) -> Operation:
    """One operation.

    Args:
        summary: what it does.
        good: JSON Schema of a successful answer, or its media type.
        errors: status codes of its other answers.
        body: JSON Schema of the request's body, or its media type.
        kind: media type of the answer.
        status: of a successful answer.
        optional: the body may be missing.
        admin: it changes models.
    """
    schema = good if isinstance(good, dict) else TEXT
    content = {kind if isinstance(good, dict) else good: {"schema": schema}}
    responses: dict[str, Any] = {status: {"description": "done", "content": content}}
    codes = [*errors, "401", *(["403"] if admin else [])]
    responses |= {code: {"$ref": f"#/components/responses/{code}"} for code in codes}
    result: Operation = {"summary": summary, "responses": responses}
    if admin:
        result["security"] = [{}, {"token": []}]
    if body is not None:
        binary = {kind: {"schema": BINARY} for kind in (ZIP, "application/octet-stream")}
        sent = {JSON: {"schema": body}} if isinstance(body, dict) else binary
        result["requestBody"] = {"required": not optional, "content": sent}
    return result


BINARY: Final = {"type": "string", "format": "binary"}
ZIP: Final = "application/zip"


def _put(summary: str) -> Operation:
    codes = ("400", "412", "413", "415", "422", "507")
    result = operation(summary, MODEL, *codes, body=ZIP, admin=True)
    result["responses"]["201"] = {**result["responses"]["200"], "description": "a new model"}
    result["parameters"] = [
        {"name": "If-Match", "in": "header", "schema": TEXT},
        {"name": "Content-Digest", "in": "header", "schema": DIGEST},
    ]
    return result


def _named(name: str) -> dict[str, Any]:
    schema = NAME if name == "name" else {"type": "string", "pattern": "^[ -~]{1,128}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def paths() -> dict[str, Any]:
    """Every route but the models' own scoring routes, by path."""
    listing = {
        "type": "object",
        "properties": {"models": {"type": "array", "items": MODEL}},
        "required": ["models"],
    }
    path_body = {"type": "object", "properties": {"path": TEXT}, "required": ["path"]}
    load_body = {
        "type": "object",
        "properties": {"modelName": NAME, "uri": {"type": "string", "pattern": "^file:[a-z/.]*$"}},
        "required": ["modelName", "uri"],
    }
    version_body = {"type": "object", "properties": {"version": TEXT}, "required": ["version"]}
    encoded_body = {
        "type": "object",
        "properties": {"modelName": TEXT, "frame": TEXT},
        "required": ["modelName", "frame"],
    }
    load_errors = ("400", "404", "413", "415", "422", "507")
    score_errors = ("400", "404", "413", "415", "422", "503")
    infer = operation("Score tensors", ANY, *score_errors, body=TENSORS)
    infer["responses"]["200"]["content"]["application/octet-stream"] = {"schema": BINARY}
    about = operation("Tensors of a model", ANY, "404")
    model_ready = operation("Whether a model is served", ANY, "404")
    found: dict[str, Any] = {
        "/health/live": {"get": operation("The process answers", ANY)},
        "/health/ready": {"get": operation("All models are served", ANY, "503")},
        "/metrics": {"get": operation("Prometheus metrics", "text/plain")},
        "/openapi.json": {"get": operation("This document", ANY)},
        "/docs": {"get": operation("This document as a page", "text/html")},
        "/model": {
            "get": operation("Schema of the default model", ANY, "404"),
            "put": operation(
                "Load a file as the default model", ANY, "403", *load_errors, body=path_body
            ),
            "delete": operation("Forget the default model", ANY, admin=True),
        },
        "/transform": {
            "post": operation(
                "Score a leap frame with the default model", ANY, *score_errors, body=FRAME
            )
        },
        "/models": {
            "get": operation("The active models", listing),
            "post": operation(
                "Load a file as a model",
                ANY,
                *load_errors,
                body=load_body,
                status="202",
                admin=True,
            ),
        },
        "/models/transform": {
            "post": operation(
                "Score an encoded leap frame", ANY, "400", "413", "415", body=encoded_body
            )
        },
        "/models/{name}": {
            "get": operation("A model's schema and versions", ANY, "404"),
            "put": _put("Put a bundle and make it active"),
            "delete": operation("Forget a model", ANY, "404", "412", admin=True),
        },
        "/models/{name}/versions/{version}": {"put": _put("Put a bundle under a version")},
        "/models/{name}/bundle": {"get": operation("The active bundle", ZIP, "404")},
        "/models/{name}/meta": {"get": operation("A model's leap frame schemas", ANY, "404")},
        "/models/{name}/openapi.json": {"get": operation("A model's own document", ANY, "404")},
        "/models/{name}/transform": {
            "post": operation("Score a leap frame", ANY, *score_errors, body=FRAME)
        },
        "/models/{name}/rollback": {
            "post": operation("Back to the version before", MODEL, "404", "412", "422", admin=True)
        },
        "/models/{name}/activate": {
            "post": operation(
                "Make a kept version active",
                MODEL,
                *("400", "404", "412", "413", "415", "422"),
                body=version_body,
                admin=True,
            )
        },
        "/v2": {"get": operation("The server", ANY)},
        "/v2/health/live": {"get": operation("The process answers", ANY)},
        "/v2/health/ready": {"get": operation("All models are served", ANY, "503")},
        "/v2/models": {"get": operation("Names of models", ANY)},
        "/v2/models/{name}": {"get": about},
        "/v2/models/{name}/ready": {"get": model_ready},
        "/v2/models/{name}/infer": {"post": infer},
        "/v2/models/{name}/versions/{version}": {"get": about},
        "/v2/models/{name}/versions/{version}/ready": {"get": model_ready},
        "/v2/models/{name}/versions/{version}/infer": {"post": infer},
        "/v2/repository/index": {
            "post": operation(
                "The known models", {"type": "array"}, "400", "413", "415", body=ANY, optional=True
            )
        },
        "/v2/repository/models/{name}/load": {
            "post": operation(
                "Load a model", ANY, *load_errors, body=ANY, optional=True, admin=True
            )
        },
        "/v2/repository/models/{name}/unload": {
            "post": operation("Stop serving a model", ANY, "404", admin=True)
        },
    }
    for path, operations in found.items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        if names:
            operations["parameters"] = [_named(name) for name in names]
    return found
