"""Lowering of the operators across a row."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import (
    ArgMax,
    Normalize,
    Order,
    Reduce,
    Softmax,
    Tolerance,
    WeightedMedian,
)

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


@lowers(Order)
def order(op: Order, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    width = source.type.width
    positions = to.reserve(2 * 8 * width)
    kernel = f"order_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, width, op.count, positions)


@lowers(Softmax)
def softmax(op: Softmax, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    to.step(f"softmax_{source.type.dtype}", target.reference, source.reference, source.type.width)


@lowers(Tolerance)
def tolerance(op: Tolerance, node: Node, to: Assembler) -> None:
    to.alias(node, to.column(node.inputs[0]))


@lowers(WeightedMedian)
def weighted_median(op: WeightedMedian, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    width = source.type.width
    order = to.reserve(2 * 8 * width)
    kernel = f"weighted_median_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, width, to.address(op.weights), order)


@lowers(Normalize)
def normalize(op: Normalize, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    kernel = f"normalize_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, source.type.width, NORM[op.norm])
