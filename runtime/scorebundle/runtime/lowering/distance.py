"""Lowering of the operators on distances."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Barycenter, Distance, Nearest
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
    how = measure(op, count, to)
    places = target.reference, source.reference
    to.step("distance", *places, scratch, "measure", *how, columns(op, to))


@lowers(Nearest)
def nearest(op: Nearest, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    count, width = op.points.shape
    scratch = to.reserve(16 * TILE + WAITING + 8 * (2 * op.k + width))
    how = *measure(op, count, to), *measure(op, 1, to)
    points = columns(op, to), to.address(op.positions)
    ranges = len(op.starts), to.address(op.starts), to.address(op.ends)
    regions = len(op.regions), to.address(op.regions), to.address(op.radii)
    places = target.reference, source.reference
    to.step("nearest", *places, scratch, "measure", *how, *points, *ranges, *regions, op.k)


@lowers(Barycenter)
def barycenter(op: Barycenter, node: Node, to: Assembler) -> None:
    codes, source = (to.column(name) for name in node.inputs)
    target = to.new(node)
    (count, width), k = op.points.shape, codes.type.width
    scratch = to.reserve(8 * (width + 2 * k + k * k))
    sizes = scratch, width, count, k, int(op.reg.view("<i8")[0])
    places = target.reference, codes.reference, source.reference
    to.step("barycenter", *places, *sizes, to.address(op.points))


def measure(op: Measure, count: int, to: Assembler) -> tuple[int, int, int, int, int]:
    """The arguments of the kernel of that name, for so many points beside each other."""
    order = int(op.order.view("<i8")[0])
    return METRIC[op.metric], order, to.address(op.weights), op.points.shape[1], count


def columns(op: Measure, to: Assembler) -> int:
    """Address of the points column by column."""
    return to.address(to.packed((id(op), "columns"), lambda: np.ascontiguousarray(op.points.T)))
