"""Lowering of what columns contribute to trees: per leaf, the features of the way to it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import TreeContributions

from ..assembler import Assembler
from ..kernels.codes import CATEGORY, DEFAULT_RIGHT
from .registry import lowers, prefers
from .trees.cuts import moved
from .trees.walk import ordered

NODE: Final = np.dtype(
    [
        *(("threshold", "<f4"), ("word", "<i4"), ("left", "<i4"), ("slot", "<i4")),
        *(("own", "<i4"), ("share", "<f4"), ("again", "<f4"), ("depth", "<i4")),
    ]
)
LEAF: Final = np.dtype(
    [
        *(("first", "<i4"), ("count", "<i4"), ("value", "<f4")),
        *(("known", "<i4"), ("kept", "<i4")),
    ]
)
TREE: Final = np.dtype(
    [
        *(("root", "<i4"), ("count", "<i4"), ("first", "<i4"), ("weight", "<f4")),
        ("words", "<i4"),
    ]
)
"""What the kernels read: see `kernels.contributions`."""

MOST: Final = 64
STATES: Final = 2 * 16 * MOST + 4 * MOST
KEPT: Final = 1 << 18
"""Values of a tree's leaves that are kept for the rows of a block: a megabyte."""

BLOCK: Final = 1024
"""Rows that go through a tree while its values are kept."""


class Ways:
    """The ways to the leaves, found level by level.

    Attributes:
        nodes: packed, siblings side by side.
        leaf, count: node number and number of features of every leaf.
        first: where each leaf's features begin in `names` and `numbers`.
        names: features by slot: in the order in which the way first splits them.
        numbers: their shares, or for `saabas` what they add up to.
    """

    def __init__(self, op: TreeContributions, position: Array) -> None:
        self.nodes = np.zeros(max(1, len(position)), NODE)
        self._position = position
        self._split_words(op)
        self.nodes["again"] = -1
        means = op.means()
        here = op.starts.astype(np.int64)
        features, numbers = np.zeros((len(here), 0), np.int32), np.zeros((len(here), 0), np.float32)
        used = np.zeros(len(here), np.int64)
        ended: list[tuple[Array, Array, Array, Array]] = []
        while len(here):
            on = op.feature[here] >= 0
            ended.append((here[~on], used[~on], features[~on], numbers[~on]))
            here, used, features, numbers = here[on], used[on], features[on], numbers[on]
            same = features == op.feature[here, None]
            again = same.any(axis=1)
            slot = np.where(again, same.argmax(axis=1) if same.shape[1] else 0, used)
            rows = np.arange(len(here))
            features = np.pad(features, ((0, 0), (0, 1)), constant_values=-1)
            numbers = np.pad(numbers, ((0, 0), (0, 1)))
            before = np.where(again, numbers[rows, slot], np.float32(op.method == "shapley"))
            features[rows, slot] = op.feature[here]
            used = used + ~again
            split = position[here]
            self.nodes["slot"][split] = slot
            self.nodes["again"][split] = np.where(again, before, -1)
            sides = []
            for child in (op.left[here], op.right[here]):
                with np.errstate(over="ignore", invalid="ignore"):
                    if op.method == "shapley":
                        number = op.cover[child] / op.cover[here] * before
                    else:
                        number = before + (means[child] - means[here])
                at = position[child]
                self.nodes["own"][at], self.nodes["share"][at] = slot, number
                self.nodes["depth"][at] = used
                side = numbers.copy()
                side[rows, slot] = number
                sides.append(side)
            here = np.concatenate([op.left[here], op.right[here]]).astype(np.int64)
            used, features = np.tile(used, 2), np.tile(features, (2, 1))
            numbers = np.concatenate(sides)
        self._join(ended)

    def _split_words(self, op: TreeContributions) -> None:
        at, leaf = self._position, op.feature < 0
        category = op.category_set >= 0
        word = np.where(op.default_left, 0, DEFAULT_RIGHT) | np.where(category, CATEGORY, 0)
        self.nodes["word"][at] = np.where(leaf, 0, op.feature) | word
        self.nodes["left"][at] = np.where(leaf, -1, at[np.where(leaf, 0, op.left)])
        cuts = moved(op.threshold, op.compare, True).view("<i4")
        slot = np.where(category, op.category_set, cuts).astype("<i4")
        self.nodes["threshold"][at] = slot.view("<f4")

    def _join(self, ended: list[tuple[Array, Array, Array, Array]]) -> None:
        nodes, counts, features, numbers = zip(*ended, strict=True) if ended else ((),) * 4
        none = np.zeros(0, np.int64)
        self.leaf, self.count = np.concatenate([none, *nodes]), np.concatenate([none, *counts])
        self.first = np.cumsum(self.count) - self.count
        kept = [np.arange(f.shape[1]) < c[:, None] for f, c in zip(features, counts, strict=True)]
        pairs = zip(features, numbers, kept, strict=True)
        names, values = zip(*((f[k], v[k]) for f, v, k in pairs), strict=True) if kept else ((), ())
        self.names = np.concatenate([none, *names]).astype(np.int32)
        self.numbers = np.concatenate([none[:0].astype(np.float32), *values])
        self.nodes["slot"][self._position[self.leaf]] = np.arange(len(self.leaf))


@lowers(TreeContributions)
def tree_contributions(op: TreeContributions, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    position, _ = ordered(op, to)
    ways: Ways = to.packed((id(op), "ways"), lambda: Ways(op, position))
    tree = np.repeat(np.arange(len(op.starts)), op.sizes())[ways.leaf]
    sets = 0
    if len(op.set_starts) > 1:
        sets = to.address(np.array([to.address(op.set_starts), to.address(op.set_words)], np.int64))
    common = (
        *(to.new(node).reference, source.reference, source.type.width),
        *(sets, int(op.categories_go == "left"), to.address(ways.nodes)),
    )
    if op.method == "saabas":
        _saabas(op, ways, tree, position, common, to)
    else:
        _shapley(op, ways, tree, position, common, to)


@prefers(TreeContributions)
def block(op: TreeContributions, dtype: str, to: Assembler) -> int:
    """Rows per block for many rows."""
    return BLOCK


def _saabas(
    op: TreeContributions, ways: Ways, tree: Array, position: Array, common: Any, to: Assembler
) -> None:
    def make() -> tuple[Array, Array, Array]:
        leaves = np.zeros(max(1, len(ways.leaf)), LEAF)
        leaves["first"][: len(tree)], leaves["count"][: len(tree)] = ways.first, ways.count
        numbers = ways.numbers * np.repeat(op.weights[tree], ways.count)
        return leaves, numbers, position[op.starts].astype(np.int32)

    leaves, numbers, roots = to.packed((id(op), "saabas"), make)
    addresses = to.address(leaves), to.address(ways.names), to.address(numbers)
    to.step("contributions_saabas", *common, *addresses, len(op.starts), to.address(roots))


def _shapley(
    op: TreeContributions, ways: Ways, tree: Array, position: Array, common: Any, to: Assembler
) -> None:
    def make() -> tuple[Array, Array, Array, Array, Array, int]:
        trees = np.zeros(max(1, len(op.starts)), TREE)
        leaves = np.zeros(max(1, len(ways.leaf)), LEAF)
        count = len(op.starts)
        trees["root"][:count], trees["weight"][:count] = position[op.starts], op.weights
        names, features = _local(ways, tree, trees[:count])
        leaf = leaves[: len(tree)]
        leaf["first"], leaf["count"] = ways.first, ways.count
        leaf["value"] = op.values[op.left[ways.leaf], 0]
        kept = _keep(leaf, tree, trees[:count])
        ratios = np.arange(MOST, dtype=np.float32) / np.arange(MOST, dtype=np.float32)[:, None]
        return trees, leaves, names, features, ratios, kept

    with np.errstate(all="ignore"):
        trees, leaves, names, features, ratios, kept = to.packed((id(op), "shapley"), make)
    addresses = [to.address(array) for array in (leaves, names, ways.numbers)]
    tables = [to.address(array) for array in (trees, features, ratios)]
    to.step(
        "contributions_shapley",
        *common,
        *addresses,
        len(op.starts),
        *tables,
        to.reserve(4 * MOST * MOST),
        to.reserve(STATES),
        to.reserve(4 * int(trees["count"].max())),
        to.reserve(8 * int(trees["words"].max())),
        to.reserve(4 * kept),
    )


def _local(ways: Ways, tree: Array, trees: Array) -> tuple[Array, Array]:
    """The names as numbers among the features of their tree, and these features."""
    owner = np.repeat(tree, ways.count)
    keys = owner.astype(np.int64) << 32 | ways.names
    distinct, number = np.unique(keys, return_inverse=True)
    trees["count"] = np.bincount(distinct >> 32, minlength=len(trees))
    trees["first"] = np.cumsum(trees["count"]) - trees["count"]
    local = number.ravel() - trees["first"][owner]
    return local.astype(np.int32), (distinct & 0xFFFFFFFF).astype(np.int32)


def _keep(leaf: Array, tree: Array, trees: Array) -> int:
    """Where the values of leaves with few features are kept, as far as there is room; returns how
    many these are of one tree."""
    order = np.lexsort((leaf["count"], tree))
    sets = 1 << leaf["count"][order].clip(max=20).astype(np.int64)
    sizes = sets * leaf["count"][order]
    starts = np.searchsorted(tree[order], np.arange(len(trees)))
    known = np.cumsum(sets) - sets
    kept = np.cumsum(sizes) - sizes
    known -= known[starts][tree[order]]
    kept -= kept[starts][tree[order]]
    room = kept + sizes <= KEPT
    leaf["known"][order] = np.where(room, known, -1)
    leaf["kept"][order] = np.where(room, kept, 0)
    last = np.zeros(len(trees), np.int64)
    np.maximum.at(last, tree[order], np.where(room, known + sets, 0))
    trees["words"] = (last + 7) // 8
    return int(np.where(room, kept + sizes, 0).max(initial=0))
