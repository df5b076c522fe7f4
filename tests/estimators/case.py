"""One row of the table of exported estimators."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """One row of the table.

    Attributes:
        name: what is special about it.
        estimator: not fitted.
        data: name of a data set in `data.py`.
        tolerance: largest relative difference, measured, where the contract is not exact.
        alone: whether the library lets rows of one call influence each other.
    """

    name: str
    estimator: Any
    data: str
    tolerance: float = 1e-12
    alone: bool = False
