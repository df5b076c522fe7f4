"""Lowering of the operators on distances."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Distance, Nearest
from scorebundle.bundle.ops.distance import Measure

from ..assembler import Assembler
from ..kernels.codes import METRIC, TILE, WAITING
from .registry import lowers


@lowers(Distance)
def distance(op: Distance, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    count, width = op.points.shape
    scratch = to.reserve(8 * (width + 2 * TILE))
    sizes = scratch, width, count
    to.step("distance", target.reference, source.reference, *sizes, *measure(op, to))


@lowers(Nearest)
def nearest(op: Nearest, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    (count, width), nodes = op.points.shape, len(op.starts)
    scratch = to.reserve(16 * TILE + WAITING + 8 * (2 * op.k + width))
    sizes = scratch, width, count, op.k
    ranges = nodes, to.address(op.starts), to.address(op.ends)
    regions = len(op.regions), to.address(op.regions), to.address(op.radii)
    places = target.reference, source.reference
    positions = to.address(op.positions)
    to.step("nearest", *places, *sizes, *measure(op, to), positions, *ranges, *regions)


def measure(op: Measure, to: Assembler) -> tuple[int, int, int, int]:
    """Metric, order, and the addresses of weights and of the points column by column."""
    columns = to.packed((id(op), "columns"), lambda: np.ascontiguousarray(op.points.T))
    order = int(op.order.view("<i8")[0])
    return METRIC[op.metric], order, to.address(op.weights), to.address(columns)
