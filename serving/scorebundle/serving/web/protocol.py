"""uvicorn's HTTP/1.1 protocol with limits: connections, time and size of a request's head, time
of its body.

A request that comes whole in one piece costs nothing extra; a timer starts with one that does
not.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..watch.metrics import Metrics

MAX_HEAD = 1 << 16
"""Most bytes of a request's line and headers."""
PROGRESS = 1 << 16
"""Bytes of a body that earn it more time."""
REASONS = {408: b"Request Timeout", 431: b"Request Header Fields Too Large", 503: b"Unavailable"}


class Limits(NamedTuple):
    """What one client may take.

    Attributes:
        header_timeout: seconds for a request's head.
        body_timeout: seconds for its body, or for the next `PROGRESS` bytes of it.
        max_connections: open at a time.
    """

    header_timeout: float
    body_timeout: float
    max_connections: int


class Limited(HttpToolsProtocol):
    """One connection.

    Args:
        limits: what its client may take.
        metrics: told of connections, and of those turned away.
    """

    def __init__(self, *arguments: Any, limits: Limits, metrics: Metrics, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits, self._metrics = limits, metrics
        self._waiting = ""  # for the rest of a request's head or body
        self._received = 0  # bytes of it
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or turn it away."""
        super().connection_made(transport)
        self._metrics.gauges["bundle_serve_connections"] = len(self.connections)
        if len(self.connections) > self._limits.max_connections:
            self._refuse(503, "connections")
        else:
            self._expect("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._stop()
        super().connection_lost(exc)
        self._metrics.gauges["bundle_serve_connections"] = len(self.connections)

    def data_received(self, data: bytes) -> None:
        """Take bytes; start or stop the timer of what is still to come."""
        if self.transport.is_closing():
            return
        before = self._waiting
        super().data_received(data)
        if not self._waiting:
            self._stop()
            return
        self._received = self._received + len(data) if self._waiting == before else 0
        if self._waiting == "head" and self._received > MAX_HEAD:
            self._refuse(431, "head")
        elif self._waiting != before or self._timer is None:
            self._expect(self._waiting)
        elif self._waiting == "body" and self._received > PROGRESS:
            self._received = 0
            self._expect("body")

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._waiting = "head"

    def on_headers_complete(self) -> None:
        """Its head is there."""
        super().on_headers_complete()
        self._waiting = "body"

    def on_message_complete(self) -> None:
        """All of it is there."""
        super().on_message_complete()
        self._waiting = ""

    def _expect(self, what: str) -> None:
        self._stop()
        limits = self._limits
        seconds = limits.header_timeout if what == "head" else limits.body_timeout
        self._timer = self.loop.call_later(seconds, self._refuse, 408, what)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int, reason: str) -> None:
        """Answer, where nothing was answered yet, and close."""
        self._stop()
        if self.transport.is_closing():
            return
        self._metrics.count("bundle_serve_rejected", (reason,))
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            head = b"HTTP/1.1 %d %s\r\n" % (status, REASONS[status])
            retry = b"retry-after: 1\r\n" if status == 503 else b""
            self.transport.write(head + retry + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
