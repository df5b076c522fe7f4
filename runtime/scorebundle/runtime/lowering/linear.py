"""Lowering of linear maps."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Affine, Solve

from ..assembler import Assembler
from .registry import lowers


@lowers(Affine)
def affine(op: Affine, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    outputs, width = op.coef.shape
    addresses = to.address(op.coef), to.address(op.intercept)
    kernel = f"affine_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, width, outputs, *addresses)


@lowers(Solve)
def solve(op: Solve, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    to.step("solve", target.reference, source.reference, len(op.lower), to.address(op.lower))
