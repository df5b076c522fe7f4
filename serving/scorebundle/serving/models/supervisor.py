"""Several processes that serve the same models: forked once everything is loaded, kept alive.

The supervisor serves nothing. It makes the changes: it loads the new version itself, has every
worker prepare it, records it, and has them swap. A worker that dies is forked anew from the
supervisor's own, current models; one that does not answer is killed first.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from scorebundle.bundle import BundleError

from .changes import Changes, Refused
from .repository import Change, Index, Repository

log = logging.getLogger("bundle_serve")

Work = Callable[[socket.socket], int]

QUICK = 1.0
"""Seconds: a worker that ends sooner than that did not start."""
MAX_QUICK = 5
"""So many of these in a row end the server."""


class Worker:
    """One forked process and the line to it."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid, self.line = pid, line
        self.started = time.monotonic()
        self._buffer = b""

    def fileno(self) -> int:
        """For select."""
        return self.line.fileno()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; one that is gone is noticed when it does not answer."""
        with contextlib.suppress(OSError):
            self.line.sendall(json.dumps(message).encode() + b"\n")

    def messages(self) -> list[dict[str, Any]] | None:
        """What it sent since the last time; None if it is gone."""
        try:
            data = self.line.recv(1 << 20)
        except OSError:
            return None
        if not data:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in lines]


class Supervisor:
    """Keeps workers alive and makes their changes; a `Followers`.

    Args:
        repository: the models.
        workers: how many.
        patience: seconds that a worker may take to prepare a version.
    """

    def __init__(self, repository: Repository, workers: int, patience: float) -> None:
        self._number, self._patience = workers, patience
        self.changes = Changes(repository, self)
        self._workers: list[Worker] = []
        self._requests: deque[tuple[Worker, dict[str, Any]]] = deque()
        self._quick = 0
        self._stopping = False
        self._wake, wakened = os.pipe()
        os.set_blocking(wakened, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(wakened, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that select wakes up

    def run(self, work: Work, watch: Callable[[], None], every: float) -> int:
        """Serve until told to stop; the exit code.

        Args:
            work: what a worker does with its line: serve, until it returns its exit code.
            watch: looks for changed models, every so many seconds; 0: never.
        """
        self._work = work
        gc.collect()
        gc.freeze()  # pages that the collector does not touch stay shared
        for _ in range(self._number):
            self._fork()
        looked = time.monotonic()
        while self._workers or not self._stopping:
            sources: list[int | Worker] = [self._wake, *self._workers]
            ready, _, _ = select.select(sources, [], [], every or None)
            for source in ready:
                if isinstance(source, Worker):
                    self._receive(source)
                else:
                    os.read(self._wake, 4096)
            while self._requests:
                self._answer(*self._requests.popleft())
            self._bury()
            if self._quick >= MAX_QUICK:
                log.error("workers end as soon as they start")
                self._stop()
            if every and time.monotonic() - looked >= every:
                looked = time.monotonic()
                watch()
        return 1 if self._quick >= MAX_QUICK else 0

    def prepare(self, name: str, index: Index) -> None:
        """See `Followers.prepare`."""
        replies = self._ask({"prepare": name, "index": index.to_json()}, list(self._workers))
        for reply in replies:
            if "error" in reply:
                for worker in self._workers:
                    worker.send({"abort": True})
                raise BundleError(reply["error"])

    def commit(self, name: str, index: Index) -> None:
        """See `Followers.commit`."""
        self._ask({"commit": name}, list(self._workers))

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.set_wakeup_fd(-1)
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                    signal.signal(number, signal.SIG_DFL)
                for line in (ours, *(worker.line for worker in self._workers)):
                    line.close()
                code = self._work(theirs)
            except BaseException:
                log.exception("a worker failed")
            finally:
                os._exit(code)
        theirs.close()
        self._workers.append(Worker(pid, ours))

    def _receive(self, worker: Worker) -> list[dict[str, Any]] | None:
        """Take what a worker sent; requests are queued, replies returned."""
        messages = worker.messages()
        if messages is None:
            self._drop(worker)
            return None
        self._requests += [(worker, message) for message in messages if "request" in message]
        return [message for message in messages if "request" not in message]

    def _answer(self, worker: Worker, message: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"answer": message["request"]}
        if "counts" in message:
            others = [other for other in self._workers if other is not worker]
            replies = self._ask({"counts": True}, others)
            answer["counts"] = [reply["counts"] for reply in replies]
        else:
            try:
                self.changes.make(Change(**message["change"]))
            except Refused as error:
                answer |= {"kind": error.kind, "message": error.message}
            except Exception:
                log.exception("a change failed")
                answer |= {"kind": "disk", "message": "the server failed; its log says why"}
        worker.send(answer)

    def _ask(self, message: dict[str, Any], workers: list[Worker]) -> list[dict[str, Any]]:
        """Every worker's reply; one that gives none in time is killed and left out."""
        for worker in workers:
            worker.send(message)
        replies: list[dict[str, Any]] = []
        waiting = list(workers)
        until = time.monotonic() + self._patience
        while waiting:
            left = until - time.monotonic()
            ready = select.select(waiting, [], [], left)[0] if left > 0 else []
            if not ready:
                for worker in waiting:
                    log.error("worker %d does not answer and is killed", worker.pid)
                    self._drop(worker)
                break
            for worker in ready:
                found = self._receive(worker)
                if found is None:
                    waiting.remove(worker)
                elif found:
                    replies += found
                    waiting.remove(worker)
        return replies

    def _drop(self, worker: Worker) -> None:
        """A worker whose line ended: make sure that it ends, too."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        worker.line.close()
        self._requests = deque(pair for pair in self._requests if pair[0] is not worker)
        if not self._stopping:
            os.kill(worker.pid, signal.SIGKILL)
            quick = time.monotonic() - worker.started < QUICK
            self._quick = self._quick + 1 if quick else 0
            log.error("worker %d ended; starting another", worker.pid)

    def _bury(self) -> None:
        """Collect the ended, start what is missing."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        while not self._stopping and len(self._workers) < self._number:
            if self._quick:
                time.sleep(0.2)
            self._fork()

    def _stop(self, *_: Any) -> None:
        self._stopping = True
        for worker in self._workers:
            os.kill(worker.pid, signal.SIGTERM)
