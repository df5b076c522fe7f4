"""The Open Inference Protocol, version 2, over REST: health, metadata, infer, repository."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import Callable
from importlib import metadata
from typing import Any, Final

import msgspec

from ..models.changes import Refused
from ..models.repository import Change, Served
from ..models.sources import Sources
from ..web.http import Answer, HttpError, Request, Routes, answer, parse_json
from .manage import STATUS, Manager, checked, described
from .scoring import Scorer
from .tensors import INPUTS, output_datatype, read_inputs, wanted_outputs, written_outputs

PLATFORM: Final = "scorebundle"
EXTENSIONS: Final = ["binary_tensor_data", "model_repository"]
HEADER_LENGTH: Final = b"inference-header-content-length"


class InferenceRoutes:
    """Handlers over a scorer.

    Args:
        scorer: scores the tensors.
        manager: loads and unloads models.
        sources: files that models come from.
        ready: whether the server is ready.
    """

    def __init__(
        self, scorer: Scorer, manager: Manager, sources: Sources, ready: Callable[[], bool]
    ) -> None:
        self._scorer, self._manager, self._sources = scorer, manager, sources
        self._repository, self._ready = manager.repository, ready

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/v2", self.server)
        routes.add("GET", "/v2/health/live", self.live, open=True)
        routes.add("GET", "/v2/health/ready", self.ready, open=True)
        routes.add("GET", "/v2/models", self.listing)
        routes.add("POST", "/v2/repository/index", self.index)
        routes.add("POST", "/v2/repository/models/{name}/load", self.load, admin=True)
        routes.add("POST", "/v2/repository/models/{name}/unload", self.unload, admin=True)
        for path in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
            routes.add("GET", path, self.metadata)
            routes.add("GET", f"{path}/ready", self.model_ready, open=True)
            routes.add("POST", f"{path}/infer", self.infer)

    async def server(self, request: Request) -> Answer:
        """Name, version and extensions of the server."""
        version = metadata.version("scorebundle")
        return answer({"name": "bundle-serve", "version": version, "extensions": EXTENSIONS})

    async def live(self, request: Request) -> Answer:
        """The process answers."""
        return answer({"live": True})

    async def ready(self, request: Request) -> Answer:
        """Every model that was known is served."""
        ready = self._ready()
        return answer({"ready": ready}, 200 if ready else 503)

    async def listing(self, request: Request) -> Answer:
        """Names of the served models."""
        return answer({"models": [served.name for served in self._repository.all()]})

    async def index(self, request: Request) -> Answer:
        """The known models with their state; `{"ready": true}` for those that are served."""
        body = await request.body()
        document = parse_json(body) if body.strip() else {}
        if not isinstance(document, dict):
            raise HttpError(400, 'send {"ready": true}, or nothing')
        found = [self._state(name) for name in self._repository.names()]
        if document.get("ready"):
            found = [model for model in found if model["state"] == "READY"]
        return answer(found)

    def _state(self, name: str) -> dict[str, Any]:
        served = self._repository.get(name)
        if served is not None:
            return {**described(served), "state": "READY", "reason": ""}
        reason = self._repository.problems.get(name, "unloaded")
        return {"name": name, "version": "", "state": "UNAVAILABLE", "reason": reason}

    async def load(self, request: Request) -> Answer:
        """Load what the operator laid down, what was unloaded, or the bundle in the request.

        Triton's form of the last: {"parameters": {"file:1/model.zip": "<base64>"}}.
        """
        name = checked(request.parameters["name"])
        body = await request.body()
        document = parse_json(body) if body.strip() else {}
        if not isinstance(document, dict):
            raise HttpError(400, 'send {"parameters": {…}}, or nothing')
        parameters = document.get("parameters")
        if not isinstance(parameters or {}, dict):
            raise HttpError(400, "parameters must be an object")
        files = {k: v for k, v in (parameters or {}).items() if k.startswith("file:")}
        if files:
            await self._load_sent(name, files)
        else:
            await self._load_kept(name)
        return answer({"name": name, "load": True})

    async def _load_sent(self, name: str, files: dict[str, Any]) -> None:
        if len(files) != 1 or not isinstance(next(iter(files.values())), str):
            raise HttpError(400, "send one file, in base64")
        try:
            data = base64.b64decode(next(iter(files.values())), validate=True)
        except (binascii.Error, ValueError):
            raise HttpError(400, "a file is base64") from None
        staged = self._repository.incoming / f"{os.urandom(8).hex()}.part"
        await asyncio.to_thread(staged.write_bytes, data)
        await self._manager.put(staged, name)

    async def _load_kept(self, name: str) -> None:
        source = self._sources.path(name)
        if source is None:
            await self._manager.change(Change("load", name))
            return
        try:
            staged, version, digest = await asyncio.to_thread(self._sources.stage, source)
        except Refused as error:
            raise HttpError(STATUS[error.kind], error.message) from None
        await self._manager.change(Change("put", name, version, digest, staged))

    async def unload(self, request: Request) -> Answer:
        """Stop serving a model; its versions are kept."""
        name = request.parameters["name"]
        await self._manager.change(Change("unload", name))
        return answer({"name": name, "unload": True})

    async def metadata(self, request: Request) -> Answer:
        """The model's tensors: one per column in, one per output out."""
        served = self._served(request)
        index = self._repository.index(served.name)
        inputs = [
            {"name": item.name, "datatype": INPUTS[item.type], "shape": [-1, 1]}
            for item in served.runtime.inputs
        ]
        outputs = [
            {
                "name": item.name,
                "datatype": output_datatype(item.type, item.classes),
                "shape": [-1, max(1, sum(item.widths))],
            }
            for item in served.runtime.outputs
        ]
        versions = [kept.version for kept in index.versions]
        about = {"name": served.name, "versions": versions, "platform": PLATFORM}
        return answer({**about, "inputs": inputs, "outputs": outputs}, headers=served.headers)

    async def model_ready(self, request: Request) -> Answer:
        """The model is served: it has answered its stored rows."""
        served = self._served(request)
        return answer({"name": served.name, "ready": True}, headers=served.headers)

    async def infer(self, request: Request) -> Answer:
        """Score tensors; a row that the model refuses fails the request."""
        served = self._served(request)
        head = request.header(HEADER_LENGTH)
        data = await request.body()
        return await self._scorer.run(len(data), lambda: self._inferred(served, data, head))

    def _inferred(self, served: Served, data: bytes, head: str | None) -> Answer:
        length = len(data)
        if head is not None:
            if not head.isdigit() or not 0 < int(head) <= len(data):
                raise HttpError(400, "Inference-Header-Content-Length is not what was sent")
            length = int(head)
        document = parse_json(data[:length])
        rows, count = read_inputs(document, data[length:], served)
        select, binary = wanted_outputs(document)
        scores = self._scorer.score(served, rows, count, select, "raise")
        outputs, raw = written_outputs(scores, binary)
        body: dict[str, Any] = {"model_name": served.name, "model_version": served.version}
        if isinstance(document.get("id"), str):
            body["id"] = document["id"]
        written = msgspec.json.encode({**body, "outputs": outputs})
        model = (served.name, served.version)
        if not raw:
            return Answer(200, written, headers=served.headers, model=model)
        headers = (*served.headers, (HEADER_LENGTH, b"%d" % len(written)))
        whole = b"".join([written, *raw])
        return Answer(200, whole, "application/octet-stream", headers, model)

    def _served(self, request: Request) -> Served:
        served = self._scorer.served(request)
        version = request.parameters.get("version", served.version)
        if version != served.version:
            raise HttpError(
                404, f"version {version!r:.80} of {served.name!r} is not the active one"
            )
        return served
