"""The ASGI application: routes over one repository."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import count

from .watch.log import AccessLog
from .watch.metrics import Metrics
from .web.access import Access
from .web.http import (
    Answer,
    HttpError,
    Message,
    Part,
    Receive,
    Request,
    Routes,
    Send,
    answer,
    reply,
)

log = logging.getLogger("bundle_serve")

ID = b"x-request-id"
MAX_ID = 128


class App:
    """`await app(scope, receive, send)`: a plain ASGI 3 callable.

    Args:
        parts: the routes.
        access: who may do what.
        metrics: told of every request.
        max_request: largest body in bytes.
        access_log: told of every request; None for no log.
        started, stopped: called when the server starts and stops.
    """

    def __init__(
        self,
        parts: Iterable[Part],
        access: Access,
        metrics: Metrics,
        *,
        max_request: int,
        access_log: AccessLog | None = None,
        started: Callable[[], Awaitable[None]] | None = None,
        stopped: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.routes = Routes()
        for part in parts:
            part.register(self.routes)
        self._access, self._metrics, self._log = access, metrics, access_log
        self._max_request = max_request
        self._started, self._stopped = started, stopped
        self._prefix, self._numbers = os.urandom(6).hex(), count(1)
        self.closing = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        gauges = self._metrics.gauges
        gauges["bundle_serve_in_flight"] += 1
        request = Request(scope, receive, self._max_request)
        identity = self._identity(request)
        route = "none"
        try:
            found = self.routes.find(request)
            route = found.name
            self._access.check(request, found)
            result = await found.handler(request)
        except HttpError as error:
            result = answer({"error": error.message}, error.status, error.headers)
        except Exception:
            log.exception("%s %s failed (%s)", request.method, request.path, identity)
            result = answer({"error": "the server failed; its log says why"}, 500)
        extra = ((ID, identity.encode()),)
        try:
            await reply(send, request.method, result, (*extra, CLOSE) if self.closing else extra)
        finally:
            gauges["bundle_serve_in_flight"] -= 1
            seconds = time.perf_counter() - start
            labels = (route, request.method, str(result.status), *result.model)
            self._metrics.observe("bundle_serve_request_seconds", labels, seconds)
            if self._log is not None:
                self._log.write(request, result, identity, seconds)

    def _identity(self, request: Request) -> str:
        """The client's own id of its request, if it is harmless in a header and a log; or ours."""
        given = request.header(ID)
        if given and len(given) <= MAX_ID and given.isascii() and given.isprintable():
            return given
        return f"{self._prefix}-{next(self._numbers):x}"

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._started is not None:
                    await self._started()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._stopped is not None:
                    await self._stopped()
                if self._log is not None:
                    self._log.flush()
                await send({"type": "lifespan.shutdown.complete"})
                return


CLOSE = (b"connection", b"close")

__all__ = ["Answer", "App"]
