"""Operators that solve a problem for each row have no form: PMML has expressions, and no loops."""

from __future__ import annotations

from scorebundle.bundle.fields import Operator
from scorebundle.bundle.ops import Multiplicative, NonNegative, SparseCode, Topics

from .draft import Call, form
from .elements import Unsupported
from .expressions import Cell


@form(NonNegative)
@form(Multiplicative)
@form(Topics)
@form(SparseCode)
def iterative(op: Operator, call: Call) -> list[Cell]:
    """None."""
    raise Unsupported("takes steps until a row is solved, and PMML has no loops")
