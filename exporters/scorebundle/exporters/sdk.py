"""What an exporter of one's own is written with; `docs/extending.md` shows how.

register_exporter   decorator: the function that exports estimator classes
Columns             what flows between steps; `columns.numbers()`, `columns.floats()`
Export              grows the graph: `to.add`, `to.binary`, `to.unary`, `to.where`, …
Outputs, Result     what an exporter returns: results by scikit-learn's method name
Value               a block of rows of one dtype and width, on an edge of the graph
Tree, grow, leaf_numbers   tree ensembles of any library
"""

from __future__ import annotations

from scorebundle.bundle.graph import Value

from .bounds import bounds_of
from .columns import Columns, Raw
from .ensembles import Tree, grow, leaf_numbers
from .export import Export
from .registry import Outputs, Result
from .registry import exports as register_exporter

__all__ = [
    "Columns",
    "Export",
    "Outputs",
    "Raw",
    "Result",
    "Tree",
    "Value",
    "bounds_of",
    "grow",
    "leaf_numbers",
    "register_exporter",
]
