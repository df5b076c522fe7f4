"""Lowering of linear maps."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Affine

from ..assembler import Assembler
from .registry import lowers
from .text import lower_sum


@lowers(Affine)
def affine(op: Affine, node: Node, to: Assembler) -> None:
    if lower_sum(op, node, to):
        return
    source = to.column(node.inputs[0])
    target = to.new(node)
    outputs, width = op.coef.shape
    addresses = to.address(op.coef), to.address(op.intercept)
    kernel = f"affine_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, width, outputs, *addresses)
