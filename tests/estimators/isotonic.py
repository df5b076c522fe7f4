"""sklearn.isotonic."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.isotonic import IsotonicRegression

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for beyond in ("nan", "clip", "raise"):
        for data in ("one column", "one column float32", "one number"):
            model = IsotonicRegression(out_of_bounds=beyond)
            yield Case(f"IsotonicRegression({beyond})", model, data)
    falling = IsotonicRegression(increasing=False, y_min=-1, y_max=1, out_of_bounds="clip")
    yield Case("IsotonicRegression falling", falling, "one column")
