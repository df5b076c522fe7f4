"""Views: the forms in which rows are given to the peers.

Every peer gets the same view, and must turn it into what it needs within the timed call, because
a user must do so too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd


def _records(base: Any) -> list[dict[str, object]]:
    if isinstance(base, pd.DataFrame):
        return [{str(k): v for k, v in row.items()} for row in base.to_dict("records")]
    names = [f"x{i}" for i in range(base.shape[1])]
    return [dict(zip(names, row, strict=True)) for row in base.astype(float).tolist()]


def _categoricals(frame: Any) -> Any:
    return frame.astype(dict.fromkeys(("city", "kind", "colour"), "category"))


def _arrow(frame: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_pandas(_categoricals(frame), preserve_index=False)


VIEWS: Final[dict[str, Callable[[Any], Any]]] = {
    "float32": lambda base: np.ascontiguousarray(base, np.float32),
    "float64": lambda base: np.ascontiguousarray(base, np.float64),
    "dict": _records,
    "objects": lambda base: base,
    "categoricals": _categoricals,
    "arrow": _arrow,
    "text": lambda base: base,
}
"""How rows are given: arrays, dicts, frames of object strings or of pandas categories, an Arrow
table of dictionaries, a list of documents."""

SINGLE: Final = 64
"""Different rows that one-row calls take turns with: the same row again would train the branch
predictor."""


def piece(view: str, given: Any, start: int, stop: int) -> Any:
    """Rows of a view; a dict view gives its one dict."""
    if view == "dict":
        return given[start]
    if view == "arrow":
        return given.slice(start, stop - start)
    if view in ("objects", "categoricals"):
        return given.iloc[start:stop].copy()
    return given[start:stop].copy() if isinstance(given, np.ndarray) else given[start:stop]


def inputs(view: str, base: Any, rows: int) -> list[Any]:
    """What calls of that many rows are given: several rows in turn, or one batch."""
    if rows > 1:
        return [VIEWS[view](base[:rows])]
    given = VIEWS[view](base[:SINGLE])
    return [piece(view, given, i, i + 1) for i in range(SINGLE)]
