"""The few HTTP parts that an ASGI 3 application needs: request, answer, error, routes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

import msgspec

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

JSON = "application/json"


class HttpError(Exception):
    """An answer that says what is wrong.

    Attributes:
        status: HTTP status code.
        message: one sentence that a person can act on.
        headers: of the answer.
    """

    def __init__(self, status: int, message: str, **headers: str) -> None:
        self.status, self.message = status, message
        self.headers: Headers = tuple(
            (name.replace("_", "-").encode(), text.encode("latin-1"))
            for name, text in headers.items()
        )
        super().__init__(message)


class Answer(NamedTuple):
    """What goes back.

    Attributes:
        status: HTTP status code.
        body: all of it.
        content_type: of the body.
        headers: further ones, names in lower case.
        model: which model answered: its name and version.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: Headers = ()
    model: tuple[str, str] = ("", "")


class Request:
    """One request; its body is read within a limit, when a handler asks for it.

    Attributes:
        method, path: as they came; the path without percent signs.
        parameters: the parts of the path that the route leaves open.
    """

    __slots__ = ("_headers", "_limit", "_receive", "method", "parameters", "path", "scope")

    def __init__(self, scope: Message, receive: Receive, limit: int) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.parameters: dict[str, str] = {}
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive, self._limit = receive, limit

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name; the last if there are several."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last of several of one name.

        Raises:
            HttpError: 400 if it is not UTF-8.
        """
        raw = self.scope["query_string"]
        if not raw:
            return {}
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise HttpError(400, "the query is not percent-encoded UTF-8") from None
        return dict(pairs)

    @property
    def client(self) -> str:
        """The caller's address; '' if it has none."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    def content_type(self) -> str:
        """The media type of the body, without parameters; '' if it is not stated."""
        stated = self._headers.get(b"content-type", b"")
        if stated == b"application/json":
            return JSON
        return stated.decode("latin-1").partition(";")[0].strip().lower()

    async def chunks(self, limit: int | None = None) -> AsyncIterator[bytes]:
        """The body as it comes.

        Raises:
            HttpError: 413 if it is larger than the limit, 415 if it is compressed, 400 if the
                client went away.
        """
        limit = self._limit if limit is None else limit
        self._check_head(limit)
        async for part in self._rest(await self._receive(), limit):
            yield part

    def _check_head(self, limit: int) -> None:
        if self._headers.get(b"content-encoding", b"identity") != b"identity":
            raise HttpError(415, "send the body as it is, without Content-Encoding")
        declared = self._headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            raise HttpError(413, f"the body may have {limit} bytes", connection="close")

    async def _rest(self, message: Message, limit: int) -> AsyncIterator[bytes]:
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise HttpError(400, "the client went away")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise HttpError(413, f"the body may have {limit} bytes", connection="close")
            yield part
            if not message.get("more_body"):
                return
            message = await self._receive()

    async def body(self) -> bytes:
        """The whole body; errors as `chunks`."""
        self._check_head(self._limit)
        first = await self._receive()
        if first["type"] == "http.request" and not first.get("more_body"):
            whole: bytes = first.get("body", b"")  # what a small request comes as
            if len(whole) <= self._limit:
                return whole
        return b"".join([part async for part in self._rest(first, self._limit)])

    async def json(self) -> Any:
        """The body as JSON.

        Raises:
            HttpError: 415 for another content type, 400 if it is not JSON.
        """
        kind = self.content_type()
        if kind not in (JSON, ""):
            raise HttpError(415, f"send {JSON}, not {kind}")
        return parse_json(await self.body())


def parse_json(data: bytes) -> Any:
    """JSON text (RFC 8259) without repeated keys.

    Raises:
        HttpError: 400 saying what is wrong with it.
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HttpError(400, f"the body is not JSON: {error}") from None
    # msgspec keeps the last of repeated keys. As many keys as colons: none was repeated.
    colons = data.count(b":")
    if not (type(value) is dict and colons == len(value)) and colons != _keys(value):
        try:
            json.loads(data, object_pairs_hook=_distinct)
        except RecursionError as error:
            raise HttpError(400, f"the body is not JSON: {error}") from None
    return value


def _keys(value: Any) -> int:
    """Keys in all objects of a JSON value."""
    if type(value) is dict:
        inner = [item for item in value.values() if type(item) in (dict, list)]
        return len(value) + sum(map(_keys, inner))
    if type(value) is list and not _SCALAR.issuperset(map(type, value)):
        return sum(_keys(item) for item in value if type(item) in (dict, list))
    return 0


_SCALAR = frozenset({int, float, str, bool, type(None)})


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise HttpError(400, f"the key {twice!r:.80} appears twice")
    return result


Handler = Callable[[Request], Awaitable[Answer]]


class Part(Protocol):
    """Some routes of the application."""

    def register(self, routes: Routes) -> None:
        """Add the routes."""


class Route(NamedTuple):
    """What answers a request.

    Attributes:
        name: of the route, for metrics: its path as registered.
        handler: answers it.
        admin: it changes models.
        open: it needs no token at all.
    """

    name: str
    handler: Handler
    admin: bool = False
    open: bool = False


class Routes:
    """Which handler answers which method and path; `{name}` stands for one part of a path."""

    def __init__(self) -> None:
        self._tree: dict[Any, Any] = {}

    def add(
        self, method: str, path: str, handler: Handler, *, admin: bool = False, open: bool = False
    ) -> None:
        """Register a handler."""
        node = self._tree
        for part in path.split("/"):
            wild = part.startswith("{") and part.endswith("}")
            node = node.setdefault(part if not wild else ANY, {})
            if wild:
                node[NAME] = part[1:-1]
        node.setdefault(METHODS, {})[method] = Route(path, handler, admin, open)

    def find(self, request: Request) -> Route:
        """The route of a request.

        Raises:
            HttpError: 404 for an unknown path, 405 for another method.
        """
        node = self._tree
        for part in request.path.split("/"):
            found = node.get(part)
            if found is None:
                found = node.get(ANY) if part else None
                if found is None:
                    raise HttpError(404, f"there is nothing at {request.path!r:.200}")
                request.parameters[found[NAME]] = part
            node = found
        methods = node.get(METHODS)
        if methods is None:
            raise HttpError(404, f"there is nothing at {request.path!r:.200}")
        route: Route | None = methods.get(request.method)
        if route is None and request.method == "HEAD":
            route = methods.get("GET")
        if route is None:
            allowed = ", ".join(sorted(methods))
            message = f"{request.path!r:.200} takes {allowed}"
            raise HttpError(405, message, allow=allowed)
        return route


ANY, NAME, METHODS = 0, 1, 2
"""Keys in the tree of routes that are no part of any path."""


def answer(value: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """JSON; NaN and infinities become null."""
    return Answer(status, msgspec.json.encode(value), JSON, headers)


async def reply(send: Send, method: str, result: Answer, extra: Headers = ()) -> None:
    """Send an answer."""
    headers = [
        (b"content-type", result.content_type.encode()),
        (b"content-length", b"%d" % len(result.body)),
        *result.headers,
        *extra,
    ]
    await send({"type": "http.response.start", "status": result.status, "headers": headers})
    body = b"" if method == "HEAD" else result.body
    await send({"type": "http.response.body", "body": body})
