"""The access log: one JSON object per request, written a few times a second."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from ..web.http import Answer, Request

DELAY = 0.2
"""Seconds that a line may wait."""


class AccessLog:
    """Writes what happened: when, who, what, how it ended, which model.

    Args:
        path: of the file, appended to; `-` for stdout.
    """

    def __init__(self, path: str) -> None:
        # Open as long as the server runs.
        self._file: BinaryIO = sys.stdout.buffer if path == "-" else open(path, "ab")  # noqa: SIM115
        self._waiting: list[bytes] = []
        self._encode: Callable[[object], bytes] = msgspec.json.Encoder().encode

    def write(self, request: Request, result: Answer, identity: str, seconds: float) -> None:
        """Add a line."""
        model, version = result.model
        line = {
            "time": time.time(),
            "id": identity,
            "client": request.client,
            "method": request.method,
            "path": request.path,
            "status": result.status,
            "seconds": round(seconds, 6),
            "bytes": len(result.body),
            "model": model,
            "version": version,
            "process": os.getpid(),
        }
        if not self._waiting:
            asyncio.get_running_loop().call_later(DELAY, self.flush)
        self._waiting.append(self._encode(line) + b"\n")

    def flush(self) -> None:
        """Write what waits."""
        lines, self._waiting = b"".join(self._waiting), []
        try:
            self._file.write(lines)
            self._file.flush()
        except OSError:  # a full disk must not stop the service
            pass
