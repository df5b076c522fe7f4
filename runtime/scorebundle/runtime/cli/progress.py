"""A progress bar of a few lines; tqdm is not among the runtime's dependencies."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final

WIDTH: Final = 30
EVERY: Final = 0.1
"""Least seconds between two drawings."""


class Progress:
    """Rows so far and, if known, which part of the input they are; on a terminal only."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._start = time.monotonic()
        self._last = 0.0
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def update(self, rows: int, part: float | None) -> None:
        """Draw the bar anew, at most ten times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < EVERY:
            return
        self._last, self._drawn = now, True
        rate = rows / max(now - self._start, 1e-9)
        sys.stderr.write(f"\r\x1b[K{_bar(part)}{rows:,} rows, {rate:,.0f} rows/s")
        sys.stderr.flush()


def _bar(part: float | None) -> str:
    if part is None:
        return ""
    full = round(WIDTH * min(max(part, 0.0), 1.0))
    return f"{'━' * full}{'╌' * (WIDTH - full)} {part:4.0%}  "
