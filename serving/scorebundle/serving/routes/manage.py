"""Routes that put, list, roll back and delete models."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from scorebundle.bundle import BundleError

from ..models.changes import Changer, Refused
from ..models.checker import Checker
from ..models.repository import Change, Repository, Served, check_name
from ..watch.metrics import Metrics
from ..web.http import Answer, Headers, HttpError, Request, Routes, answer
from ..web.uploads import copied, received
from .scoring import Scorer

DEFAULT = "default"
"""Name of the model of MLeap's unnamed routes."""
STATUS = {"conflict": 412, "missing": 404, "bundle": 422, "disk": 507}
"""HTTP status by kind of refusal."""
MAX_VERSION = 128


class Manager:
    """Makes changes for routes: checks what they bring, counts how they end."""

    def __init__(
        self, repository: Repository, changer: Changer, checker: Checker, metrics: Metrics
    ) -> None:
        self.repository = repository
        self._changer, self._checker, self._metrics = changer, checker, metrics

    async def put(self, staged: Path, name: str, version: str | None = None, **how: Any) -> Served:
        """Check a staged file and make it the active version of a model.

        Args:
            staged: the file; it is gone afterwards.
            name: of the model.
            version: by default the bundle's own.
            how: `expect` and `absent` of the change.

        Raises:
            HttpError: 412, 422 or 507; what was served before is still served.
        """
        try:
            report = await asyncio.to_thread(self._checker.check, str(staged))
            label = version or report.version
            served = await self.change(
                Change("put", name, label, report.digest, str(staged), **how)
            )
        except BundleError as error:
            self._metrics.count("bundle_serve_changes", ("put", "bundle"))
            raise HttpError(422, f"the bundle is refused: {error}") from None
        finally:
            staged.unlink(missing_ok=True)
        assert served is not None
        return served

    async def change(self, change: Change) -> Served | None:
        """Make a change; the version that is active then.

        Raises:
            HttpError: if it is refused.
        """
        try:
            served = await self._changer.apply(change)
        except Refused as error:
            self._metrics.count("bundle_serve_changes", (change.kind, error.kind))
            raise HttpError(STATUS[error.kind], error.message) from None
        self._metrics.count("bundle_serve_changes", (change.kind, "done"))
        self._metrics.swapped(change.name)
        return served


class ModelRoot:
    """The folder whose files a client may name.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))

    def find(self, path: str) -> Path:
        """A file beneath the folder, without links and without `..`.

        Raises:
            HttpError: 403 for a path that leaves it, 404 if there is no such file.
        """
        if "\0" in path:
            raise HttpError(404, "a path has no NUL")
        wanted = self._path / path
        if ".." in wanted.parts or not wanted.is_relative_to(self._path):
            raise HttpError(403, f"{path!r:.200} is not beneath the model root")
        try:
            real = Path(os.path.realpath(wanted))
            if real != wanted:
                raise HttpError(403, f"{path!r:.200} is a link, or is reached through one")
            if not real.is_file():
                raise HttpError(404, f"there is no file {path!r:.200}")
        except OSError as error:
            raise HttpError(404, f"{path!r:.200} cannot be read: {error.strerror}") from None
        return real


class ManageRoutes:
    """Handlers over a repository.

    Args:
        manager: makes the changes.
        scorer: finds models.
        root: files that `PUT /model` may name.
        open_path: `PUT /model` needs no token.
        max_body: largest upload in bytes.
    """

    def __init__(
        self,
        manager: Manager,
        scorer: Scorer,
        root: ModelRoot,
        *,
        open_path: bool = True,
        max_body: int,
    ) -> None:
        self._manager, self._scorer, self._root = manager, scorer, root
        self._repository = manager.repository
        self._open_path, self._max_body = open_path, max_body

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("PUT", "/model", self.put_path, admin=not self._open_path, open=self._open_path)
        routes.add("DELETE", "/model", self.delete_default, admin=True)
        routes.add("GET", "/models", self.listing)
        routes.add("GET", "/models/{name}", self.show)
        routes.add("PUT", "/models/{name}", self.put_body, admin=True)
        routes.add("DELETE", "/models/{name}", self.delete, admin=True)
        routes.add("PUT", "/models/{name}/versions/{version}", self.put_body, admin=True)
        routes.add("GET", "/models/{name}/bundle", self.download)
        routes.add("POST", "/models/{name}/rollback", self.rollback, admin=True)
        routes.add("POST", "/models/{name}/activate", self.activate, admin=True)

    async def put_path(self, request: Request) -> Answer:
        """MLeap's form: {"path": "/models/x.zip"}, a file beneath the model root."""
        document = await request.json()
        path = document.get("path") if isinstance(document, dict) else None
        if not isinstance(path, str):
            raise HttpError(400, 'send {"path": "/models/<my model>.zip"}')
        await self.put_file(path, DEFAULT)
        return answer({})

    async def put_file(self, path: str, name: str) -> Served:
        """Load a file of the model root as a model."""
        source = self._root.find(path)
        try:
            staged = await copied(source, self._repository.incoming)
        except OSError as error:
            raise HttpError(404, f"{path!r:.200} cannot be read: {error.strerror}") from None
        return await self._manager.put(staged, name)

    async def put_body(self, request: Request) -> Answer:
        """The zip itself; Content-Digest, If-Match and If-None-Match are honoured."""
        name, version = checked(request.parameters["name"]), request.parameters.get("version")
        if version is not None and (len(version) > MAX_VERSION or not version.isprintable()):
            raise HttpError(400, f"a version has up to {MAX_VERSION} printable characters")
        expect, absent = request.header(b"if-match"), request.header(b"if-none-match")
        if absent not in (None, "*"):
            raise HttpError(400, "If-None-Match can be *")
        known = self._repository.get(name) is not None
        staged = await received(request, self._repository.incoming, self._max_body)
        expected = expect.strip().strip('"') if expect else None
        served = await self._manager.put(
            staged, name, version, expect=expected, absent=absent is not None
        )
        return answer(described(served), 200 if known else 201, tagged(served))

    async def listing(self, request: Request) -> Answer:
        """Every model's active version."""
        return answer({"models": [described(served) for served in self._repository.all()]})

    async def show(self, request: Request) -> Answer:
        """One model with its schema and kept versions."""
        served = self._scorer.served(request)
        about = served.runtime.bundle.manifest.to_json()
        index = self._repository.index(served.name)
        schema = {key: about[key] for key in ("inputs", "outputs", "certificate", "metadata")}
        versions = [kept._asdict() for kept in index.versions]
        return answer(
            {**described(served), "loaded": served.loaded, **schema, "versions": versions},
            headers=tagged(served),
        )

    async def download(self, request: Request) -> Answer:
        """The active bundle, as it was put."""
        served = self._scorer.served(request)
        path = self._repository.file(served.name, served.digest)
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError:
            raise HttpError(404, "this version was replaced just now") from None
        return Answer(200, data, "application/zip", tagged(served))

    async def delete(self, request: Request) -> Answer:
        """Forget a model and its versions."""
        name = request.parameters["name"]
        await self._manager.change(Change("delete", name, expect=_expected(request)))
        return answer({"name": name, "deleted": True})

    async def delete_default(self, request: Request) -> Answer:
        """MLeap's form; also when there is no model."""
        if DEFAULT in self._repository.names():
            await self._manager.change(Change("delete", DEFAULT))
        return answer({})

    async def rollback(self, request: Request) -> Answer:
        """Go back to the version before the active one."""
        return await self._changed(request, "rollback")

    async def activate(self, request: Request) -> Answer:
        """{"version": "7"}: make a kept version the active one."""
        document = await request.json()
        version = document.get("version") if isinstance(document, dict) else None
        if not isinstance(version, str):
            raise HttpError(400, 'send {"version": "…"}')
        return await self._changed(request, "activate", version)

    async def _changed(self, request: Request, kind: str, version: str | None = None) -> Answer:
        name, expect = request.parameters["name"], _expected(request)
        served = await self._manager.change(Change(kind, name, version, expect=expect))
        assert served is not None
        return answer(described(served), headers=tagged(served))


def checked(name: str) -> str:
    """A name that a model may have.

    Raises:
        HttpError: 400 if it may not.
    """
    try:
        return check_name(name)
    except ValueError as error:
        raise HttpError(400, str(error)) from None


def described(served: Served) -> dict[str, Any]:
    """A model in a listing."""
    return {"name": served.name, "version": served.version, "digest": served.digest}


def tagged(served: Served) -> Headers:
    """The model's headers, with its digest as an entity tag (RFC 9110)."""
    return (*served.headers, (b"etag", f'"{served.digest}"'.encode()))


def _expected(request: Request) -> str | None:
    header = request.header(b"if-match")
    return header.strip().strip('"') if header else None
