"""Health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..models.repository import Repository
from ..watch.metrics import Collected, Metrics, Snapshot
from ..web.http import Answer, HttpError, Request, Routes, answer

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class OperationsRoutes:
    """What a platform asks of a server.

    Args:
        repository: the models.
        metrics: of this process.
        others: asks the other processes for theirs.

    Attributes:
        draining: set when the server is told to stop; it is then no longer ready.
    """

    def __init__(
        self,
        repository: Repository,
        metrics: Metrics,
        others: Callable[[], Awaitable[list[Snapshot]]],
    ) -> None:
        self._repository, self._metrics, self._others = repository, metrics, others
        self.draining = False

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/health/live", self.live, open=True)
        routes.add("GET", "/health/ready", self.ready, open=True)
        routes.add("GET", "/metrics", self.metrics)

    def is_ready(self) -> bool:
        """Every model that was known is served, and the server is not stopping."""
        return not self.draining and not self._repository.problems

    async def live(self, request: Request) -> Answer:
        """The process answers."""
        return answer({"live": True})

    async def ready(self, request: Request) -> Answer:
        """Every model that is served has answered its stored rows; nothing was lost at start."""
        if self.draining:
            raise HttpError(503, "the server is stopping")
        if self._repository.problems:
            problems = self._repository.problems.items()
            raise HttpError(503, "; ".join(f"{name}: {reason}" for name, reason in problems))
        return answer({"ready": True, "models": len(self._repository.all())})

    async def metrics(self, request: Request) -> Answer:
        """Prometheus text, of all processes together."""
        snapshots = [self._metrics.snapshot(), *await self._others()]
        models = [(s.name, s.version, s.digest) for s in self._repository.all()]
        text = await asyncio.to_thread(Collected(snapshots, models).text)
        return Answer(200, text, TEXT)
