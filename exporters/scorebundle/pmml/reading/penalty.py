"""missingValuePenalty: what confidences lose where values of a tree's row are missing."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.graph import Value

from .nodes import Predicate, Tree
from .predicates import truth, unknown
from .scope import Scope
from .values import Bool, Real, Truth
from .xml import Element, real, refuse

MAX_NODES = 2000


def penalty(element: Element, tree: Tree, place: Value, scope: Scope) -> Real:
    """The factor of a row's confidences: the penalty for every default child that it took, and
    for every surrogate that decided."""
    factor = real(element, "missingValuePenalty", 1.0)
    if factor == 1:
        return 1.0
    if len(tree.nodes) > MAX_NODES:
        refuse(element, f"missingValuePenalty needs a tree of at most {MAX_NODES} Nodes")
    maker = scope.maker
    strategy = element.get("missingValueStrategy", "none")
    defaults = strategy == "defaultChild"
    below = _below(tree)
    result: Real = 1.0
    for node, reached in zip(tree.nodes, below, strict=True):
        lost: Real = 1.0
        before: Bool = True  # no child so far is chosen, or ends the search
        for child in node.children:
            what = tree.nodes[child].predicate
            found = truth(what, scope)
            if _is_surrogate(what):
                used = maker.both(before, _surrogate_decides(what, found, scope))
                lost = maker.times(lost, maker.choose(used, factor, 1.0))
            if defaults:
                here = maker.both(before, unknown(found, maker))
                lost = maker.times(lost, maker.choose(here, factor, 1.0))
            passed = maker.negated(found.yes) if strategy == "none" else found.no
            before = maker.both(before, passed)
        if node.children:
            through = maker.compare("equal", maker.look_up(place, reached, 0.0), 1.0)
            result = maker.times(result, maker.choose(through, lost, 1.0))
    return result


def _below(tree: Tree) -> list[np.ndarray]:
    """For each Node, 1 at the places of those that rows reach through it, its own too."""
    found = [np.zeros(len(tree.nodes)) for _ in tree.nodes]
    for place in range(len(tree.nodes) - 1, -1, -1):  # children come after their parents
        found[place][place] = 1
        for child in tree.nodes[place].children:
            found[place] += found[child]
    return found


def _is_surrogate(what: Predicate) -> bool:
    return what.kind == "CompoundPredicate" and what.operator == "surrogate" and len(what.parts) > 1


def _surrogate_decides(what: Predicate, found: Truth, scope: Scope) -> Bool:
    maker = scope.maker
    first = truth(what.parts[0], scope)
    return maker.both(unknown(first, maker), maker.either(found.yes, found.no))
