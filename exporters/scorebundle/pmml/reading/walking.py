"""Trees of PMML Node by Node: any number of children and any predicates.

A Node asks its children's predicates in turn. Where these are simple, each becomes a split of
the operator; where a predicate is compound, or an unknown one leads to a child of its own, the
graph computes beforehand which child is chosen, and the operator splits on that. A path
remembers which features it knows not to be missing, so that each is asked for only once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from .grown import Emitted, Grown
from .nodes import Node, Predicate
from .predicates import OPPOSITES, field_of, literal_of, refused, truth, unknown
from .scope import Scope
from .values import Number, Real, Text, Truth

if TYPE_CHECKING:
    from .forest import Forest, Rules

MAX_KNOWN: Final = 256
"""Most features that a path remembers: every split that is still to be made keeps its own."""
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


class Goal(NamedTuple):
    """Where a path goes on: a Node, a child that is asked next, or a leaf.

    Attributes:
        node: of the tree; −1 for no Node, which predicts nothing.
        child: which child is asked; −1 to begin with the Node, ENDS to end there.
    """

    node: int
    child: int = -1


ENDS: Final = -2
NULL: Final = Goal(-1, ENDS)


class Walk:
    """One tree, Node by Node."""

    def __init__(self, forest: Forest, nodes: list[Node], rules: Rules, scope: Scope) -> None:
        self.forest, self.nodes, self.rules, self.scope = forest, nodes, rules, scope
        self.maker = scope.maker
        self.made = Emitted()
        self.shift = 0
        self.stack: list[tuple[Goal, int, bool, frozenset[int]]] = []

    def grow(self) -> Grown:
        """Emit the nodes.

        A stack entry is a goal, the split it hangs on, which side, and the features known not
        to be missing.
        """
        root = self.nodes[0]
        if root.predicate.kind != "True":  # below a root of ours, which predicts nothing
            self.nodes = [Node(Predicate("True"), {}, (), [1], root.line), *self._shifted()]
            self.shift = 1
        self.stack.append((Goal(0), -1, False, frozenset()))
        while self.stack:
            goal, parent, left, known = self.stack.pop()
            goal = self._settled(goal)
            place = self.made.size
            if parent >= 0:
                (self.made.left if left else self.made.right)[parent] = place
            if goal.child == ENDS:
                self._end(goal.node)
            else:
                self._ask(goal, known)
        return self.made.grown()

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

    def _end(self, node: int) -> None:
        self.made.leaf(max(node - self.shift, -1))

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
        certain = _with(feature, known)
        if feature not in known and open_ not in (left, right):
            place = self.made.append(feature, math.inf)
            self.stack.append((open_, place, False, known))
            known = certain
            # all numbers are ≤ ∞; the split proper hangs on the left
            self.made.left[place] = self.made.size
        place = self.made.append(feature, threshold, codes)
        self.made.default_left[place] = open_ == left
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
                place = self.made.append(feature, math.inf)
                self.stack.append((yes, place, False, known))
                self.stack.append((no, place, True, _with(feature, known)))
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
            self._end(goal.node)
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
        place = self.made.append(feature, 0.5)
        for position, child in enumerate(children):
            self.stack.append((Goal(child), place, True, frozenset()))
            if position + 1 < len(children):
                after = self.made.append(feature, position + 1.5)
                self.made.right[place] = after
                place = after
        self.stack.append((Goal(node, len(children)), place, False, frozenset()))


def _with(feature: int, known: frozenset[int]) -> frozenset[int]:
    return known | {feature} if len(known) < MAX_KNOWN else known


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
