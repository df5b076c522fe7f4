"""Health and metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from .http import Answer, HttpError, Request, Routes, answer
from .repository import Repository

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Upper edges of the latency histogram, in seconds."""


class Operations:
    """What a platform asks of a server.

    Attributes:
        draining: set when the server is told to stop; it is then no longer ready.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.draining = False
        self._registry = CollectorRegistry()
        labels = ["route", "method", "code", "model", "version"]
        self._requests = Counter(
            "bundle_serve_requests", "Requests answered", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "bundle_serve_request_seconds",
            "Time from the request's head to its answer",
            ["route", "method"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._models = Gauge(
            "bundle_serve_model_info",
            "1 for every active model",
            ["model", "version", "digest"],
            registry=self._registry,
        )

    def register(self, routes: Routes) -> None:
        """Add the routes."""
        routes.add("GET", "/health/live", self.live)
        routes.add("GET", "/health/ready", self.ready)
        routes.add("GET", "/metrics", self.metrics)

    async def live(self, request: Request) -> Answer:
        """The process answers."""
        return answer({"live": True})

    async def ready(self, request: Request) -> Answer:
        """Every model that is served has answered its stored rows; nothing was lost at start."""
        if self.draining:
            raise HttpError(503, "the server is stopping")
        if self._repository.problems:
            raise HttpError(503, "; ".join(self._repository.problems))
        return answer({"ready": True, "models": len(self._repository.all())})

    async def metrics(self, request: Request) -> Answer:
        """Prometheus text."""
        self._models.clear()
        for served in self._repository.all():
            self._models.labels(served.name, served.version, served.digest).set(1)
        return Answer(200, generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4)

    def count(self, route: str, request: Request, result: Answer, seconds: float) -> None:
        """Take one answered request into account."""
        headers = dict(result.headers)
        model, version = headers.get("model-name", ""), headers.get("model-version", "")
        code = str(result.status)
        self._requests.labels(route, request.method, code, model, version).inc()
        self._seconds.labels(route, request.method).observe(seconds)
