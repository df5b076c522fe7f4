"""Verification: the stored rows once more, against the training library's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scorebundle.bundle import BundleError
from scorebundle.bundle.fields import Array
from scorebundle.bundle.protocol import VERIFICATION
from scorebundle.bundle.verification import Expected

if TYPE_CHECKING:
    from .model import Runtime


def verify(runtime: Runtime) -> int:
    """Score the stored rows; see `Runtime.verify`."""
    bundle = runtime.bundle
    bundle.check()
    stored = bundle.verification
    scores = runtime.score(dict(stored.rows)) if stored.rows else None
    if scores is None:
        return 0
    for name, expected in stored.outputs.items():
        parts = _parts(scores[name], expected)
        for part, wanted, tolerance in zip(parts, expected.values, expected.tolerance, strict=True):
            bad = differing(part, wanted, tolerance)
            if bad.any():
                row = int(np.argmax(bad))
                raise BundleError(
                    f"output {name!r}, row {row}: {part[row]!r} is not the training library's "
                    f"{wanted[row]!r}; {int(bad.sum())} of {len(bad)} rows differ",
                    member=VERIFICATION,
                )
    return scores.rows


def _parts(value: Any, expected: Expected) -> list[Array]:
    if isinstance(value, list):
        return value
    if len(expected.values) > 1:
        return [value[:, i] for i in range(value.shape[1])]
    return [value]


def differing(got: Array, wanted: Any, tolerance: Array | None) -> Array:
    """Rows where `got` is not `wanted` within the tolerance; NaN equals NaN."""
    if isinstance(wanted, list):
        different = np.array(
            [not _same(a, b) for a, b in zip(got.ravel().tolist(), wanted, strict=True)], bool
        )
        return different if tolerance is None else different & ~tolerance
    got = np.reshape(got, wanted.shape)
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    if tolerance is not None:
        with np.errstate(invalid="ignore"):
            same |= np.abs(got.astype(np.float64) - wanted) <= tolerance
    return np.asarray(~same.all(axis=1))


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) or (a != a and b != b)
