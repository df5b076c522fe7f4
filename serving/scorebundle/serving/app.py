"""The ASGI application: routes over one repository."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from .http import Answer, Handler, HttpError, Message, Receive, Request, Routes, Send, answer, reply
from .inference import Inference
from .manage import Manage
from .mleap import Mleap
from .operations import Operations
from .repository import Repository
from .rows import Rows

MAX_BODY = 1 << 30
MAX_ROWS = 100_000

log = logging.getLogger("bundle_serve")


class App:
    """`await app(scope, receive, send)`: a plain ASGI 3 callable.

    Args:
        repository: the models to serve.
        model_root: directory that `PUT /model` may name files in.
        max_body: largest body in bytes.
        max_rows: most rows in a scoring request.
    """

    def __init__(
        self,
        repository: Repository,
        model_root: Path,
        *,
        max_body: int = MAX_BODY,
        max_rows: int = MAX_ROWS,
    ) -> None:
        self.repository = repository
        self.operations = Operations(repository)
        self._max_body = max_body
        self._routes = Routes()
        parts = (
            Manage(repository, model_root),
            Rows(repository, max_rows),
            Mleap(repository),
            Inference(repository, max_rows),
            self.operations,
        )
        for part in parts:
            part.register(self._routes)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = Request(scope, receive, self._max_body)
        route = "none"
        try:
            handler = self._routes.find(request)
            route = _name(handler)
            result = await handler(request)
        except HttpError as error:
            pairs = tuple(error.headers.items())
            result = answer({"error": error.message}, error.status)._replace(headers=pairs)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            result = answer({"error": "the server failed; its log says why"}, 500)
        await reply(send, request, result)
        self.operations.count(route, request, result, time.perf_counter() - started)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.operations.draining = True
                await send({"type": "lifespan.shutdown.complete"})
                return


def _name(handler: Handler) -> str:
    return str(getattr(handler, "__name__", "handler"))


__all__ = ["Answer", "App"]
