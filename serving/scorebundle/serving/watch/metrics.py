"""What the server counts: plain numbers, and Prometheus' text when it is asked for.

Names follow Prometheus' conventions: base units, `_total`, `_seconds`. Several processes add up
their `snapshot`s, so that `/metrics` says the same whichever of them answers.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

BUCKETS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025),
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper edges of the histograms, in seconds."""

Labels = tuple[str, ...]
Snapshot = dict[str, list[Any]]
"""By metric: pairs of labels and numbers."""

HISTOGRAMS: Final = {
    "bundle_serve_request_seconds": (
        "Time from a request's head to its answer",
        ("route", "method", "code", "model", "version"),
    ),
    "bundle_serve_score_seconds": (
        "Time in the model: reading columns, kernels, results",
        ("model", "version"),
    ),
}
COUNTERS: Final = {
    "bundle_serve_rows": ("Rows scored", ("model", "version")),
    "bundle_serve_rows_refused": ("Rows that the model refused", ("model", "version")),
    "bundle_serve_changes": ("Changes of models", ("kind", "result")),
    "bundle_serve_rejected": ("Requests turned away", ("reason",)),
}
GAUGES: Final = {
    "bundle_serve_in_flight": "Requests being answered",
    "bundle_serve_queue": "Requests waiting for a scoring thread",
    "bundle_serve_connections": "Open connections",
}


class Metrics:
    """Counts of one process; threads may share it.

    Attributes:
        gauges: current numbers by name.
    """

    def __init__(self) -> None:
        self.gauges: dict[str, int] = dict.fromkeys(GAUGES, 0)
        self._histograms: dict[str, dict[Labels, list[float]]] = {n: {} for n in HISTOGRAMS}
        self._counters: dict[str, dict[Labels, float]] = {n: {} for n in COUNTERS}
        self._swapped: dict[str, float] = {}
        self._lock = threading.Lock()

    def scored(self, model: Labels, rows: int, refused: int, seconds: float) -> None:
        """Some rows were scored."""
        self.observe("bundle_serve_score_seconds", model, seconds)
        self.count("bundle_serve_rows", model, rows)
        if refused:
            self.count("bundle_serve_rows_refused", model, refused)

    def observe(self, name: str, labels: Labels, seconds: float) -> None:
        """Add a duration to a histogram."""
        known = self._histograms[name]
        with self._lock:
            cells = known.get(labels)
            if cells is None:  # a cell per bucket, one beyond, and the sum
                cells = known[labels] = [0] * (len(BUCKETS) + 1) + [0.0]
            cells[bisect_left(BUCKETS, seconds)] += 1
            cells[-1] += seconds

    def count(self, name: str, labels: Labels, number: int = 1) -> None:
        """Add to a counter."""
        known = self._counters[name]
        with self._lock:
            known[labels] = known.get(labels, 0) + number

    def swapped(self, model: str) -> None:
        """A model was loaded or swapped just now."""
        self._swapped[model] = time.time()

    def snapshot(self) -> Snapshot:
        """Everything, as JSON can carry it."""
        tables: dict[str, Any] = {**self._histograms, **self._counters}
        with self._lock:
            result = {name: [[*pair] for pair in table.items()] for name, table in tables.items()}
        result["gauges"] = [[*pair] for pair in self.gauges.items()]
        result["swapped"] = [[*pair] for pair in self._swapped.items()]
        return result


class Collected:
    """Several snapshots added up, in the form that prometheus_client collects.

    Args:
        snapshots: one per process.
        models: labels of the active models: name, version, digest.
    """

    def __init__(self, snapshots: Iterable[Snapshot], models: Sequence[Labels]) -> None:
        self._snapshots, self._models = list(snapshots), models

    def collect(self) -> Iterator[Any]:
        """The metric families."""
        from prometheus_client import core

        for name, (about, labels) in HISTOGRAMS.items():
            histogram = core.HistogramMetricFamily(name, about, labels=labels)
            for key, cells in self._sums(name):
                counts = [sum(cells[: i + 1]) for i in range(len(BUCKETS) + 1)]
                edges = [*map(str, BUCKETS), "+Inf"]
                histogram.add_metric(key, list(zip(edges, counts, strict=True)), cells[-1])
            yield histogram
        for name, (about, labels) in COUNTERS.items():
            counter = core.CounterMetricFamily(name, about, labels=labels)
            for key, cells in self._sums(name):
                counter.add_metric(key, cells[0])
            yield counter
        gauges = {key[0]: cells[0] for key, cells in self._sums("gauges")}
        for name, about in GAUGES.items():
            yield core.GaugeMetricFamily(name, about, value=gauges.get(name, 0))
        info = core.GaugeMetricFamily(
            "bundle_serve_model_info",
            "1 for every active model",
            labels=("model", "version", "digest"),
        )
        for model in self._models:
            info.add_metric(model, 1)
        yield info
        swapped = core.GaugeMetricFamily(
            "bundle_serve_model_swapped_timestamp_seconds", "Last swap", labels=("model",)
        )
        latest: dict[str, float] = {}
        for snapshot in self._snapshots:
            for name, when in snapshot["swapped"]:
                latest[name] = max(when, latest.get(name, 0))
        for name, when in latest.items():
            swapped.add_metric((name,), when)
        yield swapped

    def text(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def _sums(self, name: str) -> Iterator[tuple[Labels, list[float]]]:
        totals: dict[Labels, list[float]] = {}
        for snapshot in self._snapshots:
            for labels, number in snapshot[name]:
                key = tuple(labels) if isinstance(labels, (list, tuple)) else (labels,)
                cells = number if isinstance(number, list) else [number]
                before = totals.get(key, [0] * len(cells))
                totals[key] = [a + b for a, b in zip(before, cells, strict=True)]
        yield from totals.items()
