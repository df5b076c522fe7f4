"""Trees of PMML as one Trees operator: any number of children and any predicates.

A Node asks its children's predicates in turn. Where these are simple, each becomes a split of
the operator; where a predicate is compound, or an unknown one leads to a child of its own, the
graph computes beforehand which child is chosen, and the operator splits on that. A path
remembers which features it knows not to be missing, so that each is asked for only once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Cast, Concat, Trees

from .nodes import Node, Predicate, Tree
from .predicates import OPPOSITES, field_of, literal_of, refused, truth, unknown
from .scope import Scope
from .uncertain import STRATEGIES as UNCERTAIN
from .values import MISSING, Number, Real, Text, Truth
from .xml import Element, refuse

LEAF: Final = -1
STRATEGIES = frozenset(["none", "lastPrediction", "nullPrediction", "defaultChild"])
DIRECT = frozenset(
    [
        "lessThan",
        "lessOrEqual",
        "greaterThan",
        "greaterOrEqual",
        "equal",
        "notEqual",
        "isIn",
        "isNotIn",
        "isMissing",
        "isNotMissing",
    ]
)

MAX_EMITTED: Final = 1 << 24


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


class Goal(NamedTuple):
    """Where a path goes on: a Node, a child that is asked next, or a leaf.

    Attributes:
        node: of the tree; −1 for no Node, which predicts nothing.
        child: which child is asked; −1 to begin with the Node, LEAF_CHILD to end there.
    """

    node: int
    child: int = -1


ENDS: Final = -2
NULL: Final = Goal(-1, ENDS)


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
        self.starts: list[int] = []
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.default_left: list[bool] = []
        self.category_set: list[int] = []
        self.sets: dict[frozenset[int], int] = {}
        self.rows: list[Any] = []
        self._codes: dict[str, Value] = {}

    def add(self, tree: Tree, rules: Rules, scope: Scope, row_of: Callable[[int], Any]) -> None:
        """Add a tree.

        Args:
            tree: its Nodes.
            rules: how it treats what is unknown.
            scope: of its fields.
            row_of: the numbers that a Node predicts, by its position.
        """
        self.starts.append(len(self.feature))
        _Tree(self, tree, rules, scope, row_of).grow()

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

    def emit(self, feature: int, threshold: float, codes: int = -1) -> int:
        """Append a split whose children are not known yet."""
        place = len(self.feature)
        if place > MAX_EMITTED:
            raise MemoryError("more than 16 million nodes")
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.left.append(-1)
        self.right.append(-1)
        self.default_left.append(False)
        self.category_set.append(codes)
        return place

    def set_of(self, codes: frozenset[int]) -> int:
        """The position of a set of codes."""
        return self.sets.setdefault(codes, len(self.sets))

    def finish(self, base: Any = None) -> Value:
        """The sums of the leaf values of all trees."""
        dtype = "float32" if self.single else "float64"
        words, starts = _words(list(self.sets))
        values = np.array(self.rows, dtype).reshape(-1, self.width)
        limits = np.array(self.threshold, np.float64)
        with np.errstate(over="ignore"):
            near = limits.astype(np.float32)
        if self.single:
            limits = np.where(near > limits, np.nextafter(near, np.float32(-np.inf)), near)
        op = Trees(
            compare="le",
            categories_go="left",
            outputs=self.width,
            base=np.zeros(self.width, dtype) if base is None else np.asarray(base, dtype),
            starts=np.array(self.starts, np.int32),
            target=np.zeros(len(self.starts), np.int32),
            feature=np.array(self.feature, np.int32),
            threshold=limits,
            left=np.array(self.left, np.int32),
            right=np.array(self.right, np.int32),
            default_left=np.array(self.default_left, bool),
            category_set=np.array(self.category_set, np.int32),
            values=values,
            set_starts=starts,
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


def _words(sets: list[frozenset[int]]) -> tuple[Any, Any]:
    """Sets of codes as bits."""
    starts, words = [0], []
    for codes in sets:
        size = (max(codes, default=-1) + 32) // 32
        block = [0] * size
        for code in codes:
            block[code // 32] |= 1 << (code % 32)
        words += block
        starts.append(len(words))
    return np.array(words, np.uint32), np.array(starts, np.int32)


class _Tree:
    """One tree while it is added to the forest."""

    def __init__(
        self,
        forest: Forest,
        tree: Tree,
        rules: Rules,
        scope: Scope,
        row_of: Callable[[int], Any],
    ) -> None:
        self.forest, self.nodes, self.rules, self.scope = forest, tree.nodes, rules, scope
        self.maker, self.row_of = scope.maker, row_of
        self.rows: dict[int, int] = {}
        self.shift = 0
        self.stack: list[tuple[Goal, int, bool, frozenset[int]]] = []

    def grow(self) -> None:
        """Emit the nodes; a stack entry is a goal, the split it hangs on, which side, and the
        features known not to be missing."""
        root = self.nodes[0]
        if root.predicate.kind != "True":  # below a root of ours, which predicts nothing
            self.nodes = [Node(Predicate("True"), {}, (), [1], root.line), *self._shifted()]
            self.shift = 1
        self.stack.append((Goal(0), -1, False, frozenset()))
        while self.stack:
            goal, parent, left, known = self.stack.pop()
            goal = self._settled(goal)
            place = len(self.forest.feature)
            if parent >= 0:
                (self.forest.left if left else self.forest.right)[parent] = place
            if goal.child == ENDS:
                self._leaf(goal.node)
            else:
                self._ask(goal, known)

    def _shifted(self) -> list[Node]:
        return [n._replace(children=[c + 1 for c in n.children]) for n in self.nodes]

    def _settled(self, goal: Goal) -> Goal:
        """Follow predicates that are constant, until something must be asked or it ends."""
        while goal.child != ENDS:
            node = self.nodes[goal.node]
            if goal.child < 0:
                goal = Goal(goal.node, 0 if node.children else ENDS)
                continue
            if goal.child == len(node.children):
                return Goal(goal.node, ENDS) if self.rules.last else NULL
            kind = self.nodes[node.children[goal.child]].predicate.kind
            if kind == "True":
                goal = Goal(node.children[goal.child])
            elif kind == "False":
                goal = Goal(goal.node, goal.child + 1)
            else:
                return goal
        return goal

    def _leaf(self, node: int) -> None:
        forest = self.forest
        place = forest.emit(LEAF, 0.0)
        row = self.rows.get(node)
        if row is None:
            row = self.rows[node] = len(forest.rows)
            predicts = node >= self.shift
            forest.rows.append(
                self.row_of(node - self.shift) if predicts else [forest.nothing] * forest.width
            )
        forest.left[place] = row

    def _ask(self, goal: Goal, known: frozenset[int]) -> None:
        """Split by the predicate of a child."""
        node = self.nodes[goal.node]
        child = node.children[goal.child]
        what = self.nodes[child].predicate
        yes, no = Goal(child), Goal(goal.node, goal.child + 1)
        if goal.child + 1 < len(node.children):
            after = node.children[goal.child + 1]
            if _opposite(what, self.nodes[after].predicate):
                no = Goal(after)
        open_ = self._unknown_goal(goal, node, no)
        simple = what.kind in ("SimplePredicate", "SimpleSetPredicate") and what.operator in DIRECT
        default = self.rules.missing == "defaultChild" and "defaultChild" in node.attributes
        if goal.child == 0 and default and (not simple or open_ not in (yes, no)):
            self._choice(goal.node)
        elif simple:
            self._simple(what, yes, no, open_, known)
        else:
            self._by_truth(truth(what, self.scope), yes, no, open_)

    def _unknown_goal(self, goal: Goal, node: Node, no: Goal) -> Goal:
        strategy = self.rules.missing
        if strategy == "lastPrediction":
            return Goal(goal.node, ENDS)
        if strategy == "nullPrediction":
            return NULL
        if strategy == "defaultChild":
            wanted = node.attributes.get("defaultChild")
            if wanted is None:
                return NULL
            for child in node.children:
                if self.nodes[child].attributes.get("id") == wanted:
                    return Goal(child)
            raise refused(Predicate("Node", line=node.line), f"has no child {wanted!r:.40}")
        # "none": the child's opposite, which `no` may lead to at once, is no more true than it.
        return Goal(goal.node, no.child if no.child >= 0 else goal.child + 2)

    def _split(
        self,
        feature: int,
        threshold: float,
        left: Goal,
        right: Goal,
        open_: Goal,
        known: frozenset[int],
        codes: int = -1,
    ) -> None:
        """x ≤ threshold goes left, else right; missing to `open_`."""
        forest = self.forest
        if feature not in known and open_ not in (left, right):
            place = forest.emit(feature, math.inf)
            self.stack.append((open_, place, False, known))
            known = known | {feature}
            # all numbers are ≤ ∞; the split proper hangs on the left
            forest.left[place] = len(forest.feature)
        place = forest.emit(feature, threshold, codes)
        forest.default_left[place] = open_ == left
        certain = known | {feature}
        self.stack.append((right, place, False, known if open_ == right else certain))
        self.stack.append((left, place, True, known if open_ == left else certain))

    def _simple(
        self, what: Predicate, yes: Goal, no: Goal, open_: Goal, known: frozenset[int]
    ) -> None:
        operator = what.operator
        if operator in ("isNotIn", "notEqual", "isNotMissing"):
            operator, yes, no = OPPOSITES[operator], no, yes
        field = field_of(what, self.scope)
        if operator == "isMissing":
            x = self.forest.code_of(field) if isinstance(field, Text) else field.value
            feature = self.forest.feature_of(x)
            if feature in known:
                self._follow(no, known)
            else:
                place = self.forest.emit(feature, math.inf)
                self.stack.append((yes, place, False, known))
                self.stack.append((no, place, True, known | {feature}))
            return
        if isinstance(field, Text):
            self._by_text(what, operator, field, yes, no, open_, known)
        elif operator == "isIn":
            self._by_truth(truth(what._replace(operator="isIn"), self.scope), yes, no, open_)
        else:
            self._by_number(what, operator, field, yes, no, open_, known)

    def _follow(self, goal: Goal, known: frozenset[int]) -> None:
        """Go on with a goal right here, where nothing needs to be asked: both sides of a split
        on a feature that is known lead there, so one split with equal leaves is not needed."""
        goal = self._settled(goal)
        if goal.child == ENDS:
            self._leaf(goal.node)
        else:
            self._ask(goal, known)

    def _by_number(
        self,
        what: Predicate,
        operator: str,
        field: Number,
        yes: Goal,
        no: Goal,
        open_: Goal,
        known: frozenset[int],
    ) -> None:
        feature = self.forest.feature_of(field.value)
        limit = literal_of(what, what.value, field)
        if operator == "equal":
            self._by_truth(truth(what._replace(operator="equal"), self.scope), yes, no, open_)
            return
        if operator in ("lessThan", "greaterOrEqual"):
            limit = float(np.nextafter(limit, -np.inf))
        if operator in ("greaterThan", "greaterOrEqual"):
            yes, no = no, yes
        self._split(feature, limit, yes, no, open_, known)

    def _by_text(
        self,
        what: Predicate,
        operator: str,
        field: Text,
        yes: Goal,
        no: Goal,
        open_: Goal,
        known: frozenset[int],
    ) -> None:
        if operator not in ("equal", "isIn"):
            self._by_truth(truth(what, self.scope), yes, no, open_)
            return
        items = [what.value] if what.kind == "SimplePredicate" else what.value
        codes = frozenset(code for code in map(field.words.code, items) if code >= 0)
        feature = self.forest.feature_of(self.forest.code_of(field))
        self._split(feature, 0.0, yes, no, open_, known, self.forest.set_of(codes))

    def _by_truth(self, what: Truth, yes: Goal, no: Goal, open_: Goal) -> None:
        """Split on a condition that the graph computes: 0 is false, 1 is true."""
        maker = self.maker
        x = maker.choose(what.yes, 1.0, maker.choose(what.no, 0.0, math.nan))
        self._split(self.forest.feature_of(x), 0.5, no, yes, open_, frozenset())

    def _choice(self, node: int) -> None:
        """Split on which child is chosen, as the graph computes it: the first whose predicate
        is true; from the first that is unknown on, the default child."""
        maker, children = self.maker, self.nodes[node].children
        ids = [self.nodes[child].attributes.get("id") for child in children]
        default = ids.index(self.nodes[node].attributes["defaultChild"])
        chosen: Real = float(len(children))
        for place in reversed(range(len(children))):
            what = truth(self.nodes[children[place]].predicate, self.scope)
            chosen = maker.choose(unknown(what, maker), float(default), chosen)
            chosen = maker.choose(what.yes, float(place), chosen)
        feature = self.forest.feature_of(chosen)
        place = self.forest.emit(feature, 0.5)
        for position, child in enumerate(children):
            self.stack.append((Goal(child), place, True, frozenset()))
            if position + 1 < len(children):
                after = self.forest.emit(feature, position + 1.5)
                self.forest.right[place] = after
                place = after
        self.stack.append((Goal(node, len(children)), place, False, frozenset()))


def _opposite(a: Predicate, b: Predicate) -> bool:
    """Whether one is true where the other is false, and both are unknown together."""
    if b.kind == "True":
        return False
    if a.kind not in ("SimplePredicate", "SimpleSetPredicate") or a.kind != b.kind:
        return False
    if a.field != b.field or OPPOSITES.get(a.operator) != b.operator:
        return False
    if a.kind == "SimpleSetPredicate":
        return set(a.value) == set(b.value)
    return bool(a.value == b.value)
