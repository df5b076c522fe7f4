"""sklearn.covariance."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.covariance import EllipticEnvelope

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    for envelope in (
        EllipticEnvelope(random_state=0),
        EllipticEnvelope(random_state=0, store_precision=False, contamination=0.3),
        EllipticEnvelope(random_state=0, assume_centered=True, support_fraction=0.9),
    ):
        for data in ("numbers", "float32", "small integers"):
            yield Case(repr(envelope), envelope, data)
