"""Uploads are opened for the first time in a process of their own, capped in memory and time.

The checker is forked before the server starts threads; it forks once more for every upload, so
that whatever a file provokes (an endless allocation, a crash in native code) ends there. The
child opens the bundle, checks every member and scores its stored rows.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import threading
from typing import Any, NamedTuple

from scorebundle.bundle import BundleError
from scorebundle.runtime import Runtime
from scorebundle.runtime.source import is_zip, open_bundle

MEMORY = 2 << 30
"""Bytes that opening an upload may take, beyond what the process has already."""
MAX_FILES = 1 << 16
SECONDS = 60
"""Seconds that it may take."""


class Report(NamedTuple):
    """What a checked upload says of itself."""

    version: str
    digest: str


class Checker:
    """Checks uploads, one at a time.

    Args:
        memory: bytes that a check may take.
        seconds: that it may take.
    """

    def __init__(self, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self._lock = threading.Lock()
        self._memory, self._seconds = memory, seconds
        self._line: socket.socket | None = None
        self._pid = 0
        self._start()

    def check(self, path: str) -> Report:
        """Check the file at a path; blocks.

        Raises:
            BundleError: naming what the file breaks, or that it asks for too much.
        """
        with self._lock:
            answer = self._ask(path)
            if answer is None:  # the checker itself was killed: a new one, once
                self.close()
                self._start()
                answer = self._ask(path)
        if answer is None:
            raise BundleError("cannot be checked: the checking process ends")
        if "error" in answer:
            raise BundleError(answer["error"])
        return Report(answer["version"], answer["digest"])

    def close(self) -> None:
        """End the checking process."""
        if self._line is not None:
            self._line.close()
            self._line = None
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            # Neither the server's connections nor its socket outlive it here.
            os.closerange(3, theirs.fileno())
            os.closerange(theirs.fileno() + 1, MAX_FILES)
            with contextlib.suppress(BaseException):
                _serve(theirs, self._memory, self._seconds)
            os._exit(0)
        theirs.close()
        self._line = ours

    def _ask(self, path: str) -> dict[str, str] | None:
        assert self._line is not None
        answer = b""
        try:
            self._line.sendall(path.encode() + b"\n")
            while not answer.endswith(b"\n"):
                part = self._line.recv(1 << 16)
                if not part:
                    return None
                answer += part
        except OSError:
            return None
        found: dict[str, str] = json.loads(answer)
        return found


def _serve(line: socket.socket, memory: int, seconds: int) -> None:
    """The checking process: a path in, a line of JSON out, until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with line.makefile("rb") as paths:
        for path in paths:
            line.sendall(_forked(path[:-1].decode(), memory, seconds) + b"\n")


def _forked(path: str, memory: int, seconds: int) -> bytes:
    """The answer of a child; one that says so if the child ended without any."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            _limit(memory, seconds)
            os.write(writing, json.dumps(_opened(path)).encode())
        finally:  # whatever happens, this process never goes on as a second checker
            os._exit(0)
    os.close(writing)
    answer = b""
    with os.fdopen(reading, "rb") as pipe:
        if select.select([pipe], [], [], seconds)[0]:
            answer = pipe.read()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if answer:
        return answer
    limits = f"{seconds} seconds and {memory} bytes of memory"
    return json.dumps({"error": f"cannot be opened within {limits}"}).encode()


def _limit(memory: int, seconds: int) -> None:
    limits = [(resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)]
    with contextlib.suppress(FileNotFoundError):  # where there is no /proc, time is the limit
        with open("/proc/self/statm", "rb") as file:
            size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        limits.append((resource.RLIMIT_AS, size + memory))
    for what, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))


def _opened(path: str) -> dict[str, Any]:
    """Open a file; PMML becomes a bundle in its place, so that only this process parses it."""
    try:
        bundle = open_bundle(path)
        Runtime.load(bundle, verify=True)
        if not is_zip(path):
            bundle.save(path)
    except BundleError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "needs more memory to open than is allowed (--load-memory)"}
    except Exception as error:
        return {"error": f"cannot be opened: {type(error).__name__}"}
    return {"version": bundle.version, "digest": bundle.digest}
