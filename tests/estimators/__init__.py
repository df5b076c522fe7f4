"""The table of exported estimators: one row per estimator and set of options that matters.

A row is a name, an estimator and the data it is fitted on (see `data.py`). It buys equality
with the library, graph round trip, one row = many rows, and behaviour on missing values
(`test_estimators.py`). One file per module of scikit-learn, each with a function `cases`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pkgutil import iter_modules

from .case import Case
from .older import imported, until_unknown

ASIDE = ("case", "older", "refused", "scope")


def cases() -> Iterator[Case]:
    """Every row of every file."""
    for module in iter_modules(__path__):
        if module.name not in ASIDE:
            yield from until_unknown(module.name, imported(f"{__name__}.{module.name}").cases())


__all__ = ["Case", "cases"]
