"""Lowering of the operators across a row."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import ArgMax, Normalize, Reduce, Softmax

from ..assembler import Assembler
from ..kernels.codes import NORM, REDUCE
from .registry import lowers


@lowers(Reduce)
def reduce(op: Reduce, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    if op.op == "logsumexp":
        kernel = f"logsumexp_{source.type.dtype}"
        to.step(kernel, target.reference, source.reference, source.type.width)
        return
    kernel = f"reduce_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, source.type.width, REDUCE[op.op])


@lowers(ArgMax)
def argmax(op: ArgMax, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    to.step(f"argmax_{source.type.dtype}", target.reference, source.reference, source.type.width)


@lowers(Softmax)
def softmax(op: Softmax, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    to.step(f"softmax_{source.type.dtype}", target.reference, source.reference, source.type.width)


@lowers(Normalize)
def normalize(op: Normalize, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    kernel = f"normalize_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, source.type.width, NORM[op.norm])
