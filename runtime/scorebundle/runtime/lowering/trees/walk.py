"""Preparation for walking on the numbers: nodes of 16 bytes, siblings adjacent."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Forest, Trees
from scorebundle.bundle.types import Type

from ...assembler import Assembler, Place
from ...kernels.codes import CATEGORY, DEFAULT_RIGHT, DTYPE
from .cuts import float32_thresholds, moved
from .shape import shape_of

NAN32, NAN64 = 0x7FC00000, 0x7FF80000
"""The bits of a NaN: of float32, and the upper half of float64's."""

NODE = np.dtype([("threshold", "<f8"), ("word", "<i4"), ("left", "<i4")])


STRICT = {
    ("float32", "float32"): True,
    ("float32", "float64"): False,
    ("float64", "float64"): False,
}
"""Whether the kernel for numbers and values of these dtypes compares with <, or with ≤."""


def on_numbers(op: Trees, node: Node, source: Place, base: Any, to: Assembler) -> None:
    """Any trees at all, with category splits too."""
    dtype, values = source.type.dtype, op.values.dtype.name
    kind = "_sets" if len(op.set_starts) > 1 else ""
    if kind and (dtype, values) == ("float32", "float64"):
        source, dtype = _widened(source, to), "float64"
    position, depth = ordered(op, to)
    made = to.packed((id(op), "table"), lambda: table(op, position, depth))
    strict = STRICT[dtype, values]
    nodes = to.packed((id(op), "nodes", dtype), lambda: _nodes(op, position, dtype, strict))
    sets = 0
    if kind:
        sets = to.address(np.array([to.address(op.set_starts), to.address(op.set_words)], np.int64))
    to.step(
        f"trees_{dtype}_{values}{kind}",
        to.new(node).reference,
        source.reference,
        base,
        len(op.starts),
        to.address(made),
        to.address(nodes),
        to.address(op.values),
        op.values.shape[1],
        op.outputs,
        sets,
        int(op.categories_go == "left"),
    )


def _widened(source: Place, to: Assembler) -> Place:
    """float32 columns as float64: exact."""
    target = to.scratch(Type("float64", source.type.width))
    codes = DTYPE["float64"], DTYPE["float32"]
    to.step("cast", target.reference, source.reference, source.type.width, *codes)
    return target


def ordered(op: Forest, to: Assembler) -> tuple[Array, Array]:
    """New position of every node (siblings adjacent, level by level), and each tree's levels."""
    shape = shape_of(op, to)
    return op.starts[shape.tree] + shape.slot, shape.levels


def table(op: Trees, position: Array, depth: Array) -> Array:
    """root, first output, depth of each tree; the last one repeated to a multiple of eight."""
    count = len(op.starts)
    table = np.zeros((max(8, (count + 7) // 8 * 8), 3), np.int32)
    if count:
        table[:count, 0] = position[op.starts]
        table[:count, 1] = op.target
        table[:count, 2] = depth
        table[count:] = table[count - 1]
    return table


def _nodes(op: Trees, position: Array, dtype: str, strict: bool) -> Array:
    packed = np.zeros(max(1, len(op.feature)), NODE)
    leaf = op.feature < 0
    category = op.category_set >= 0
    word = np.where(leaf, 0, op.feature)
    word = word | np.where(op.default_left | leaf, 0, DEFAULT_RIGHT)
    packed["word"][position] = word | np.where(category, CATEGORY, 0)
    packed["left"][position] = np.where(leaf, position, position[np.where(leaf, 0, op.left)])
    slot = np.zeros((len(op.feature), 2), np.int32)
    if dtype == "float32":
        cuts = float32_thresholds(op.threshold, op.compare)
        slot[:, 0] = moved(cuts, op.compare, strict).view(np.int32)
        slot[leaf] = np.stack([np.full(leaf.sum(), NAN32), op.left[leaf]], axis=1)
    else:
        cuts = moved(op.threshold.astype("<f8"), op.compare, strict)
        slot[:] = cuts.view(np.int32).reshape(-1, 2)
        slot[leaf] = np.stack([op.left[leaf], np.full(leaf.sum(), NAN64)], axis=1)
    slot[category, 0] = op.category_set[category]
    ordered = np.zeros((len(packed), 2), np.int32)
    ordered[position] = slot
    packed["threshold"] = ordered.view("<f8").ravel()
    return packed
