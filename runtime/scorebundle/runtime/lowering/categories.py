"""Lowering of the operators on codes."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import TENSOR_DTYPES
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Lookup, Match, OneHot

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
    address = to.address(table)
    to.step("lookup", target.reference, source.reference, address, size, width, target.itemsize)


@lowers(OneHot)
def one_hot(op: OneHot, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    pair = np.zeros(16, np.uint8)  # the numbers one and zero, 8 bytes each
    pair[: ITEMSIZE[op.dtype]] = np.array([1], TENSOR_DTYPES[op.dtype]).view(np.uint8)
    target = to.new(node)
    address = to.address(pair)
    to.step("one_hot", target.reference, source.reference, op.size, target.itemsize, address)
