"""The nearest of stored points."""

from __future__ import annotations

import numpy as np

from ..fields import Array, choice, integer, require, tensor
from ..types import MAX_WIDTH, Type
from .distance import Measure

BOXED = ("euclidean", "manhattan", "chebyshev", "minkowski")
"""Metrics for which a box bounds distances column by column."""


class Nearest(Measure):
    """The k smallest distances, ascending, and then the positions of these points.

    Points are searched as in scikit-learn's BinaryTree, which settles ties too: a heap of the
    k best takes a point only if it is nearer than the worst in it (utils._heap); the rest of
    the way is a sort that is not stable (utils._sorting, introsort).

    Nodes of a perfect binary tree hold ranges of points; node i has the children 2i + 1 and
    2i + 2. The nearer child comes first, and a node is left out if it lies farther than the
    worst in the heap. A single node without region is a search through all points.

    Fields:
        k: how many.
        positions: what stands for each point in the result.
        starts, ends: the range of points of each node.
        regions: no side; or the centre of each node's ball; or the low and the high corner
            of its box.
        radii: of the balls; unused otherwise.
        ties: `heap` as above; `any` where the library's choice among equal distances hangs on
            the machine (its threads, or the vector width of its sort).

    Contract: that of the distances. Positions are exact unless distances nearly tie.
    """

    k: int = integer(1, MAX_WIDTH // 2)
    positions: Array = tensor("int64", "points")
    starts: Array = tensor("int64", "nodes")
    ends: Array = tensor("int64", "nodes")
    regions: Array = tensor("float64", "sides", "nodes", "width")
    radii: Array = tensor("float64", "nodes")
    ties: str = choice("heap", "any")

    def validate(self) -> None:
        super().validate()
        count, nodes, sides = len(self.points), len(self.starts), len(self.regions)
        require(self.k <= count, f"k: must be at most the number of points, {count}")
        require(sides <= 2, "regions: must have no side, one, or two")
        require(nodes > 0 and nodes & (nodes + 1) == 0, "starts: nodes must be 1, 3, 7, 15 …")
        require(sides > 0 or nodes == 1, "regions: several nodes need them")
        require(sides < 2 or self.metric in BOXED, f"regions: boxes do not bound {self.metric}")
        ordered = (self.starts >= 0) & (self.starts <= self.ends) & (self.ends <= count)
        require(bool(ordered.all()), "ends: ranges must lie within the points")
        known = (self.positions >= 0) & (self.positions < 2**53)
        require(bool(known.all()), "positions: must be from 0 to 2**53")

    def bound(self) -> tuple[int, str]:
        ulp, reason = super().bound()
        if not ulp and self.ties == "any":
            return 1, "the machine chooses among points at equal distances"
        return ulp, reason

    def output(self, *inputs: Type) -> Type:
        self.measured(*inputs)
        return Type("float64", 2 * self.k)


def everything(count: int, width: int) -> dict[str, Array]:
    """The tree of a search through all points."""
    return {
        "positions": np.arange(count, dtype=np.int64),
        "starts": np.zeros(1, np.int64),
        "ends": np.array([count], np.int64),
        "regions": np.zeros((0, 1, width)),
        "radii": np.zeros(1),
    }
