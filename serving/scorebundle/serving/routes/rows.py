"""`POST /models/{name}/score`: rows in any of our formats, each answered with its own status."""

from __future__ import annotations

from typing import cast

from scorebundle.runtime.calls import Errors

from ..web.http import Answer, HttpError, Request, Routes
from .bodies import WRITERS, reader_of, written_type
from .scoring import Scorer, selected


class RowRoutes:
    """The handler over a scorer."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def register(self, routes: Routes) -> None:
        """Add the route."""
        routes.add("POST", "/models/{name}/score", self.score)

    async def score(self, request: Request) -> Answer:
        """Score an object (one row), a list of objects, columns, or the rows of a file.

        `?select=a,b` computes only these outputs; `?errors=raise` fails the whole request if
        the model refuses one row, by default only that row gets a status.
        """
        served = self._scorer.served(request)
        query = request.query
        errors = query.get("errors", "mark")
        if errors not in ("mark", "raise"):
            raise HttpError(400, "errors is mark or raise")
        kind = request.content_type()
        read = reader_of(kind)
        to = written_type(request.header(b"accept"), kind)
        data = await request.body()

        def work() -> bytes:
            rows = read(data, served)
            wanted = selected(query)
            mode = cast(Errors, errors)
            scores = self._scorer.score(served, rows.values, rows.number, wanted, mode)
            return WRITERS[to](scores, rows, errors == "mark")

        body = await self._scorer.run(len(data), work)
        return Answer(200, body, to, served.headers, (served.name, served.version))
