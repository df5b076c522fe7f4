"""Lowering of the coupling of probabilities."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Coupling

from ..assembler import Assembler
from .registry import lowers


@lowers(Coupling)
def coupling(op: Coupling, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    scratch = to.reserve(8 * (op.classes * op.classes + 2 * op.classes))
    to.step("coupling", target.reference, source.reference, scratch, op.classes)
