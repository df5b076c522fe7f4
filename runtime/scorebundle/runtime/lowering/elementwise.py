"""Lowering of the elementwise operators."""

from __future__ import annotations

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Binary, Missing, Unary, Where

from ..assembler import Assembler
from ..kernels.codes import ARITHMETIC_CODE, COMPARISON, LOGIC_CODE, UNARY
from .registry import lowers


@lowers(Unary)
def unary(op: Unary, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target, width = to.new(node), source.type.width
    if op.op == "not":
        both = source.reference, source.reference
        to.step("logic", target.reference, *both, width, LOGIC_CODE["not"], width, width)
        return
    kernel = f"unary_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, width, UNARY[op.op])


@lowers(Binary)
def binary(op: Binary, node: Node, to: Assembler) -> None:
    a, b = (to.place(name) for name in node.inputs)
    target = to.new(node)
    if op.op in LOGIC_CODE:
        kernel, code = "logic", LOGIC_CODE[op.op]
    elif op.op in COMPARISON:
        kernel, code = f"comparison_{a.type.dtype}", COMPARISON[op.op]
    else:
        kernel, code = f"arithmetic_{a.type.dtype}", ARITHMETIC_CODE[op.op]
    widths = target.type.width, code, a.type.width, b.type.width
    to.step(kernel, target.reference, a.reference, b.reference, *widths)


@lowers(Missing)
def missing(op: Missing, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    mark = int(op.value.view("<i8")[0])
    kernel = f"missing_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, source.type.width, mark)


@lowers(Where)
def where(op: Where, node: Node, to: Assembler) -> None:
    places = [to.place(name) for name in node.inputs]
    target = to.new(node)
    widths = [place.type.width for place in places]
    references = [place.reference for place in places]
    to.step("where", target.reference, *references, target.type.width, target.itemsize, *widths)
