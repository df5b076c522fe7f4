"""Uploads: a body streamed into the state directory, counted and digested on the way."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from .http import HttpError, Request

BLOCK = 1 << 20


async def received(request: Request, folder: Path, limit: int) -> Path:
    """Write the body into a new file of the folder.

    Content-Digest (RFC 9530) with sha-256 or sha-512 is checked.

    Raises:
        HttpError: 413 if the body is larger than the limit, 400 if it differs from its digest or
            is cut off, 507 if it cannot be written.
    """
    wanted = _digests(request.header(b"content-digest"))
    return await _written(request.chunks(limit), folder, wanted)


async def copied(source: Path, folder: Path) -> Path:
    """A copy of a file in the folder, so that what is checked is what is kept.

    Raises:
        OSError: if the source cannot be read.
        HttpError: 507 if the copy cannot be written.
    """

    async def blocks() -> AsyncIterator[bytes]:
        with open(source, "rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK):
                yield block

    return await _written(blocks(), folder, {})


async def _written(blocks: AsyncIterator[bytes], folder: Path, wanted: dict[str, str]) -> Path:
    path = folder / f"{os.urandom(8).hex()}.part"
    digests = {name: hashlib.new(name.replace("-", "")) for name in wanted}
    try:
        with open(path, "xb") as file:
            async for block in blocks:
                file.write(block)
                for digest in digests.values():
                    digest.update(block)
            await asyncio.to_thread(_synced, file)
    except OSError as error:
        _drop(path)
        if error.filename not in (None, str(path)):
            raise
        raise HttpError(507, f"the bundle cannot be stored: {error.strerror}") from None
    except BaseException:
        _drop(path)
        raise
    for name, digest in digests.items():
        if base64.b64encode(digest.digest()).decode() != wanted[name]:
            _drop(path)
            raise HttpError(400, f"the body differs from its Content-Digest ({name})")
    return path


def _synced(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _drop(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _digests(header: str | None) -> dict[str, str]:
    """`sha-256=:base64:, sha-512=:base64:` as base64 text by algorithm; others are ignored.

    Raises:
        HttpError: 400 if there is a header without any that we check.
    """
    found = {}
    for part in (header or "").split(","):
        name, _, value = part.strip().partition("=")
        if name in ("sha-256", "sha-512") and value[:1] == value[-1:] == ":" and len(value) > 2:
            found[name] = value[1:-1]
    if header is not None and not found:
        raise HttpError(400, "Content-Digest must hold sha-256=:…: or sha-512=:…:")
    return found
