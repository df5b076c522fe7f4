"""Passes: a graph rewritten so that it takes less time and gives the same bits.

They run when a model is loaded, never when it is exported. Each takes a graph and gives a graph;
what an operator of the stored set cannot say, an operator of `fused.py` does. Values that are
outputs stay outputs; refused rows are still named by the node that refuses them.
"""

from __future__ import annotations

from scorebundle.bundle.graph import Graph

from .casts import cast_before_concat
from .codes import look_up_coefficients
from .tables import tabulate

PASSES = (tabulate, cast_before_concat, look_up_coefficients)


def optimised(graph: Graph) -> Graph:
    """The graph after all passes."""
    for run in PASSES:
        graph = run(graph)
    return graph


__all__ = ["optimised"]
