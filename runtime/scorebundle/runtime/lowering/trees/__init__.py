"""Lowering of tree ensembles: choosing among the kernels by shape and number of rows.

    few rows    heaps           trees of few levels: perfect heaps
                trees_keys      other trees: a walk on keys
                trees_…         category splits, or too many thresholds: a walk on the numbers
    many rows   forest_bits     256 rows at a time on bits
                trees_keys      deep trees, thousands of rows per tree
                trees_…         what neither can hold

Preparations are made when a plan first needs them, and shared by all plans of a model.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Trees

from ...assembler import Assembler, Place
from ...kernels.codes import CONSTANT
from ..registry import lowers, prefers
from . import bits, cost, deep, heap, walk
from .cuts import FEW, Cuts
from .sets import Sets
from .shape import shape_of

DEEP_BLOCK: Final = 2048
"""Rows that go through one tree while it is in the cache."""

RANK_SCRATCH: Final = 1024 + 4 * 33 * 32
"""Bytes that the conditions kernel needs: digits, and what is known of each."""


@lowers(Trees)
def trees(op: Trees, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    if len(node.inputs) == 2:
        base = to.column(node.inputs[1]).reference
    else:
        base = (CONSTANT, to.address(op.base), 0)
    dtype = source.type.dtype
    KERNELS[_choose(op, dtype, to)](op, node, source, base, to)


@prefers(Trees)
def block(op: Trees, dtype: str, to: Assembler) -> int:
    """Rows per block for many rows."""
    return DEEP_BLOCK if _choose(op, dtype, to) == "keys" else cost.BLOCK


def _choose(op: Trees, dtype: str, to: Assembler) -> str:
    """The kernel for few or many rows; tells the plan from how many rows on that is another.

    The kernel on bits takes no more than its 256 rows: where another operator had the block
    widened, the one for few rows takes them.
    """
    few, many, turn = to.packed((id(op), "choice", dtype), lambda: _choices(op, dtype, to))
    if to.many:
        return str(few if many == "bits" and to.block > cost.BLOCK else many)
    to.many_from(turn)
    return str(few)


def _choices(op: Trees, dtype: str, to: Assembler) -> tuple[str, str, float]:
    """The kernels for few and for many rows, and how many those are."""
    if not len(op.starts):
        return "numbers", "numbers", np.inf
    shape, cuts, sets = shape_of(op, to), _cuts(op, dtype, to), _sets(op, to)
    if sets.count or not deep.fits(op, cuts):
        few, row = "numbers", 2 * cost.deep(op, shape, cuts)
    elif heap.fits(shape):
        few, row = "heaps", cost.heaps(op, shape, cuts)
    else:
        few, row = "keys", cost.deep(op, shape, cuts)
    masks = int((cuts.counts[:, None] * cuts.uses).sum()) + sets.count
    if sets.fits and cuts.ranked and bits.fits(shape, masks):
        splits = shape.splits
        listed = np.where(shape.levels > bits.MAX_WAY, splits * np.log2(splits + 1) / 2, 0)
        planes = int(np.minimum(shape.levels, 10).max())
        work = cost.bits(op, shape, cuts, masks, int(splits.sum() + listed.sum() / 2), planes)
        if work / cost.BLOCK < row:
            return few, "bits", work / row
    many = "numbers" if few == "numbers" else "keys"
    return few, many, 4 * cost.BLOCK if few != many or many == "keys" else np.inf


def _heaps(op: Trees, node: Node, source: Place, base: Any, to: Assembler) -> None:
    cuts = _cuts(op, source.type.dtype, to)
    keys, width = _keys(op, source, to)
    made = to.packed(
        (id(op), "heaps", cuts.dtype), lambda: heap.Heaps(op, shape_of(op, to), cuts, to)
    )
    to.step(
        f"heaps_{op.values.dtype.name}",
        to.new(node).reference,
        base,
        op.outputs,
        op.values.shape[1],
        keys,
        width,
        made.runs,
        to.address(made.program),
    )


def _on_keys(op: Trees, node: Node, source: Place, base: Any, to: Assembler) -> None:
    cuts = _cuts(op, source.type.dtype, to)
    keys, width = _keys(op, source, to)
    position, depth = walk.ordered(op, to)
    made = to.packed((id(op), "keys", cuts.dtype), lambda: deep.nodes(op, cuts, position))
    nodes, rows, values = made
    table = to.packed((id(op), "table"), lambda: walk.table(op, position, depth))
    to.step(
        f"trees_keys_{op.values.dtype.name}",
        to.new(node).reference,
        (0, keys, width),
        base,
        len(op.starts),
        to.address(table),
        to.address(nodes),
        to.address(values),
        op.values.shape[1],
        op.outputs,
        to.address(rows),
        0,
    )


def _on_bits(op: Trees, node: Node, source: Place, base: Any, to: Assembler) -> None:
    cuts, sets, dtype = _cuts(op, source.type.dtype, to), _sets(op, to), source.type.dtype
    places = cuts.places(cuts.counts)
    numeric = int((cuts.counts[:, None] * cuts.uses).sum())

    def make() -> bits.Bits:
        mask = np.zeros(len(op.feature), np.int64)
        side = cuts.right.astype(np.int64)
        mask[cuts.splits] = places[cuts.feature, side] + cuts.cut
        mask[sets.splits] = numeric + sets.number
        return bits.Bits(op, shape_of(op, to), mask)

    made = to.packed((id(op), "bits", dtype), make)
    masks = to.reserve(32 * (numeric + sets.count + 1))
    scratch = to.reserve(max(made.scratch, RANK_SCRATCH, sets.scratch))
    if len(cuts.features):
        features = to.packed((id(op), "cuts", dtype), lambda: cuts.packed(places, FEW[dtype], to))
        to.step(
            f"conditions_{dtype}",
            source.reference,
            masks,
            scratch,
            len(cuts.features),
            to.address(features),
        )
    if sets.count:
        features = to.packed((id(op), "sets", dtype), lambda: sets.packed(numeric, to))
        to.step(
            f"memberships_{dtype}",
            source.reference,
            masks,
            scratch,
            len(features),
            to.address(features),
            int(op.categories_go == "left"),
        )
    to.step(
        f"forest_bits_{op.values.dtype.name}",
        to.new(node).reference,
        base,
        op.outputs,
        op.values.shape[1],
        masks,
        scratch,
        made.chunks,
        to.address(made.program),
        to.address(made.tables),
        made.planes,
    )


KERNELS: Final = {
    "numbers": walk.on_numbers,
    "heaps": _heaps,
    "keys": _on_keys,
    "bits": _on_bits,
}


def _keys(op: Trees, source: Place, to: Assembler) -> tuple[int, int]:
    """A step that finds the rows' keys; their offset, and how many per row."""
    dtype = source.type.dtype
    cuts = _cuts(op, dtype, to)
    features = to.packed((id(op), "keys of", dtype), lambda: cuts.packed(cuts.slots(), 0, to))
    keys = to.reserve(4 * cuts.width * to.block)
    to.step(
        f"keys_{dtype}",
        source.reference,
        keys,
        cuts.width,
        len(cuts.features),
        to.address(features),
    )
    return keys, cuts.width


def _cuts(op: Trees, dtype: str, to: Assembler) -> Cuts:
    cuts: Cuts = to.found((id(op), "distinct", dtype), lambda: Cuts(op, dtype))
    return cuts


def _sets(op: Trees, to: Assembler) -> Sets:
    sets: Sets = to.found((id(op), "categories"), lambda: Sets(op))
    return sets
