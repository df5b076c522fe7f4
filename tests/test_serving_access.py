"""Who may do what, and what one client may take."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scorebundle.serving import settings
from scorebundle.serving.web.access import Access
from scorebundle.serving.web.http import HttpError, Request, Route

from .servers import FIRST_BUNDLE, ROW, Server, put


async def _nothing(*_: Any) -> Any:
    raise AssertionError


CHANGE = Route("/models/{name}", _nothing, admin=True)
SCORE = Route("/models/{name}/score", _nothing)
HEALTH = Route("/health/live", _nothing, open=True)


def status(access: Access, route: Route, client: str | None = "10.0.0.7", **headers: str) -> int:
    """The status of a request; 200 if it may pass."""
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope: dict[str, Any] = {
        "method": "PUT",
        "path": "/",
        "query_string": b"",
        "headers": raw,
        "client": (client, 1) if client else None,
    }
    try:
        access.check(Request(scope, _nothing, 1), route)
    except HttpError as error:
        return error.status
    return 200


def test_models_are_changed_from_loopback_or_with_the_token() -> None:
    free, guarded = Access(), Access("secret", "look")
    assert status(free, CHANGE) == 403
    assert status(free, CHANGE, client=None) == 403
    assert status(free, CHANGE, "127.0.0.1") == status(free, CHANGE, "::1") == 200
    assert status(guarded, CHANGE) == 401
    assert status(guarded, CHANGE, authorization="Bearer secret") == 200
    assert status(guarded, CHANGE, authorization="bearer secret") == 200
    assert status(guarded, CHANGE, authorization="Bearer look") == 401
    assert status(guarded, CHANGE, authorization="Basic secret") == 401
    assert status(guarded, SCORE) == 401
    assert status(guarded, SCORE, "127.0.0.1") == 401
    assert status(guarded, SCORE, authorization="Bearer look") == 200
    assert status(guarded, SCORE, authorization="Bearer secret") == 200
    assert status(guarded, HEALTH) == status(free, SCORE) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "10.0.0.7"},
        {"forwarded": "for=10.0.0.7"},
        {"via": "1.1 proxy"},
        {"origin": "http://elsewhere.example"},
        {"host": "elsewhere.example"},
        {"host": "127.elsewhere.example"},
        {"host": "[::1"},
    ],
)
def test_loopback_that_speaks_for_others_is_none(headers: dict[str, str]) -> None:
    assert status(Access(), CHANGE, "127.0.0.1", **headers) == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:65327"])
def test_names_of_this_machine(host: str) -> None:
    assert status(Access(), CHANGE, "127.0.0.1", host=host) == 200


def test_open_path_and_tokens_over_a_socket(tmp_path: Path) -> None:
    FIRST_BUNDLE.save(tmp_path / "x.zip")
    (tmp_path / "token").write_text("secret\n")
    server = Server("--model-root", str(tmp_path), "--score-token-file", str(tmp_path / "token"))
    try:
        # PUT /model needs no token: it names the operator's own files.
        assert server.http.put("/model", json={"path": "x.zip"}).status_code == 200
        assert server.http.get("/models").status_code == 401
        good = {"authorization": "Bearer secret"}
        assert server.http.get("/models", headers=good).status_code == 200
    finally:
        server.stop()
    closed = Server("--model-root", str(tmp_path), "--no-open-path")
    try:
        proxied = {"x-forwarded-for": "10.0.0.7"}
        answer = closed.http.put("/model", json={"path": "x.zip"}, headers=proxied)
        assert answer.status_code == 403
    finally:
        closed.stop()


@pytest.fixture(scope="module")
def limited() -> Iterator[Server]:
    options = {
        "header-timeout": "1",
        "body-timeout": "1",
        "max-connections": "20",
        "max-request": "2K",
        "max-body": "64K",
        "queue": "0",
    }
    running = Server(*(f"--{name}={value}" for name, value in options.items()))
    put(running, FIRST_BUNDLE, "churn")
    yield running
    assert running.http.get("/health/live").status_code == 200
    running.stop()


def talk(server: Server, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send raw bytes; everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        received = b""
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
            while data := line.recv(1 << 16):
                received += data
        except ConnectionError:
            pass
        return received


def test_a_slow_head_and_a_slow_body_are_cut_off(limited: Server) -> None:
    start = time.monotonic()
    assert talk(limited, b"GET /health/live HTTP/1.1\r\nHo").startswith(b"HTTP/1.1 408")
    assert talk(limited).startswith(b"HTTP/1.1 408")
    head = b"POST /models/churn/score HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
    assert talk(limited, head, b"{").startswith(b"HTTP/1.1 408")
    # One byte at a time earns no more time.
    drip = [b"GET /health/live HTTP/1.1\r\n", *[b"a"] * 20]
    assert b"200" not in talk(limited, *drip, pause=0.1)  # 408, or a reset that overtook it
    assert time.monotonic() - start < 12


def test_a_huge_head_is_refused(limited: Server) -> None:
    head = b"GET / HTTP/1.1\r\n" + b"".join(b"x%d: %s\r\n" % (i, b"y" * 900) for i in range(300))
    assert b"431" in talk(limited, head)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /models/churn/score HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /models/churn/score HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
        b"content-length: 5\r\n\r\nabcd",
        b"POST /models/churn/score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /models/churn/score HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_requests_that_two_readers_could_understand_differently(
    limited: Server, request_bytes: bytes
) -> None:
    assert talk(limited, request_bytes).startswith(b"HTTP/1.1 400")


def test_tiny_chunks_are_only_slow(limited: Server) -> None:
    head = b"POST /models/churn/score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    body = b"".join(b"1\r\n%c\r\n" % c for c in json.dumps(ROW).encode())
    close = b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert talk(limited, head, body, b"0\r\n\r\n", close).count(b"HTTP/1.1 200") == 2
    flood = b"1\r\nx\r\n" * 100_000
    assert b"HTTP/1.1 413" in talk(limited, head, flood)


def test_bodies_have_limits_of_their_own(limited: Server) -> None:
    large = limited.http.post("/models/churn/score", content=b"x" * 3000)
    assert large.status_code == 413
    assert put(limited, FIRST_BUNDLE, "again").status_code == 201
    assert limited.http.put("/models/x", content=b"x" * 70_000).status_code == 413
    packed = {"content-encoding": "gzip", "content-type": "application/json"}
    assert limited.http.post("/models/churn/score", content=b"x", headers=packed).status_code == 415


def test_connections_are_counted(limited: Server) -> None:
    lines = [socket.create_connection(("127.0.0.1", limited.port)) for _ in range(25)]
    try:
        lines[-1].settimeout(5)
        assert lines[-1].recv(100).startswith(b"HTTP/1.1 503")
    finally:
        for line in lines:
            line.close()
    assert 'rejected_total{reason="connections"}' in limited.http.get("/metrics").text


def test_too_many_large_requests_are_turned_away() -> None:
    server = Server("--queue", "0", "--max-rows", "1000000")
    try:
        put(server, FIRST_BUNDLE, "churn")
        body = json.dumps([ROW] * 200_000).encode()
        with httpx.Client(base_url=server.http.base_url, timeout=60) as other:
            import threading

            found: list[int] = []

            def ask() -> None:
                found.append(other.post("/models/churn/score", content=body).status_code)

            askers = [threading.Thread(target=ask) for _ in range(4)]
            for asker in askers:
                asker.start()
            for asker in askers:
                asker.join()
        assert set(found) <= {200, 503}
        assert 503 in found
        turned = server.http.get("/metrics").text
        assert 'bundle_serve_rejected_total{reason="queue"}' in turned
    finally:
        server.stop()


def test_https(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        files = ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run([*command, *name, *files], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    trusted = ssl.create_default_context(cafile=str(certificate))
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    server = Server(*options, scheme="https", verify=trusted)
    try:
        assert server.http.get("/health/ready").status_code == 200
    finally:
        server.stop()


def test_flags_go_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "serve.toml"
    file.write_text('port = 1\nkeep = 2\nworkers = 3\nopen-path = false\n[model]\na = "/a.zip"\n')
    monkeypatch.setenv("BUNDLE_SERVE_PORT", "4")
    monkeypatch.setenv("BUNDLE_SERVE_KEEP", "5")
    monkeypatch.setenv("BUNDLE_SERVE_ADMIN_TOKEN", "secret")
    read = settings.read(["--config", str(file), "--port", "6", "--max-body", "3M"])
    assert (read.port, read.keep, read.workers, read.open_path) == (6, 5, 3, False)
    assert read.model == {"a": Path("/a.zip")}
    assert read.max_body == 3 << 20
    assert read.admin_token == "secret"
    assert settings.read(["--config", str(file), "--open-path"]).open_path is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "x"], "port: 'x': a whole number"),
        (["--workers", "0"], "workers: '0': at least 1"),
        (["--model", "a"], "NAME=PATH"),
        (["--nothing", "1"], "unrecognized arguments"),
        (["--config", "/nothing.toml"], "config: /nothing.toml"),
        (["--admin-token-file", "/nothing"], "admin-token-file"),
        (["--max-body", "1X"], "max-body"),
    ],
)
def test_options_that_cannot_be_used_are_named(arguments: list[str], said: str) -> None:
    with pytest.raises(settings.Usage, match=said):
        settings.read(arguments)


def test_help_names_every_option() -> None:
    text = settings.parser().format_help()
    for option in settings.OPTIONS:
        assert f"--{option.name}" in text
    assert "BUNDLE_SERVE_" in text
