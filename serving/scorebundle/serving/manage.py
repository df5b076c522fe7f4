"""Routes that put, list, roll back and delete models."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

from scorebundle.bundle import BundleError
from scorebundle.bundle.digest import sha256

from .http import Answer, HttpError, Request, Routes, answer
from .repository import Conflict, Repository, Served

DEFAULT = "default"
"""Name of the model of MLeap's unnamed routes."""


class Manage:
    """Handlers over a repository.

    Args:
        repository: the models.
        model_root: directory that `PUT /model` may name files in.
    """

    def __init__(self, repository: Repository, model_root: Path) -> None:
        self._repository = repository
        self._root = Path(os.path.realpath(model_root))

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("PUT", "/model", self.put_path)
        routes.add("DELETE", "/model", self.delete_default)
        routes.add("GET", "/models", self.listing)
        routes.add("GET", "/models/{name}", self.show)
        routes.add("PUT", "/models/{name}", self.put_body)
        routes.add("DELETE", "/models/{name}", self.delete)
        routes.add("PUT", "/models/{name}/versions/{version}", self.put_body)
        routes.add("GET", "/models/{name}/bundle", self.download)
        routes.add("POST", "/models/{name}/rollback", self.rollback)
        routes.add("POST", "/models/{name}/activate", self.activate)

    async def put_path(self, request: Request) -> Answer:
        """MLeap's form: {"path": "/models/x.zip"}, a file beneath the model root."""
        document = await request.json()
        path = document.get("path") if isinstance(document, dict) else None
        if not isinstance(path, str):
            raise HttpError(400, 'send {"path": "/models/<my model>.zip"}')
        data = await asyncio.to_thread(self._read, path)
        await self._put(data, DEFAULT, None, None)
        return answer({})

    def _read(self, path: str) -> bytes:
        """A file beneath the root, without following links out of it."""
        wanted = Path(path) if os.path.isabs(path) else self._root / path
        real = Path(os.path.realpath(wanted))
        if ".." in wanted.parts or not real.is_relative_to(self._root):
            raise HttpError(403, f"{path} is not beneath the model root")
        if Path(os.path.normpath(wanted)) != real and wanted.is_relative_to(self._root):
            raise HttpError(403, f"{path} is a link")
        try:
            return real.read_bytes()
        except OSError as error:
            raise HttpError(404, f"{path} cannot be read: {error.strerror}") from None

    async def put_body(self, request: Request) -> Answer:
        """The zip itself; Content-Digest and If-Match are honoured."""
        name, version = request.parameters["name"], request.parameters.get("version")
        data = await request.body()
        _check_digest(request.headers.get("content-digest"), data)
        expect = request.headers.get("if-match")
        known = self._repository.get(name) is not None
        served = await self._put(data, name, version, expect.strip('"') if expect else None)
        return answer(described(served), 200 if known else 201, tagged(served))

    async def _put(self, data: bytes, name: str, version: str | None, expect: str | None) -> Served:
        try:
            return await asyncio.to_thread(self._repository.put, data, name, version, expect)
        except BundleError as error:
            raise HttpError(422, f"the bundle is refused: {error}") from None
        except Conflict as error:
            raise HttpError(412, str(error)) from None
        except ValueError as error:
            raise HttpError(400, str(error)) from None

    async def listing(self, request: Request) -> Answer:
        """Every model's active version."""
        return answer({"models": [described(served) for served in self._repository.all()]})

    async def show(self, request: Request) -> Answer:
        """One model with its schema and kept versions."""
        served = self._served(request)
        about = served.runtime.bundle.manifest.to_json()
        versions = [kept._asdict() for kept in self._repository.versions(served.name)]
        schema = {key: about[key] for key in ("inputs", "outputs", "certificate", "metadata")}
        return answer({**described(served), **schema, "versions": versions})

    async def download(self, request: Request) -> Answer:
        """The active bundle, as it was put."""
        served = self._served(request)
        data = await asyncio.to_thread(self._repository.read, served.name, served.digest)
        return Answer(200, data, "application/zip", tuple(tagged(served).items()))

    async def delete(self, request: Request) -> Answer:
        """Forget a model."""
        name = request.parameters["name"]
        if not await asyncio.to_thread(self._repository.delete, name):
            raise HttpError(404, f"there is no model {name!r}")
        return answer({"name": name, "deleted": True})

    async def delete_default(self, request: Request) -> Answer:
        """MLeap's form; also when there is no model."""
        await asyncio.to_thread(self._repository.delete, DEFAULT)
        return answer({})

    async def rollback(self, request: Request) -> Answer:
        """Go back to the version before the active one."""
        return await self._changed(self._repository.rollback, request.parameters["name"])

    async def activate(self, request: Request) -> Answer:
        """{"version": "7"}: make a kept version the active one."""
        document = await request.json()
        version = document.get("version") if isinstance(document, dict) else None
        if not isinstance(version, str):
            raise HttpError(400, 'send {"version": "…"}')
        return await self._changed(self._repository.activate, request.parameters["name"], version)

    async def _changed(self, change: Any, *arguments: str) -> Answer:
        try:
            served = await asyncio.to_thread(change, *arguments)
        except KeyError as error:
            raise HttpError(404, str(error.args[0])) from None
        except BundleError as error:
            raise HttpError(500, f"the kept bundle is damaged: {error}") from None
        return answer(described(served), headers=tagged(served))

    def _served(self, request: Request) -> Served:
        return served_by(self._repository, request.parameters["name"])


def served_by(repository: Repository, name: str) -> Served:
    """The active version of a model.

    Raises:
        HttpError: 404 if there is none.
    """
    served = repository.get(name)
    if served is None:
        raise HttpError(404, f"there is no model {name!r}")
    return served


def described(served: Served) -> dict[str, Any]:
    """A model in a listing."""
    return {"name": served.name, "version": served.version, "digest": served.digest}


def tagged(served: Served) -> dict[str, str]:
    """The model's digest as an entity tag (RFC 9110)."""
    return {"etag": f'"{served.digest}"'}


def _check_digest(header: str | None, data: bytes) -> None:
    """RFC 9530: `sha-256=:base64:`."""
    if header is None:
        return
    wanted = [part.strip() for part in header.split(",") if part.strip().startswith("sha-256=")]
    digest = base64.b64encode(bytes.fromhex(sha256(data))).decode()
    if not wanted:
        raise HttpError(400, "Content-Digest must hold sha-256")
    if wanted[0] != f"sha-256=:{digest}:":
        raise HttpError(400, "the body differs from its Content-Digest")
