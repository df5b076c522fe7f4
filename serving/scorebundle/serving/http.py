"""The few HTTP parts that an ASGI 3 application needs: request, answer, error, routes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = "application/json"


class HttpError(Exception):
    """An answer that says what is wrong.

    Attributes:
        status: HTTP status code.
        message: one sentence that a person can act on.
    """

    def __init__(self, status: int, message: str, **headers: str) -> None:
        self.status, self.message, self.headers = status, message, headers
        super().__init__(message)


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Request:
    """One request; its body is read within a limit, when a handler asks for it."""

    def __init__(self, scope: Message, receive: Receive, limit: int) -> None:
        self.method: str = scope["method"]
        self.path: str = unquote(scope["path"])
        self.headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        self.query = {
            k: v[-1] for k, v in parse_qs(scope["query_string"].decode("latin-1")).items()
        }
        self.parameters: dict[str, str] = {}
        self._receive, self._limit = receive, limit

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            HttpError: 413 if it is larger than the limit, 400 if the client went away.
        """
        declared = self.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._limit:
            raise HttpError(413, f"the body may have {self._limit} bytes")
        parts, size = [], 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise HttpError(400, "the client went away")
            part = message.get("body", b"")
            size += len(part)
            if size > self._limit:
                raise HttpError(413, f"the body may have {self._limit} bytes")
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)

    async def json(self) -> Any:
        """The body as JSON.

        Raises:
            HttpError: 415 for another content type, 400 if it is not JSON.
        """
        kind = self.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if kind not in (JSON, ""):
            raise HttpError(415, f"send {JSON}, not {kind}")
        try:
            return msgspec.json.decode(await self.body())
        except (msgspec.DecodeError, RecursionError) as error:
            raise HttpError(400, f"the body is not JSON: {error}") from None


Handler = Callable[[Request], Awaitable[Answer]]


class Routes:
    """Which handler answers which method and path; `{name}` stands for one part of a path."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[str, Handler]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Handler]]] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Register a handler."""
        if "{" not in path:
            self._exact.setdefault(path, {})[method] = handler
            return
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + r"\Z")
        for known, methods in self._patterns:
            if known.pattern == pattern.pattern:
                methods[method] = handler
                return
        self._patterns.append((pattern, {method: handler}))

    def find(self, request: Request) -> Handler:
        """The handler of a request.

        Raises:
            HttpError: 404 for an unknown path, 405 for another method.
        """
        methods = self._exact.get(request.path)
        if methods is None:
            for pattern, found in self._patterns:
                match = pattern.match(request.path)
                if match:
                    methods, request.parameters = found, match.groupdict()
                    break
        if methods is None:
            raise HttpError(404, f"there is nothing at {request.path}")
        handler = methods.get(request.method) or methods.get(
            "GET" if request.method == "HEAD" else request.method
        )
        if handler is None:
            allowed = ", ".join(sorted(methods))
            raise HttpError(405, f"{request.path} takes {allowed}", allow=allowed)
        return handler


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """JSON; NaN and infinities become null."""
    return Answer(status, msgspec.json.encode(value), JSON, tuple((headers or {}).items()))


async def reply(send: Send, request: Request, result: Answer) -> None:
    """Send an answer."""
    headers = [(b"content-type", result.content_type.encode())]
    headers.append((b"content-length", str(len(result.body)).encode()))
    headers += [(name.lower().encode(), text.encode("latin-1")) for name, text in result.headers]
    await send({"type": "http.response.start", "status": result.status, "headers": headers})
    body = b"" if request.method == "HEAD" else result.body
    await send({"type": "http.response.body", "body": body})
