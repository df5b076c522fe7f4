"""Lowering of the functions that are given by knots."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Bin, Interpolate, Spline

from ..assembler import Assembler
from .registry import lowers


@lowers(Bin)
def bin_(op: Bin, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    edges = to.address(op.edges), len(op.edges)
    to.step("bin", target.reference, source.reference, *edges, int(op.side == "right"))


@lowers(Interpolate)
def interpolate(op: Interpolate, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    points = to.address(op.x), to.address(op.y), len(op.x)
    to.step("interpolate", target.reference, source.reference, *points)


@lowers(Spline)
def spline(op: Spline, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    splines, outputs = op.coef.shape
    scratch = to.reserve(16 * (op.degree + 1))
    knots, coef = to.address(op.knots), to.address(op.coef)
    both = target.reference, source.reference
    to.step("spline", *both, knots, op.degree, coef, splines, outputs, scratch)
