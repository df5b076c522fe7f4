"""From settings to a running server: repository, processes, application, uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import shutil
import signal
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import uvicorn

from scorebundle.runtime import library

from .app import App
from .models.changes import Changer, Changes, Local
from .models.checker import Checker
from .models.link import Link
from .models.repository import Repository
from .models.sources import Sources
from .models.supervisor import Supervisor
from .routes.documents import DocumentRoutes
from .routes.inference import InferenceRoutes
from .routes.manage import Manager, ManageRoutes, ModelRoot
from .routes.mleap import MleapRoutes
from .routes.operations import OperationsRoutes
from .routes.rows import RowRoutes
from .routes.scoring import Scorer
from .settings import Settings, Usage
from .watch.log import AccessLog
from .watch.metrics import Metrics, Snapshot
from .watch.tracing import Tracing
from .web.access import Access
from .web.protocol import Limited, Limits

BACKLOG = 2048
GC_THRESHOLD = (50_000, 20, 20)
"""Requests leave no cycles, so that looking for them more often only makes outliers."""
LOCK_SECONDS = 3.0
PATIENCE = 10.0
"""Seconds that a worker may take to load a model, beyond what the check may take."""

log = logging.getLogger("bundle_serve")


def serve(settings: Settings) -> int:
    """Serve until told to stop; the exit code.

    Raises:
        Usage: if an option's folder, file or address cannot be used.
        Refused: if a model that was named cannot be loaded.
    """
    library.load()  # once, for every process that is forked from here on
    with _state(settings) as state, _listening(settings) as listening:
        repository = Repository(state, settings.keep)
        checker = Checker(settings.load_memory, settings.load_timeout)
        if settings.workers == 1:
            changes = Changes(repository)
            sources = _sources(settings, repository, changes, checker)
            sources.start()
            process = Process(settings, repository, checker, sources)
            return process.run(listening, Local(changes), None)
        return _supervised(settings, repository, checker, listening)


def _supervised(
    settings: Settings, repository: Repository, checker: Checker, listening: socket.socket
) -> int:
    supervisor = Supervisor(repository, settings.workers, settings.load_timeout + PATIENCE)
    sources = _sources(settings, repository, supervisor.changes, checker)
    sources.start()

    def work(line: socket.socket) -> int:
        own = Checker(settings.load_memory, settings.load_timeout)
        files = _sources(settings, repository, supervisor.changes, own)
        process = Process(settings, repository, own, files)
        link = Link(line, repository, process.metrics, process.stop)
        return process.run(listening, link, link)

    return supervisor.run(work, sources.poll, settings.watch)


def _sources(
    settings: Settings, repository: Repository, changes: Changes, checker: Checker
) -> Sources:
    return Sources(settings.model, settings.models, repository, changes, checker)


class Process:
    """One process that answers requests.

    Attributes:
        metrics: its counts.
    """

    def __init__(
        self, settings: Settings, repository: Repository, checker: Checker, sources: Sources
    ) -> None:
        self._settings, self._repository = settings, repository
        self._checker, self._sources = checker, sources
        self.metrics = Metrics()
        self._server: Server | None = None
        self._tracing: Tracing | None = None

    def run(self, listening: socket.socket, changer: Changer, link: Link | None) -> int:
        """Serve until told to stop."""
        settings = self._settings
        self._tracing = Tracing() if settings.otel else None
        scorer = Scorer(
            self._repository,
            self.metrics,
            threads=settings.threads,
            queue=settings.queue,
            max_rows=settings.max_rows,
        )
        manager = Manager(self._repository, changer, self._checker, self.metrics)
        operations = OperationsRoutes(
            self._repository, self.metrics, link.others if link else _nobody
        )
        manage = ManageRoutes(
            manager,
            scorer,
            ModelRoot(settings.model_root),
            open_path=settings.open_path,
            max_body=settings.max_body,
        )
        app = App(
            (
                manage,
                RowRoutes(scorer),
                MleapRoutes(scorer, manage),
                InferenceRoutes(scorer, manager, self._sources, operations.is_ready),
                operations,
                DocumentRoutes(self._repository),
            ),
            Access(settings.admin_token, settings.score_token),
            self.metrics,
            max_request=settings.max_request,
            access_log=AccessLog(settings.access_log) if settings.access_log else None,
            started=link.start if link else self._start_watching,
            stopped=self._stopped,
        )
        # What is loaded stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        self._server = Server(self._config(app), app, operations, settings.drain_delay)
        return self._server.run_on(listening)

    def stop(self) -> None:
        """End as after SIGTERM."""
        if self._server is not None:
            self._server.drain()

    async def _start_watching(self) -> None:
        if self._settings.watch:
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.watch)
            await asyncio.to_thread(self._sources.poll)

    async def _stopped(self) -> None:
        await asyncio.to_thread(self._checker.close)
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)

    def _config(self, app: App) -> uvicorn.Config:
        settings = self._settings
        limits = Limits(settings.header_timeout, settings.body_timeout, settings.max_connections)
        security: dict[str, Any] = {}
        if settings.tls_certificate:
            security = {"ssl_certfile": settings.tls_certificate, "ssl_keyfile": settings.tls_key}
        if settings.tls_client_ca:
            security |= {
                "ssl_ca_certs": str(settings.tls_client_ca),
                "ssl_cert_reqs": ssl.CERT_REQUIRED,
            }
        return uvicorn.Config(
            self._tracing.around(app) if self._tracing else app,
            http=partial(Limited, limits=limits, metrics=self.metrics),  # type: ignore[arg-type]
            ws="none",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            date_header=True,
            timeout_keep_alive=int(settings.keep_alive),
            timeout_graceful_shutdown=int(settings.drain_timeout),
            **security,
        )


class Server(uvicorn.Server):
    """uvicorn's server; SIGTERM first makes it not ready, then lets requests in flight end."""

    def __init__(
        self, config: uvicorn.Config, app: App, operations: OperationsRoutes, delay: float
    ) -> None:
        super().__init__(config)
        self._app, self._operations, self._delay = app, operations, delay

    def run_on(self, listening: socket.socket) -> int:
        """Serve on a socket until told to stop; the exit code."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self._serve_on(listening))
        return 0 if self.started else 1

    def drain(self) -> None:
        """Stop: at once if that was asked for already."""
        if self._operations.draining:
            self.should_exit = True
            return
        self._operations.draining = self._app.closing = True
        asyncio.get_running_loop().call_later(self._delay, self._exit)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are handled on the event loop instead: see `run_on`."""
        yield

    async def _serve_on(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        await self.serve(sockets=[listening])

    def _exit(self) -> None:
        self.should_exit = True


async def _nobody() -> list[Snapshot]:
    return []


@contextlib.contextmanager
def _state(settings: Settings) -> Iterator[Path]:
    """The state directory; without one, a temporary that goes with the server.

    Raises:
        Usage: if it cannot be written.
    """
    if settings.state is not None:
        try:
            settings.state.mkdir(parents=True, exist_ok=True)
            lock = open(settings.state / "lock", "wb")  # noqa: SIM115
        except OSError as error:
            raise Usage(f"state: {settings.state}: {error.strerror}") from None
        with lock:
            _locked(lock, settings.state)
            yield settings.state
        return
    for folder in (os.environ.get("TMPDIR"), "/tmp", "/dev/shm"):
        try:
            path = tempfile.mkdtemp(prefix="bundle-serve-", dir=folder) if folder else None
        except OSError:
            continue
        if path:
            break
    else:
        raise Usage("state: there is no folder to write to; give --state")
    try:
        yield Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _locked(lock: BinaryIO, state: Path) -> None:
    """Keep other servers out; workers of one that was killed may need a moment to go.

    Raises:
        Usage: if another server uses the state directory.
    """
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if time.monotonic() > until:
                raise Usage(f"state: {state} is used by another server") from None
            time.sleep(0.05)


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        address = (settings.host, settings.port)
        listening = socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        raise Usage(f"host, port: {settings.host} {settings.port}: {error.strerror}") from None
    listening.set_inheritable(True)
    with listening:
        yield listening
