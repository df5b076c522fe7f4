"""Lowering of what columns contribute to trees: per leaf, the features of the way to it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

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
        *(("threshold", "<f4"), ("word", "<i4"), ("left", "<i4"), ("last", "<i4")),
        *(("share", "<f4"), ("before", "<f4"), ("depth", "<i4"), ("slot", "<i4")),
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
STATES: Final = 2 * 24 * MOST + 4 * MOST
KEPT: Final = 1 << 18
"""Values of a tree's leaves that are kept for the rows of a block: a megabyte."""

BLOCK: Final = 1024
"""Rows that go through a tree while its values are kept."""


class Front(NamedTuple):
    """Some nodes of one level, and what is known of the way to each: one row per node.

    Attributes:
        nodes: their numbers.
        used: how many features the way has; so many columns count in what follows.
        features: those, in the order in which the way first splits them.
        numbers: the features' shares, or for `saabas` what they add up to.
        levels: at which the way last splits each.
    """

    nodes: Array
    used: Array
    features: Array
    numbers: Array
    levels: Array

    def at(self, rows: Array) -> Front:
        """Those that a mask chooses."""
        return Front(*(part[rows] for part in self))

    def counted(self, part: Array) -> Array:
        """What counts of a part, node by node."""
        return np.asarray(part[np.arange(part.shape[1]) < self.used[:, None]])


class Ways:
    """The ways to the leaves, found level by level.

    Attributes:
        nodes: packed, siblings side by side.
        leaf, level, count: of every leaf: node number, splits and features on its way.
        first: where each leaf's features begin in the following.
        names, numbers: as in `Front`.
    """

    def __init__(self, op: TreeContributions, position: Array) -> None:
        self.nodes = np.zeros(max(1, len(position)), NODE)
        self._op, self._position, self._means = op, position, op.means()
        self._pack()
        nodes, none = op.starts.astype(np.int64), np.zeros((len(op.starts), 0), np.int32)
        front = Front(nodes, none.sum(axis=1), none, none.astype(np.float32), none)
        ended: list[Front] = []
        while not ended or len(front.nodes):
            on = op.feature[front.nodes] >= 0
            ended.append(front.at(~on))
            front = self._beyond(front.at(on), len(ended) - 1)
        self.leaf = np.concatenate([end.nodes for end in ended])
        self.level = np.repeat(np.arange(len(ended)), [len(end.nodes) for end in ended])
        self.count = np.concatenate([end.used for end in ended])
        self.first = np.cumsum(self.count) - self.count
        self.names = np.concatenate([end.counted(end.features) for end in ended])
        self.numbers = np.concatenate([end.counted(end.numbers) for end in ended])
        self.nodes["last"][position[self.leaf]] = np.arange(len(self.leaf))

    def _beyond(self, front: Front, level: int) -> Front:
        """The children of splits."""
        op, at = self._op, np.arange(len(front.nodes))
        feature = op.feature[front.nodes]
        wide = [np.pad(part, ((0, 0), (0, 1)), constant_values=-1) for part in front[2:]]
        features, numbers, levels = wide
        same = features == feature[:, None]
        again = same.any(axis=1)
        slot = np.where(again, same.argmax(axis=1), front.used)
        before = np.where(again, numbers[at, slot], np.float32(op.method == "shapley"))
        packed = self._position[front.nodes]
        self.nodes["last"][packed], self.nodes["before"][packed] = levels[at, slot], before
        features[at, slot], levels[at, slot] = feature, level
        sides = []
        for child in (op.left[front.nodes], op.right[front.nodes]):
            numbers[at, slot] = self._number(front.nodes, child, before)
            packed, used = self._position[child], front.used + ~again
            self.nodes["share"][packed], self.nodes["depth"][packed] = numbers[at, slot], used
            self.nodes["slot"][packed] = slot
            sides.append(Front(child.astype(np.int64), used, features, numbers.copy(), levels))
        return Front(*(np.concatenate(pair) for pair in zip(*sides, strict=True)))

    def _number(self, node: Array, child: Array, before: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            if self._op.method == "shapley":
                return np.asarray(self._op.cover[child] / self._op.cover[node] * before)
            return np.asarray(before + (self._means[child] - self._means[node]))

    def _pack(self) -> None:
        op, at, leaf = self._op, self._position, self._op.feature < 0
        category = op.category_set >= 0
        word = np.where(op.default_left, 0, DEFAULT_RIGHT) | np.where(category, CATEGORY, 0)
        self.nodes["word"][at] = np.where(leaf, 0, op.feature) | word
        self.nodes["left"][at] = np.where(leaf, -1, at[np.where(leaf, 0, op.left)])
        cuts = moved(op.threshold, op.compare, True).view("<i4")
        self.nodes["threshold"][at] = np.where(category, op.category_set, cuts).view("<f4")


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
        kept = _keep(leaf, ways.level, tree, trees[:count])
        return trees, leaves, names, features, _tables(), kept

    with np.errstate(all="ignore"):
        trees, leaves, names, features, ratios, kept = to.packed((id(op), "shapley"), make)
    shares = np.append(ways.numbers, np.ones(8, np.float32))  # eight are read at a time
    divisors = np.where(shares == 0, np.float32(1), shares)  # beside what is 0 then
    addresses = [to.address(array) for array in (leaves, names, shares, divisors)]
    levels = int(ways.level.max(initial=0)) + 1
    tables = [to.address(array) for array in (trees, features, ratios)]
    to.step(
        "contributions_shapley",
        *common,
        *addresses,
        len(op.starts),
        *tables,
        to.reserve(4 * MOST * levels),
        to.reserve(STATES),
        to.reserve(4 * int(trees["count"].max())),
        to.reserve(8 * int(trees["words"].max())),
        to.reserve(4 * kept),
        levels,
    )


def _tables() -> Array:
    """i / j for j in rows; then the counts from 0 up to 128, and from there down."""
    counts = np.arange(2 * MOST, dtype=np.float32)
    ratios = counts[:MOST] / counts[:MOST, None]
    return np.concatenate([ratios.ravel(), counts, 2 * MOST - counts, -counts])


def _local(ways: Ways, tree: Array, trees: Array) -> tuple[Array, Array]:
    """The names as numbers among the features of their tree, and these features."""
    owner = np.repeat(tree, ways.count)
    keys = owner.astype(np.int64) << 32 | ways.names
    distinct, number = np.unique(keys, return_inverse=True)
    trees["count"] = np.bincount(distinct >> 32, minlength=len(trees))
    trees["first"] = np.cumsum(trees["count"]) - trees["count"]
    local = number.ravel() - trees["first"][owner]
    return local.astype(np.int32), (distinct & 0xFFFFFFFF).astype(np.int32)


def _keep(leaf: Array, level: Array, tree: Array, trees: Array) -> int:
    """Where the values of leaves with few features are kept, as far as there is room; returns how
    many these are of one tree."""
    order = np.lexsort((level, tree))
    sets = 1 << level[order].clip(max=20)
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
