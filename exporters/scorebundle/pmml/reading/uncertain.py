"""TreeModels that go on with every child that may be the right one: aggregateNodes and
weightedConfidence (PMML, TreeModel: missingValueStrategy)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine

from .choices import largest
from .convert import by_place
from .make import Maker
from .nodes import Node, Tree
from .predicates import truth, unknown
from .prediction import Prediction
from .scope import Scope
from .scores import ids_of, label_of, shares_of
from .values import MISSING, Bool, Real, Text
from .xml import Element, refuse

STRATEGIES: Final = frozenset(["aggregateNodes", "weightedConfidence"])
MAX_NODES: Final = 2000


def uncertain_tree(element: Element, tree: Tree, categories: list[str], scope: Scope) -> Prediction:
    """The Nodes that a row ends in, each with a weight, and the category they speak for.

    Where the first predicate that is not false is unknown, the row goes on with all children
    whose predicates are not false. aggregateNodes adds up the records of the Nodes it ends in;
    weightedConfidence their confidences, weighted by the children's shares of the records.
    """
    if not categories:
        refuse(element, "missingValueStrategy needs ScoreDistributions")
    if any(node.model is not None for node in tree.nodes):
        refuse(element, "missingValueStrategy is not supported with models inside of Nodes")
    if len(tree.nodes) > MAX_NODES:
        refuse(element, f"missingValueStrategy needs a tree of at most {MAX_NODES} Nodes")
    weighted = element.get("missingValueStrategy") == "weightedConfidence"
    walk = _Walk(tree, weighted, scope)
    walk.last = element.get("noTrueChildStrategy") == "returnLastPrediction"
    walk.go()
    return _voted(walk, categories, weighted, scope.maker)


class _Walk:
    """How a row goes through a tree.

    Attributes:
        ends: weight by Node that the row ends in.
        doubt: whether it went several ways.
        last: whether it ends in a Node of which no child is chosen.
    """

    def __init__(self, tree: Tree, weighted: bool, scope: Scope) -> None:
        self.nodes, self.weighted, self.scope, self.maker = tree.nodes, weighted, scope, scope.maker
        self.ends: dict[int, Real] = {}
        self.doubt: Bool = False
        self.last = False

    def go(self) -> None:
        """From the root on; children come after their parents."""
        maker, root = self.maker, self.nodes[0]
        reached: dict[int, Real] = {0: maker.indicator(truth(root.predicate, self.scope).yes)}
        for place, node in enumerate(self.nodes):
            if not node.children:
                self.ends[place] = reached[place]
                continue
            shares, rest, doubt = self._shares(node)
            here = maker.compare("greater", reached[place], 0.0)
            self.doubt = maker.either(self.doubt, maker.both(here, doubt))
            for child, share in zip(node.children, shares, strict=True):
                reached[child] = maker.times(reached[place], share)
            if self.last:
                self.ends[place] = maker.times(reached[place], maker.indicator(rest))

    def _shares(self, node: Node) -> tuple[list[Real], Bool, Bool]:
        """The weight of each child, where there is none, and where there may be several."""
        maker = self.maker
        found = [truth(self.nodes[child].predicate, self.scope) for child in node.children]
        chosen: list[Bool] = []
        doubt: Bool = False
        before: Bool = True  # all children so far are false
        for each in found:
            chosen.append(maker.both(before, each.yes))
            doubt = maker.either(doubt, maker.both(before, unknown(each, maker)))
            before = maker.both(before, each.no)
        possible = [maker.both(doubt, maker.negated(each.no)) for each in found]
        sizes = [1.0] * len(found)
        total: Real = 1.0
        if self.weighted:
            sizes = [_records(self.nodes[child]) for child in node.children]
            pairs = zip(possible, sizes, strict=True)
            total = maker.plus(*(maker.choose(p, size, 0.0) for p, size in pairs))
        shares = [
            maker.choose(c, 1.0, maker.choose(p, maker.over(size, total), 0.0))
            for c, p, size in zip(chosen, possible, sizes, strict=True)
        ]
        return shares, before, doubt


def _records(node: Node) -> float:
    """The number of records of a Node."""
    stated = node.attributes.get("recordCount")
    if stated is not None:
        return float(stated)
    return sum(float(each.get("recordCount", 0)) for each in node.distribution)


def _voted(walk: _Walk, categories: list[str], weighted: bool, maker: Maker) -> Prediction:
    nodes = [walk.nodes[place] for place in walk.ends]
    weights = maker.matrix(list(walk.ends.values()))
    labels = [label_of(node) for node in nodes]
    place = [0.0 if each is None else 1.0 + categories.index(each) for each in labels]
    shares = [shares_of(node, categories) for node in nodes]
    stated = [
        _stated(node, categories, "confidence") or shares_of(node, categories) for node in nodes
    ]
    counts = [_stated(node, categories, "recordCount") or [0.0] * len(categories) for node in nodes]
    votes = maker.spread(_sums(weights, stated if weighted else counts, maker))
    plain = maker.spread(_sums(weights, shares, maker))
    total = maker.plus(*votes)
    reached = maker.compare("greater", total, 0.0)
    several = largest(categories, votes, maker)
    single = _single(weights, place, maker)
    many = maker.choose_code(reached, several.code, MISSING)
    value = Text(maker.choose_code(walk.doubt, many, single), several.words)
    result = Prediction("classification", value)
    for category, vote, share in zip(categories, votes, plain, strict=True):
        part = maker.over(vote, total)
        result.probabilities[category] = maker.choose(walk.doubt, part, share)
    if weighted:
        result.features["confidence"] = dict(zip(categories, votes, strict=True))
    end = _single(weights, [1.0 + each for each in walk.ends], maker)
    ids = by_place(end, ids_of(walk.nodes), maker)
    code = maker.choose_code(walk.doubt, MISSING, ids.code)
    result.features["entityId"] = Text(code, ids.words)
    return result


def _single(weights: Value, numbers: list[float], maker: Maker) -> Value:
    """The place, counted from 1 in `numbers`, by the only Node that a row ends in."""
    one = maker.minus(maker.real(_sums(weights, [[each] for each in numbers], maker)), 1.0)
    one = maker.choose(maker.compare("less", one, 0.0), math.nan, one)
    return maker.position(maker.real(one))


def _stated(node: Node, categories: list[str], name: str) -> list[float]:
    """An attribute of the ScoreDistributions by category; empty if none states it."""
    found = {d["value"]: float(d[name]) for d in node.distribution if name in d and "value" in d}
    return [found.get(category, 0.0) for category in categories] if found else []


def _sums(weights: Value, rows: list[list[float]], maker: Maker) -> Value:
    """Σ weight · row over the Nodes."""
    table = np.nan_to_num(np.array(rows, np.float64)).T
    return maker.add(Affine(np.ascontiguousarray(table), np.zeros(len(table))), weights)
