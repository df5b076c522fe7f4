"""Whether a peer scores the same model: compared before anything is timed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TOLERANCE: Final = 1e-5
"""Peers that compute in float32 differ by some 1e-7; another leaf in one tree by more than this."""


@dataclass(frozen=True)
class Agreement:
    """How a peer's outputs compare with the training library's.

    Attributes:
        difference: the largest absolute one.
        compared: how many rows.
        differing: how many differ by more than the tolerance.
        identical: every bit is equal, in the same dtype.
    """

    difference: float
    compared: int
    differing: int
    identical: bool

    @property
    def same(self) -> bool:
        """Whether its times count."""
        return self.differing == 0

    def to_json(self) -> dict[str, Any]:
        """For the results."""
        return {**asdict(self), "same": self.same}


def compare(output: Any, reference: Array) -> Agreement:
    """A peer's natural output against the training library's.

    Raises:
        ValueError: shapes that cannot mean the same.
    """
    theirs = np.asarray(output)
    ours = reference.reshape(len(reference), -1)
    theirs = theirs.reshape(len(ours), -1) if theirs.size % len(ours) == 0 else theirs
    if theirs.shape[-1] == 1 and ours.shape[1] == 2:  # the second class's probability alone
        ours = ours[:, 1:]
    if theirs.shape != ours.shape:
        raise ValueError(f"its output has shape {theirs.shape}, not {ours.shape}")
    apart = np.abs(theirs.astype(np.float64) - ours.astype(np.float64))
    apart[np.isnan(apart)] = np.inf
    return Agreement(
        float(apart.max()),
        len(ours),
        int((apart > TOLERANCE).any(axis=1).sum()),
        bool(theirs.dtype == ours.dtype and np.array_equal(theirs, ours)),
    )
