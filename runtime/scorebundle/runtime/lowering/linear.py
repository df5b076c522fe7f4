"""Lowering of linear maps."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Affine, Solve

from ..assembler import Assembler
from ..fused import CodedAffine
from .registry import lowers
from .text import lower_sum

DENSE, CODED = 0, 1


@lowers(Affine)
def affine(op: Affine, node: Node, to: Assembler) -> None:
    if not lower_sum(op, node, to):
        _sum(op, (op.coef.shape[1],), node, to)


@lowers(CodedAffine)
def coded_affine(op: CodedAffine, node: Node, to: Assembler) -> None:
    _sum(op, op.sizes, node, to)


def _sum(op: Affine | CodedAffine, sizes: tuple[int, ...], node: Node, to: Assembler) -> None:
    outputs, width = op.coef.shape
    coef, item = to.address(op.coef), op.coef.itemsize
    words: list[int | tuple[int, int, int]] = []
    first = 0
    for position, (name, size) in enumerate(zip(node.inputs, sizes, strict=True)):
        source = to.column(name)
        if source.type.dtype == "int64":
            part = slice(first, first + size)
            key = (id(op), "coefficients", position)
            table = to.packed(key, lambda part=part: coefficients(op.coef[:, part]))  # type: ignore[misc]
            words += [CODED, source.reference, size, to.address(table), 2 * item * (size + 1)]
        else:
            words += [DENSE, source.reference, size, coef + item * first, item * width]
        first += size
    target = to.new(node)
    counts = outputs, to.address(op.intercept), len(sizes)
    to.step(f"affine_{op.coef.dtype.name}", target.reference, *counts, *words)


def coefficients(coef: Array) -> Array:
    """(outputs, size + 1, 2): what a code adds to the sum, and what the zeros beside it add then.

    Zeros times coefficients are zeros of the coefficients' signs. Of a sum that is zero they
    change the sign to plus if one of them is plus; they change no other sum.
    """
    outputs, size = coef.shape
    table = np.full((outputs, size + 1, 2), -0.0, coef.dtype)
    table[:, :size, 0] = coef
    plus = ~np.signbit(coef)
    others = plus.sum(axis=1, keepdims=True) - np.pad(plus, ((0, 0), (0, 1)))
    table[:, :, 1][others > 0] = 0.0
    return table


@lowers(Solve)
def solve(op: Solve, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    to.step("solve", target.reference, source.reference, len(op.lower), to.address(op.lower))
