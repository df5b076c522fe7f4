"""A worker's side of the line to its supervisor: changes go up, prepared swaps come down.

Messages are JSON objects, one per line. Up: {"request": number, "change" or "counts": …} and the
replies to what came down; down: {"answer": number, …}, {"prepare": name, "index": …}, {"commit":
name}, {"abort": true}, {"counts": true}.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from itertools import count
from typing import Any

from scorebundle.bundle import BundleError

from ..watch.metrics import Metrics, Snapshot
from .changes import Refused
from .repository import Change, Index, Repository, Served

LINE_LIMIT = 1 << 26


class Link:
    """A `Changer` for a worker: the supervisor makes the changes, in all workers or in none.

    Args:
        line: the socket to the supervisor.
        repository: the models of this process.
        metrics: its counts, for the others.
        lost: called when the supervisor is gone.
    """

    def __init__(
        self,
        line: socket.socket,
        repository: Repository,
        metrics: Metrics,
        lost: Callable[[], None],
    ) -> None:
        self._line, self._repository, self._metrics = line, repository, metrics
        self._lost = lost
        self._numbers = count()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._prepared: tuple[str, Index, Served | None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        """Listen to the supervisor from now on."""
        reader, self._writer = await asyncio.open_connection(sock=self._line, limit=LINE_LIMIT)
        self._task = asyncio.create_task(self._listen(reader))

    async def apply(self, change: Change) -> Served | None:
        """See `Changer.apply`."""
        answer = await self._ask({"change": change._asdict()})
        if "kind" in answer:
            raise Refused(answer["kind"], answer["message"])
        return self._repository.get(change.name)

    async def others(self) -> list[Snapshot]:
        """The counts of the other workers."""
        found: list[Snapshot] = (await self._ask({"counts": True}))["counts"]
        return found

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        future = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        self._send({"request": number, **message})
        answer: dict[str, Any] = await future
        return answer

    def _send(self, message: dict[str, Any]) -> None:
        assert self._writer is not None
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            if "answer" in message:
                self._answers.pop(message["answer"]).set_result(message)
            elif "abort" in message:
                self._prepared = None
            else:
                self._send(await self._obeyed(message))
        for future in self._answers.values():
            future.set_result({"kind": "disk", "message": "the server is stopping"})
        self._lost()

    async def _obeyed(self, message: dict[str, Any]) -> dict[str, Any]:
        if "prepare" in message:
            name, index = message["prepare"], Index.from_json(message["index"])
            try:
                served = await asyncio.to_thread(self._repository.load, name, index)
            except (BundleError, OSError, MemoryError) as error:
                return {"error": str(error)}
            self._prepared = name, index, served
        elif "commit" in message and self._prepared is not None:
            self._repository.publish(*self._prepared)
            self._prepared = None
        elif "counts" in message:
            return {"counts": self._metrics.snapshot()}
        return {"done": True}
