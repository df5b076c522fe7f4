"""ModelVerification: a few rows with the outputs that the training library gave for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.graph import Graph
from scorebundle.bundle.verification import Verification, is_missing

from .draft import Draft
from .elements import Element, element, spelled
from .outputs import Result

MAX_ROWS = 5
PRECISION = {"float32": "1E-4"}
"""Relative, by dtype, else 1E-6: evaluators sum in another order, and float32 in double."""

ZERO_THRESHOLD = {"float32": "1E-5"}
"""Absolute near 0, by dtype, else 1E-9."""


def model_verification(
    graph: Graph, draft: Draft, results: list[Result], verification: Verification | None
) -> Element | None:
    """Rows without missing values, as evaluators differ in how a table spells them; none of a
    model that reads nothing."""
    if verification is None or not set(draft.inputs) <= set(verification.rows):
        return None
    columns: dict[str, Any] = {name: verification.rows[name] for name in draft.inputs}
    for result in results:
        values = verification.outputs[result.output].values[result.value]
        columns[result.name] = (
            values[:, result.column] if isinstance(values, np.ndarray) else values
        )
    count = min((len(column) for column in columns.values()), default=0)
    rows = [row for row in range(count) if all(_plain(c[row]) for c in columns.values())]
    if not rows:
        return None
    tags = {name: f"c{position}" for position, name in enumerate(columns)}
    dtypes = {result.name: result.dtype for result in results}
    fields = [_field(name, tag, dtypes.get(name)) for name, tag in tags.items()]
    table = [
        element("row", None, *(element(tags[n], text=_text(c[row])) for n, c in columns.items()))
        for row in rows[:MAX_ROWS]
    ]
    return element(
        "ModelVerification",
        {"recordCount": str(len(table)), "fieldCount": str(len(fields))},
        element("VerificationFields", None, *fields),
        element("InlineTable", None, *table),
    )


def _field(name: str, tag: str, dtype: str | None) -> Element:
    """An output of that dtype, or an input."""
    attributes = {"field": name, "column": tag}
    if dtype is not None:
        attributes["precision"] = PRECISION.get(dtype, "1E-6")
        attributes["zeroThreshold"] = ZERO_THRESHOLD.get(dtype, "1E-9")
    return element("VerificationField", attributes)


def _plain(value: Any) -> bool:
    """Whether every evaluator reads the value from a table as it is."""
    if isinstance(value, str):
        return bool(value) and value == value.strip()
    return not is_missing(value) and bool(np.isfinite(value))


def _text(value: Any) -> str:
    return spelled(value.item() if isinstance(value, np.generic) else value)
