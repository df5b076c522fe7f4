"""Lowering of the operators on codes."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import TENSOR_DTYPES
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Lookup, LookupSum, Match, OneHot

from ..assembler import Assembler
from ..kernels.codes import ITEMSIZE
from .registry import lowers


@lowers(Match)
def match(op: Match, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    size = len(op.categories)
    nan = size - 1 if size and np.isnan(op.categories[-1]) else -1
    known = size - (nan >= 0)
    address = to.address(op.categories)
    to.step("match", to.new(node).reference, source.reference, address, known, nan)


@lowers(Lookup)
def lookup(op: Lookup, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    table = to.packed((id(op), "table"), lambda: np.vstack([op.table, op.default[None]]))
    size, width = op.table.shape
    target = to.new(node)
    sizes = size, width, target.itemsize, source.type.width
    to.step("lookup", target.reference, source.reference, to.address(table), *sizes)


@lowers(LookupSum)
def lookup_sum(op: LookupSum, node: Node, to: Assembler) -> None:
    codes, weights = (to.column(name) for name in node.inputs)
    target = to.new(node)
    sizes = (*op.table.shape, codes.type.width)
    places = target.reference, codes.reference, weights.reference
    to.step(f"lookup_sum_{target.type.dtype}", *places, to.address(op.table), *sizes)


@lowers(OneHot)
def one_hot(op: OneHot, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    pair = np.zeros(16, np.uint8)  # the numbers one and zero, 8 bytes each
    pair[: ITEMSIZE[op.dtype]] = np.array([1], TENSOR_DTYPES[op.dtype]).view(np.uint8)
    target = to.new(node)
    address = to.address(pair)
    to.step("one_hot", target.reference, source.reference, op.size, target.itemsize, address)
