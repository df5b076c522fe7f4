"""Trees of PMML as one Trees operator; each is laid out from columns, or walked Node by Node."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Cast, Concat, Trees

from .grown import MAX_NODES, Grown, rows_of
from .nodes import Tree
from .planting import planted
from .scope import Scope
from .splits import Fields
from .uncertain import STRATEGIES as UNCERTAIN
from .values import MISSING, Real, Text
from .walking import Walk
from .xml import Element, refuse

MAX_WORDS: Final = 1 << 27
"""Most words of 32 bits that all sets of texts may have."""
STRATEGIES = frozenset(["none", "lastPrediction", "nullPrediction", "defaultChild"])


class Rules(NamedTuple):
    """How a TreeModel treats unknown predicates, and Nodes of which no child is chosen."""

    missing: str
    last: bool

    @classmethod
    def of(cls, model: Element) -> Rules:
        """The rules of a TreeModel."""
        missing = model.get("missingValueStrategy", "none")
        if missing in UNCERTAIN and model.get("functionName") == "regression":
            missing = "nullPrediction"  # records and confidences are those of categories
        if missing not in STRATEGIES:
            refuse(model, f"missingValueStrategy {missing!r:.40} is not supported")
        last = model.get("noTrueChildStrategy") == "returnLastPrediction"
        return cls(missing, last)


class Forest:
    """Collects trees over common features.

    Attributes:
        scope: of the fields.
        single: whether features and values are float32.
        width: numbers per leaf.
        nothing: what a tree adds that predicts nothing.
    """

    def __init__(
        self, scope: Scope, width: int, single: bool = False, nothing: float = math.nan
    ) -> None:
        self.scope, self.maker, self.width, self.single = scope, scope.maker, width, single
        self.nothing = nothing
        self.features: dict[str, int] = {}
        self.values: list[Real] = []
        self.size = self.rows = 0
        self.starts: list[int] = []
        self.nodes: dict[str, list[Array]] = {name: [] for name in Grown._fields[:-1]}
        self.leaves: list[Array] = []
        self.sets: dict[frozenset[int], int] = {}
        self._fields: dict[Scope, Fields] = {}
        self._codes: dict[str, Value] = {}

    def add(self, tree: Tree, rules: Rules, scope: Scope, rows: Any) -> None:
        """Add a tree.

        Args:
            tree: its Nodes.
            rules: how it treats what is unknown.
            scope: of its fields.
            rows: the numbers that each Node predicts.
        """
        grown = None if tree.plain is None else planted(tree.plain, rules, scope, self)
        if grown is None:
            grown = Walk(self, tree.nodes, rules, scope).grow()
        split = grown.feature >= 0
        for side in (grown.left, grown.right):
            side[split] += self.size
        grown.left[~split] += self.rows
        if self.single:
            grown = grown._replace(threshold=_single(grown.threshold))
        for name, parts in self.nodes.items():
            parts.append(getattr(grown, name))
        self.leaves.append(rows_of(rows, grown.ends, self.nothing).astype(self.dtype))
        self.starts.append(self.size)
        self.size += len(split)
        self.rows += len(grown.ends)
        if self.size > MAX_NODES:
            raise MemoryError("more than 16 million nodes")

    @property
    def dtype(self) -> str:
        """Of the sums."""
        return "float32" if self.single else "float64"

    def fields_of(self, scope: Scope) -> Fields:
        """The fields of a scope, as columns."""
        return self._fields.setdefault(scope, Fields())

    def feature_of(self, x: Real) -> int:
        """The position of a number among the features."""
        key = x.name if isinstance(x, Value) else repr(x)
        place = self.features.get(key)
        if place is None:
            place = self.features[key] = len(self.values)
            self.values.append(x)
        return place

    def code_of(self, field: Text) -> Real:
        """A text's code as a number, NaN where it is missing."""
        if not isinstance(field.code, Value):
            return math.nan if field.code == MISSING else float(field.code)
        made = self._codes.get(field.code.name)
        if made is None:
            number = self.maker.add(Cast("float64"), field.code)
            absent = self.maker.code_is(field.code, MISSING)
            made = self.maker.real(self.maker.choose(absent, math.nan, number))
            self._codes[field.code.name] = made
        return made

    def set_of(self, codes: frozenset[int]) -> int:
        """The position of a set of codes."""
        return self.sets.setdefault(codes, len(self.sets))

    def finish(self, base: list[float] | None = None) -> Value:
        """The sums of the leaf values of all trees, and of `base`."""
        words, set_starts = _words(list(self.sets))
        op = Trees(
            compare="le",
            categories_go="left",
            outputs=self.width,
            base=np.array(base or [0.0] * self.width, self.dtype),
            starts=np.array(self.starts, np.int32),
            target=np.zeros(len(self.starts), np.int32),
            **{name: _joined(parts) for name, parts in self.nodes.items()},
            values=_joined(self.leaves),
            set_starts=set_starts,
            set_words=words,
        )
        return self.maker.builder.add(op, self._input())

    def _input(self) -> Value:
        maker = self.maker
        values = [maker.real(x) for x in self.values] or [maker.constant(0.0)]
        if self.single:
            values = [maker.single(x) for x in values]
        if len(values) == 1:
            return values[0]
        return maker.add(Concat(), *values)


def _joined(parts: list[Array]) -> Array:
    """One behind the other; the parts are given up."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def _single(threshold: Array) -> Array:
    """The largest float32 up to each number."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
        down = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > threshold, down, near)


def _words(sets: list[frozenset[int]]) -> tuple[Array, Array]:
    """Sets of codes as bits, and where each begins: as long as its largest code needs."""
    sizes = [(max(codes, default=-1) + 32) // 32 for codes in sets]
    starts = np.cumsum([0, *sizes])
    if starts[-1] > MAX_WORDS:
        raise MemoryError("the sets of texts are too large")
    words = np.zeros(starts[-1], np.uint32)
    for start, codes in zip(starts.tolist(), sets, strict=False):
        places = np.array(sorted(codes), np.int64)
        bits = np.uint32(1) << (places % 32).astype(np.uint32)
        np.bitwise_or.at(words, start + places // 32, bits)
    return words, starts.astype(np.int32)
