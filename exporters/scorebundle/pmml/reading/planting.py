"""Trees that are columns, added to a Trees operator without a step per Node.

A Node becomes up to five nodes of the operator, which lie together, in this order:

    guard    x ≤ ∞, asked where a missing x would end the path
    ask      the Node's predicate
    lost     the guard's leaf
    end      the leaf of a parent that has asked its last child in vain
    leaf     the Node's own

Positions are the sums of how many there are before; a predicate's two sides lead to positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

from .grown import Grown
from .passing import ALWAYS, ASKED, PLACES, Plain
from .predicates import OPPOSITES
from .scope import Scope
from .splits import SETS, Splits, splits_of

if TYPE_CHECKING:
    from .forest import Forest, Rules

OPPOSITE: Final = np.array([PLACES[OPPOSITES[each]] for each in ASKED], np.int8)
SWAPPED: Final = np.isin(ASKED, ["greaterThan", "greaterOrEqual", "notEqual", "isNotIn"])
"""Whether what is true goes right."""
NOWHERE: Final = -1
MAX_BITS: Final = 1 << 27
"""Most words of bits that tell, by Node, which features are known not to be missing."""


def planted(tree: Plain, rules: Rules, scope: Scope, forest: Forest) -> Grown | None:
    """The operator's nodes; None if the tree needs more than columns can say."""
    shape = _shape(tree)
    if shape is None:
        return None
    splits = splits_of(tree, shape.asked, scope, forest)
    open_ = None if splits is None else _open(tree, shape, rules)
    if splits is None or open_ is None:
        return None
    guard = shape.asked & (open_ == NOWHERE)
    if guard.any():
        guard &= ~_known(shape, splits.feature, open_)
    own = {"lastPrediction": True, "none": rules.last}.get(rules.missing, False)
    return _laid_out(shape, splits, open_, guard, own, rules.last)


class Shape(NamedTuple):
    """How the Nodes hang together.

    Attributes:
        after: the next child of the same parent, −1 if none; `before` likewise.
        leaf: whether a Node has no children.
        asked: whether its predicate is asked: not that of the root, nor True, nor the opposite
            of the one asked before.
        pair: whether the next child's predicate is the opposite.
        children: how many.
    """

    parent: Array
    asks: Array
    after: Array
    before: Array
    leaf: Array
    asked: Array
    pair: Array
    children: Array


def _shape(tree: Plain) -> Shape | None:
    parent, asks = tree.parent.astype(np.int64), tree.asks
    count = len(parent)
    if asks[0] != ALWAYS:
        return None
    children = np.bincount(parent[1:], minlength=count)
    order = np.argsort(parent[1:], kind="stable") + 1
    same = parent[order[:-1]] == parent[order[1:]]
    after, before = np.full(count, -1), np.full(count, -1)
    after[order[:-1][same]] = order[1:][same]
    before[order[1:][same]] = order[:-1][same]
    follows = after >= 0
    complement = follows & (asks != ALWAYS) & (asks[after] == OPPOSITE[asks])
    complement &= tree.field == tree.field[after]
    pair = complement & (tree.value == tree.value[after])
    if (complement & ~pair & (asks >= SETS)).any():  # sets that may be spelled differently
        return None
    if (follows & (asks == ALWAYS)).any() or (pair & follows[after]).any():
        return None  # what comes behind is never asked
    asked = asks != ALWAYS
    asked[after[pair]] = False
    return Shape(parent, asks, after, before, children == 0, asked, pair, children)


YES, NO = 1, 0


def _open(tree: Plain, shape: Shape, rules: Rules) -> Array | None:
    """Where a missing number leads: to the child (YES), past it (NO), or nowhere."""
    if rules.missing == "none":
        return np.where(shape.pair, NOWHERE, NO)
    if rules.missing != "defaultChild":
        return np.full(len(shape.parent), NOWHERE)
    place = np.arange(len(shape.parent))
    default = tree.default[shape.parent]
    stated = shape.asked & (default >= 0)
    yes = stated & (default == place)
    no = stated & (default == shape.after) & (shape.after >= 0)
    simple = (shape.before < 0) & (
        (shape.after < 0) | (shape.pair | (shape.asks[shape.after] == ALWAYS))
    )
    if (stated & ~(simple & (yes | no))).any():
        return None
    return np.where(yes, YES, np.where(no, NO, NOWHERE))


def _known(shape: Shape, feature: Array, open_: Array) -> Array:
    """Whether a Node's feature was found not to be missing on the way to it.

    Of a tree too large for that, none was, as far as one knows: it is asked once more.
    """
    result = np.zeros(len(feature), bool)
    width = int(feature.max(initial=0)) // 64 + 1
    if len(feature) * width > MAX_BITS:
        return result
    above, branch = _above(shape)
    order = np.flatnonzero(shape.asked)
    bits = np.zeros((len(feature), width), np.uint64)
    slot, bit = feature // 64, np.uint64(1) << (feature % 64).astype(np.uint64)
    level = order[above[order] < 0]
    by_above = order[np.argsort(above[order], kind="stable")]
    starts = np.searchsorted(above[by_above], np.arange(len(feature) + 1))
    while len(level):
        result[level] = (bits[level, slot[level]] & bit[level]) != 0
        counts = starts[level + 1] - starts[level]
        first = np.repeat(starts[level] - np.cumsum(counts) + counts, counts)
        below = by_above[first + np.arange(counts.sum())]
        up = above[below]
        bits[below] = bits[up]
        certain = below[open_[up] != branch[below]]
        bits[certain, slot[above[certain]]] |= bit[above[certain]]
        level = below
    return result


def _above(shape: Shape) -> tuple[Array, Array]:
    """The predicate asked before a Node's own, and on which side of it the Node lies."""
    reached = np.where(shape.before >= 0, shape.before, shape.parent)
    branch = np.where(shape.before >= 0, NO, YES)
    for node in np.flatnonzero((shape.before < 0) & ~shape.asked[reached]).tolist():
        up = int(reached[node])  # as its parent is: behind another child, or without a question
        reached[node], branch[node] = (reached[up], branch[up]) if up > 0 else (-1, YES)
    reached[0] = -1
    return reached, branch


def _laid_out(
    shape: Shape, splits: Splits, open_: Array, guard: Array, own: bool, last: bool
) -> Grown:
    asked, leaf, after = shape.asked, shape.leaf, shape.after
    end = asked & (after < 0)
    counts = 2 * guard + asked.astype(np.int64) + end + leaf
    base = np.cumsum(counts) - counts
    ask = base + guard
    own_leaf = base + counts - 1
    content = _contents(shape, base, own_leaf)
    past = np.where(shape.pair | (shape.asks[after] == ALWAYS), content[after], base[after])
    past = np.where(end, ask + 1 + guard, past)
    size = int(counts.sum())
    feature, sets = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    threshold, default = np.zeros(size), np.zeros(size, bool)
    left, right = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    at, where = np.flatnonzero(asked), ask[asked]
    swapped = SWAPPED[shape.asks[at]]
    feature[where], threshold[where] = splits.feature[at], splits.threshold[at]
    sets[where] = splits.category_set[at]
    left[where] = np.where(swapped, past[at], content[at])
    right[where] = np.where(swapped, content[at], past[at])
    default[where] = (open_[at] != NOWHERE) & ((open_[at] == YES) != swapped)
    first = base[guard]
    feature[first], threshold[first] = splits.feature[guard], np.inf
    left[first], right[first] = first + 1, first + 2
    ends = np.full(size, -1, np.int64)
    ends[own_leaf[leaf]] = np.flatnonzero(leaf)
    ends[first + 2] = shape.parent[guard] if own else -1
    ends[past[end]] = shape.parent[end] if last else -1
    is_leaf = feature < 0
    used, rows = np.unique(ends[is_leaf], return_inverse=True)
    left[is_leaf] = rows
    return Grown(feature, threshold, left, right, default, sets, used)


def _contents(shape: Shape, base: Array, own_leaf: Array) -> Array:
    """Where the path goes on in a Node: its leaf, or its first child's question."""
    content = np.where(shape.leaf, own_leaf, np.append(base[1:], 0))
    inner = np.flatnonzero(~shape.leaf[:-1] & (shape.asks[1:] == ALWAYS))
    for node in inner[::-1].tolist():
        content[node] = content[node + 1]
    return content
