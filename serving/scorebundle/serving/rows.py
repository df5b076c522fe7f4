"""`POST /models/{name}/score`: rows as JSON, answered as JSON, each row with its own status."""

from __future__ import annotations

import asyncio
from typing import Any

from scorebundle.bundle import InputError, RowError
from scorebundle.runtime import Scores
from scorebundle.runtime.calls import Errors

from .http import Answer, HttpError, Request, Routes, answer
from .manage import served_by
from .repository import Repository, Served

INLINE_ROWS = 64
"""Up to so many rows are scored on the event loop: a thread would cost more."""


class Rows:
    """The handler over a repository."""

    def __init__(self, repository: Repository, max_rows: int) -> None:
        self._repository, self._max_rows = repository, max_rows

    def register(self, routes: Routes) -> None:
        """Add the route."""
        routes.add("POST", "/models/{name}/score", self.score)

    async def score(self, request: Request) -> Answer:
        """A dict (one row), a list of dicts, or a dict of columns.

        `?select=a,b` computes only these outputs; `?errors=raise` fails the whole request if
        the model refuses one row, by default only that row gets a status.
        """
        served = served_by(self._repository, request.parameters["name"])
        rows = await request.json()
        count = row_count(rows)
        if count > self._max_rows:
            raise HttpError(413, f"a request may have {self._max_rows} rows, not {count}")
        work = (served, rows, request.query)
        if count <= INLINE_ROWS:
            scores = scored(*work)
        else:
            scores = await asyncio.to_thread(scored, *work)
        lines = scores.to_dicts()
        one = isinstance(rows, dict) and not any(isinstance(v, list) for v in rows.values())
        return answer(lines[0] if one else lines, headers=labelled(served))


def row_count(rows: Any) -> int:
    """Rows in a request.

    Raises:
        HttpError: 400 if it is neither an object nor a list.
    """
    if isinstance(rows, list):
        return len(rows)
    if not isinstance(rows, dict):
        raise HttpError(400, "send an object (one row, or columns) or a list of objects")
    lengths = {len(value) for value in rows.values() if isinstance(value, list)}
    return max(lengths, default=1)


def scored(served: Served, rows: Any, query: dict[str, str]) -> Scores:
    """The model's scores.

    Raises:
        HttpError: 422 for columns or rows that do not fit, 404 for an unknown output.
    """
    select = query["select"].split(",") if "select" in query else None
    errors: Errors = "raise" if query.get("errors") == "raise" else "mark"
    if query.get("errors", errors) != errors:
        raise HttpError(400, "errors is mark or raise")
    try:
        return served.runtime.score(
            rows, select=select, errors="mark" if errors == "mark" else "raise"
        )
    except (InputError, RowError) as error:
        raise HttpError(422, str(error)) from None
    except KeyError as error:
        raise HttpError(404, str(error.args[0])) from None


def labelled(served: Served) -> dict[str, str]:
    """Headers that say which model answered."""
    return {
        "model-name": served.name,
        "model-version": served.version,
        "model-digest": served.digest,
    }
