"""Scoring for all routes: small requests on the event loop, large ones in a few threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from scorebundle.bundle import InputError, RowError
from scorebundle.runtime import Scores
from scorebundle.runtime.calls import Errors
from scorebundle.runtime.cells import spelled

from ..models.repository import Repository, Served
from ..watch.metrics import Metrics
from ..web.http import HttpError, Request

Work = TypeVar("Work")

INLINE_BYTES: Final = 1 << 14
"""Bodies up to this size are answered on the event loop: a thread would cost more."""
SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
"""How JSON carries what is no JSON number (as in the JSON form of protocol buffers)."""


class Scorer:
    """Scores the rows of requests.

    Args:
        repository: the models.
        metrics: told of rows and time.
        threads: that score large requests.
        queue: large requests that may wait for a thread.
        max_rows: most rows in a request.
    """

    def __init__(
        self, repository: Repository, metrics: Metrics, *, threads: int, queue: int, max_rows: int
    ) -> None:
        self._repository, self._metrics = repository, metrics
        self._max_rows, self._queue = max_rows, queue
        self._threads, self._working = threads, 0
        self._pool = ThreadPoolExecutor(threads, "score")

    def served(self, request: Request, name: str | None = None) -> Served:
        """The active version of the model that a request names.

        Raises:
            HttpError: 404 if there is none.
        """
        return self.served_by(request.parameters["name"] if name is None else name)

    def served_by(self, name: str) -> Served:
        """The active version of a model; errors as `served`."""
        served = self._repository.get(name)
        if served is None:
            raise HttpError(404, f"there is no model {name!r:.200}")
        return served

    def score(
        self,
        served: Served,
        rows: Any,
        count: int,
        select: list[str] | None = None,
        errors: Errors = "mark",
    ) -> Scores:
        """The model's scores, in whichever thread this is called.

        Args:
            served: the model.
            rows: as `Runtime.score` takes them.
            count: how many they are.
            select: the wanted outputs; all by default.
            errors: mark refused rows, or raise.

        Raises:
            HttpError: 422 for columns or rows that do not fit, 404 for an unknown output, 413
                for too many rows.
        """
        if count > self._max_rows:
            raise HttpError(413, f"a request may have {self._max_rows} rows, not {count}")
        started = time.perf_counter()
        scores = _scored(served, rows, select, errors)
        took = time.perf_counter() - started
        self._metrics.scored((served.name, served.version), scores.rows, len(scores.status), took)
        return scores

    async def run(self, size: int, work: Callable[[], Work]) -> Work:
        """Do the work of a request: at once if its body is small, else in a thread.

        Args:
            size: of the request's body in bytes.
            work: what to do.

        Raises:
            HttpError: 503 if too many requests wait for a thread.
        """
        if size <= INLINE_BYTES:
            return work()
        waiting = self._working - self._threads
        if waiting >= self._queue:
            self._metrics.count("bundle_serve_rejected", ("queue",))
            raise HttpError(503, "too many large requests are waiting", retry_after="1")
        self._working += 1
        self._metrics.gauges["bundle_serve_queue"] = max(0, self._working - self._threads)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._working -= 1
            self._metrics.gauges["bundle_serve_queue"] = max(0, self._working - self._threads)


def with_collections(columns: Any, served: Served) -> Any:
    """Columns with the collections that texts say in JSON, for protocols that have only scalars.

    Raises:
        HttpError: 400 naming the column and the row whose text says none.
    """
    names = [item.name for item in served.runtime.inputs if item.type == "items"]
    if not names or not isinstance(columns, dict):
        return columns
    return {
        name: [_collection(name, row, cell) for row, cell in enumerate(column)]
        if name in names
        else column
        for name, column in columns.items()
    }


def _collection(name: str, row: int, text: Any) -> Any:
    try:
        return text if text is None else spelled(text)
    except (TypeError, AttributeError, ValueError):
        raise HttpError(
            400,
            f"input {name!r:.80}: must be JSON of a list or object, not {text!r:.40} (row {row})",
        ) from None


def selected(query: dict[str, str]) -> list[str] | None:
    """`?select=a,b`."""
    return query["select"].split(",") if "select" in query else None


def _scored(served: Served, rows: Any, select: list[str] | None, errors: Errors) -> Scores:
    try:
        try:
            return served.runtime.score(rows, select=select, errors=errors)
        except InputError:
            again = _with_special_numbers(served, rows)
            if again is None:
                raise
            return served.runtime.score(again, select=select, errors=errors)
    except (InputError, RowError) as error:
        raise HttpError(422, str(error)) from None
    except KeyError as error:
        raise HttpError(404, str(error.args[0])) from None


def _with_special_numbers(served: Served, rows: Any) -> Any:
    """Rows with "NaN" and "Infinity" as numbers, in columns of numbers; None if there are none."""
    numeric = {item.name for item in served.runtime.inputs if item.type.startswith("float")}
    found = False

    def number(name: Any, value: Any) -> Any:
        nonlocal found
        if name in numeric and type(value) is str and value in SPECIAL:
            found = True
            return SPECIAL[value]
        if name in numeric and type(value) is list:
            return [number(name, item) for item in value]
        return value

    if isinstance(rows, dict):
        rows = {name: number(name, value) for name, value in rows.items()}
    elif isinstance(rows, list) and all(type(row) is dict for row in rows):
        rows = [{name: number(name, value) for name, value in row.items()} for row in rows]
    return rows if found else None
