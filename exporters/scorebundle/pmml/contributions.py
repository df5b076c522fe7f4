"""TreeContributions has no form: PMML's trees tell of a row's own leaf, not of all of them."""

from __future__ import annotations

from scorebundle.bundle.ops import TreeContributions

from .draft import Call, form
from .elements import Unsupported
from .expressions import Cell


@form(TreeContributions)
def contributions(op: TreeContributions, call: Call) -> list[Cell]:
    """Refused."""
    raise Unsupported("PMML has no contributions of columns; leave them out of extras")
