"""Lowering of the operators that are solved for each row."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Multiplicative, NonNegative, SparseCode, Topics

from ..assembler import Assembler
from .registry import lowers


def _bits(number: Array) -> int:
    return int(number.view("<i8")[0])


def _gram(components: Array) -> Array:
    """H·Hᵀ, summed from left to right: the same on every machine."""
    result = np.zeros((len(components), len(components)), components.dtype)
    for column in components.T:
        result += column[:, np.newaxis] * column
    return result


@lowers(NonNegative)
def non_negative(op: NonNegative, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    count = len(op.gram)
    addresses = to.address(op.gram), to.address(op.order)
    settings = len(op.order), _bits(op.tol), op.rounds, to.reserve(count * source.itemsize)
    kernel = f"non_negative_{source.type.dtype}"
    to.step(kernel, target.reference, source.reference, count, *addresses, *settings)


@lowers(Multiplicative)
def multiplicative(op: Multiplicative, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    count, width = op.components.shape
    gram = to.packed((id(op), "gram"), lambda: _gram(op.components))
    sums = to.packed((id(op), "sums"), lambda: np.cumsum(op.components, axis=1)[:, -1].copy())
    addresses = [to.address(array) for array in (op.components, gram, sums)]
    numbers = [_bits(number) for number in (op.beta, op.l1, op.l2, op.tol)]
    scratch = to.reserve(3 * (count + width) * source.itemsize)
    ending = int(op.stop == "divergence"), op.rounds, scratch
    kernel = f"multiplicative_{source.type.dtype}"
    ends = target.reference, source.reference
    to.step(kernel, *ends, width, count, *addresses, *numbers, *ending)


@lowers(Topics)
def topics(op: Topics, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    target = to.new(node)
    count, width = op.components.shape
    scratch = to.reserve(8 * width + (2 * count + width) * source.itemsize)
    settings = _bits(op.prior), _bits(op.tol), op.rounds, scratch
    kernel = f"topics_{source.type.dtype}"
    address = to.address(op.components)
    to.step(kernel, target.reference, source.reference, width, count, address, *settings)


@lowers(SparseCode)
def sparse_code(op: SparseCode, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    others = [to.column(name).reference for name in node.inputs[1:]]
    target = to.new(node)
    size, atoms, gram = source.itemsize, len(op.gram), to.address(op.gram)
    ends = target.reference, source.reference
    alpha, positive = _bits(op.alpha), int(op.positive == "positive")
    if op.method == "pursuit":
        scratch = to.reserve(8 + 8 * atoms + size * (3 * atoms + op.rounds * op.rounds))
        to.step(f"pursuit_{source.type.dtype}", *ends, atoms, gram, op.rounds, scratch)
    elif op.method == "lasso descent":
        scratch = to.reserve(atoms * (4 * size + 1))
        penalty = op.rounds, alpha, positive
        to.step(f"descent_{source.type.dtype}", *ends, *others, atoms, gram, *penalty, scratch)
    else:
        wide = min(op.rounds, atoms)
        scratch = to.reserve(8 + 16 * atoms + size * (6 * atoms + wide * wide))
        # the library adds in float32 what it compares in float64
        limit = np.array([np.float32(op.alpha[0]) + np.finfo(np.float32).eps], np.float64)
        settings = op.rounds, wide, alpha, _bits(limit), op.samples
        lasso = int(op.method == "lasso angle")
        kernel = f"angle_{source.type.dtype}"
        to.step(kernel, *ends, atoms, gram, *settings, lasso, positive, scratch)
