"""Lowering of tree ensembles: packing structure-of-arrays trees into the kernels' nodes."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Trees
from scorebundle.bundle.types import Type

from ..assembler import Assembler, Place
from ..kernels.codes import CATEGORY, CONSTANT, DEFAULT_RIGHT, DTYPE
from .registry import lowers

NAN32, NAN64 = 0x7FC00000, 0x7FF80000
"""The bits of a NaN: of float32, and the upper half of float64's."""

NODE = np.dtype([("threshold", "<f8"), ("word", "<i4"), ("left", "<i4")])


STRICT = {
    ("float32", "float32"): True,
    ("float32", "float64"): False,
    ("float64", "float64"): False,
}
"""Whether the kernel for numbers and values of these dtypes compares with <, or with ≤."""


@lowers(Trees)
def trees(op: Trees, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    dtype, values = source.type.dtype, op.values.dtype.name
    kind = "_sets" if len(op.set_starts) > 1 else ""
    if kind and (dtype, values) == ("float32", "float64"):
        source, dtype = _widened(source, to), "float64"
    if len(node.inputs) == 2:
        base = to.column(node.inputs[1]).reference
    else:
        base = (CONSTANT, to.address(op.base), 0)
    position, depth = to.packed((id(op), "order"), lambda: _order(op))
    table = to.packed((id(op), "table"), lambda: _table(op, position, depth))
    strict = STRICT[dtype, values]
    nodes = to.packed((id(op), "nodes", dtype), lambda: _nodes(op, position, dtype, strict))
    sets = 0
    if kind:
        sets = to.address(np.array([to.address(op.set_starts), to.address(op.set_words)], np.int64))
    target = to.new(node)
    to.step(
        f"trees_{dtype}_{values}{kind}",
        target.reference,
        source.reference,
        base,
        len(op.starts),
        to.address(table),
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


def _order(op: Trees) -> tuple[Array, Array]:
    """New position of every node (siblings adjacent, level by level) and depth of every tree."""
    nodes = len(op.feature)
    position = np.zeros(nodes, np.int64)
    depth = np.zeros(max(1, len(op.starts)), np.int64)
    position[op.starts] = op.starts
    tree = np.repeat(np.arange(len(op.starts)), op.sizes())
    level, reached = np.array(op.starts, np.int64), np.array(op.starts, np.int64) + 1
    for step in range(nodes):
        level = level[op.feature[level] >= 0]
        if not len(level):
            break
        depth[tree[level]] = step + 1
        # Splits of a level are grouped by tree: the i-th one of its tree gets the i-th pair.
        owner = tree[level]
        first = np.searchsorted(owner, owner, side="left")
        pair = reached[owner] + 2 * (np.arange(len(level)) - first)
        position[op.left[level]], position[op.right[level]] = pair, pair + 1
        reached += 2 * np.bincount(owner, minlength=len(op.starts))
        level = np.stack([op.left[level], op.right[level]], axis=1).ravel()
    return position, depth


def _table(op: Trees, position: Array, depth: Array) -> Array:
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
        slot[:, 0] = _moved(cuts, op.compare, strict).view(np.int32)
        slot[leaf] = np.stack([np.full(leaf.sum(), NAN32), op.left[leaf]], axis=1)
    else:
        cuts = _moved(op.threshold.astype("<f8"), op.compare, strict)
        slot[:] = cuts.view(np.int32).reshape(-1, 2)
        slot[leaf] = np.stack([op.left[leaf], np.full(leaf.sum(), NAN64)], axis=1)
    slot[category, 0] = op.category_set[category]
    ordered = np.zeros((len(packed), 2), np.int32)
    ordered[position] = slot
    packed["threshold"] = ordered.view("<f8").ravel()
    return packed


def _moved(cuts: Array, compare: str, strict: bool) -> Array:
    """Thresholds for the other comparison: v ≤ t is v < the next number after t."""
    up, down = cuts.dtype.type(np.inf), cuts.dtype.type(-np.inf)
    if strict and compare == "le":
        always = np.isinf(cuts) & (cuts > 0)  # v ≥ NaN is never true: all go left
        cuts = np.where(always, cuts.dtype.type(np.nan), np.nextafter(cuts, up))
    elif not strict and compare == "lt":
        cuts = np.nextafter(cuts, down)
    return cuts


def float32_thresholds(threshold: Array, compare: str) -> Array:
    """float32 thresholds that part float32 numbers just as the given ones do.

    v ≤ t for a float32 v is v ≤ (largest float32 not above t); v < t is v < (smallest float32
    not below t).
    """
    with np.errstate(over="ignore"):
        rounded = threshold.astype(np.float32)
    if compare == "le":
        above = rounded.astype(np.float64) > threshold
        return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    below = rounded.astype(np.float64) < threshold
    return np.where(below, np.nextafter(rounded, np.float32(np.inf)), rounded)
