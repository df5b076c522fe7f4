"""MLeap's routes: those of its first server (`/model`, `/transform`), and those of today's.

As mleap-serving up to 0.12 and mleap-spring-boot since 0.13 answer them, with two differences on
purpose: a failure is a 4xx with a reason in JSON, and no answer holds a stack trace.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from ..models.repository import Served
from ..web.http import Answer, HttpError, Request, Routes, answer, parse_json
from .leap_frames import data_type, input_fields, output_fields, read_frame, written_frame
from .manage import DEFAULT, ManageRoutes, checked
from .scoring import Scorer, with_collections

FORMAT = "ml.combust.mleap.json"


class MleapRoutes:
    """Handlers over a scorer.

    Args:
        scorer: scores the frames.
        manage: loads what `POST /models` names.
    """

    def __init__(self, scorer: Scorer, manage: ManageRoutes) -> None:
        self._scorer, self._manage = scorer, manage

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/model", self.schema)
        routes.add("POST", "/transform", self.transform)
        routes.add("POST", "/models", self.load, admin=True)
        routes.add("POST", "/models/transform", self.transform_encoded)
        routes.add("POST", "/models/{name}/transform", self.transform)
        routes.add("GET", "/models/{name}/meta", self.meta)

    async def schema(self, request: Request) -> Answer:
        """The whole schema: input fields, then output fields."""
        served = self._scorer.served(request, DEFAULT)
        return answer({"fields": [*input_fields(served), *output_fields(served)]})

    async def transform(self, request: Request) -> Answer:
        """A leap frame with the outputs behind the input fields."""
        served = self._scorer.served(request, request.parameters.get("name", DEFAULT))
        kind = request.content_type()
        if kind in ("application/binary", "application/avro", "application/x-protobuf"):
            raise HttpError(415, f"leap frames are read as application/json, not {kind}")
        request_body = await request.json()
        body = await self._scorer.run(
            int(request.header(b"content-length") or 1 << 20),
            lambda: msgspec.json.encode(self._transformed(served, request_body, None)),
        )
        return Answer(200, body, headers=served.headers, model=(served.name, served.version))

    def _transformed(self, served: Served, frame: Any, select: list[str] | None) -> dict[str, Any]:
        fields, rows = read_frame(frame)
        columns = {name: [row[i] for row in rows] for i, name in enumerate(fields)}
        columns = with_collections(columns, served)
        scores = self._scorer.score(served, columns, len(rows), select, "raise")
        return written_frame(fields, rows, scores, served)

    async def transform_encoded(self, request: Request) -> Answer:
        """The same with the model's name in the body and frames in base64; failures are 200."""
        document = await request.json()
        named = isinstance(document, dict) and isinstance(document.get("modelName"), str)
        if not named or not isinstance(document.get("frame"), str):
            raise HttpError(400, 'send {"modelName", "format", "frame"}')
        tag = document.get("tag", 0)
        try:
            frame = self._encoded(document)
        except HttpError as error:
            failed = {"status": "STATUS_ERROR", "error": error.message, "backtrace": ""}
            return answer({"tag": tag, "format": "", "frame": "", **failed})
        good = {"status": "STATUS_OK", "error": "", "backtrace": ""}
        return answer({"tag": tag, "format": "", "frame": frame, **good})

    def _encoded(self, document: dict[str, Any]) -> str:
        served = self._scorer.served_by(document["modelName"])
        if document.get("format", FORMAT) not in (FORMAT, ""):
            raise HttpError(415, f"the format is {FORMAT}")
        options = document.get("options") or {}
        select = options.get("select") if isinstance(options, dict) else None
        if select is not None:
            select = self._known(served, select, options.get("selectMode"))
        try:
            data = base64.b64decode(document["frame"], validate=True)
        except (binascii.Error, ValueError):
            raise HttpError(400, "frame is base64") from None
        frame = self._transformed(served, parse_json(data), select or None)
        return base64.b64encode(msgspec.json.encode(frame)).decode()

    @staticmethod
    def _known(served: Served, select: Any, mode: Any) -> list[str]:
        """The selected outputs; relaxed mode passes over what there is not."""
        if not isinstance(select, list) or not all(isinstance(name, str) for name in select):
            raise HttpError(400, "select is a list of names")
        inputs = {item.name for item in served.runtime.inputs}
        outputs = {item.name for item in served.runtime.outputs}
        unknown = [name for name in select if name not in inputs | outputs]
        if unknown and mode != "SELECT_MODE_RELAXED":
            raise HttpError(404, f"there is no field {unknown[0]!r:.80}")
        return [name for name in select if name in outputs]

    async def meta(self, request: Request) -> Answer:
        """Name, version and schemas, as MLeap's GetBundleMeta."""
        served = self._scorer.served(request)
        manifest = served.runtime.bundle.manifest
        bundle = {
            "uid": served.digest,
            "name": served.name,
            "format": "JSON",
            "version": served.version,
            "timestamp": manifest.created or "",
        }
        return answer(
            {
                "bundle": bundle,
                "inputSchema": _schema(input_fields(served)),
                "outputSchema": _schema(output_fields(served)),
            },
            headers=served.headers,
        )

    async def load(self, request: Request) -> Answer:
        """Load a file of the model root: {"modelName", "uri": "file:/models/x.zip"}."""
        document = await request.json()
        name = document.get("modelName") if isinstance(document, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        if not isinstance(name, str) or not isinstance(uri, str):
            raise HttpError(400, 'send {"modelName", "uri"}')
        try:
            parts = urlsplit(uri)
        except ValueError:
            raise HttpError(400, "uri is file:/models/<my model>.zip") from None
        if parts.scheme not in ("", "file") or parts.netloc:
            raise HttpError(403, "only file: URIs beneath the model root are read")
        served = await self._manage.put_file(unquote(parts.path), checked(name))
        config = document.get("config") or {"memoryTimeout": 0, "diskTimeout": 0}
        return answer({"name": name, "uri": uri, "config": config}, 202, served.headers)


def _schema(fields: list[dict[str, Any]]) -> dict[str, Any]:
    types = [{"name": field["name"], "dataType": data_type(field["type"])} for field in fields]
    return {"fields": types}
