"""Coupling has no form: PMML's expressions have no loop that ends when a number is small."""

from __future__ import annotations

from scorebundle.bundle.ops import Coupling

from .draft import Call, form
from .elements import Unsupported
from .expressions import Cell


@form(Coupling)
def coupling(op: Coupling, call: Call) -> list[Cell]:
    """Refused."""
    raise Unsupported("PMML has no iteration; predict and decision_function can be written alone")
