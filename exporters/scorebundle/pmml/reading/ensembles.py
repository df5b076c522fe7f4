"""Sums, means and votes of trees as one Trees operator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value

from .choices import elected, largest, precedence
from .forest import STRATEGIES, Forest, Rules
from .make import nearest
from .nodes import Tree
from .passing import Plain
from .prediction import Prediction
from .scope import Scope, changes
from .scores import categories_of, label_of, score_of, shares_of
from .values import Number, Real
from .xml import Element, child, children, real, refuse, tag

REGRESSION: Final = frozenset(["sum", "weightedSum", "average", "weightedAverage"])
CLASSIFICATION: Final = frozenset(
    ["majorityVote", "weightedMajorityVote", "average", "weightedAverage"]
)


def fused(element: Element, segmentation: Element, scope: Scope) -> Prediction | None:
    """The result of a segmentation of plain trees; None if it is another."""
    segments = list(children(segmentation, "Segment"))
    name = segmentation.get("multipleModelMethod", "")
    function = element.get("functionName")
    allowed = REGRESSION if function == "regression" else CLASSIFICATION
    if name not in allowed:
        return None
    if not segments or not all(_is_plain(each, function, scope) for each in segments):
        return None
    if _puts_out_members(element):
        return None
    weights = [real(each, "weight", 1.0) for each in segments]
    if not name.startswith("weighted"):
        weights = [1.0] * len(segments)
    models = [each for segment in segments for each in children(segment, "TreeModel")]
    trees = [scope.reading.document.trees[each] for each in models]
    single = scope.single and all(_context(each, scope) for each in models)
    missing, threshold = missing_predictions(segmentation)
    if threshold < 1:
        return None
    if missing == "skipSegment" and name == "weightedSum" and not all(w > 0 for w in weights):
        return None  # where their weights add up to 0, there may be predictions all the same
    members = Members(models, trees, weights, name, missing, single, _base(element, name, missing))
    return (_numbers if function == "regression" else _categories)(members, scope)


def _puts_out_members(element: Element) -> bool:
    """Whether an OutputField shows what a single segment says."""
    output = child(element, "Output")
    return output is not None and any(each.get("segmentId") for each in children(output))


def _base(element: Element, method: str, missing: str) -> float:
    """What a Target adds to a sum of trees, if it does nothing else.

    Its producers add the trees to it in this order, which in float32 decides the last digits.
    """
    targets = child(element, "Targets")
    found = [] if targets is None else list(children(targets, "Target"))
    if method != "sum" or missing == "skipSegment" or len(found) != 1:
        return 0.0
    plain = set(found[0].attrib) <= {"field", "rescaleConstant"} and not list(children(found[0]))
    return real(found[0], "rescaleConstant", 0.0) if plain else 0.0


def missing_predictions(segmentation: Element) -> tuple[str, float]:
    """missingPredictionTreatment and missingThreshold, which were vendor extensions before 4.4."""
    found = []
    for name, default in (("missingPredictionTreatment", "continue"), ("missingThreshold", "1")):
        extension = "x-" + name if segmentation.get(name) is None else name
        found.append(segmentation.get(extension, default))
    treatment, threshold = found
    if treatment not in ("continue", "skipSegment", "returnMissing"):
        refuse(segmentation, f"missingPredictionTreatment {treatment!r:.40} is not known")
    try:
        return treatment, float(threshold)
    except ValueError:
        refuse(segmentation, f"missingThreshold must be a number, not {threshold!r:.40}")


def _context(model: Element, scope: Scope) -> bool:
    context = model.get("x-mathContext")
    return scope.single if context is None else context == "float"


def _is_plain(segment: Element, function: str | None, scope: Scope) -> bool:
    """Whether a segment always applies, and holds one tree with nothing around it."""
    parts = {tag(each): each for each in children(segment)}
    if not parts.keys() <= {"True", "TreeModel"} or "TreeModel" not in parts:
        return False
    model = parts["TreeModel"]
    if model not in scope.reading.document.trees or model.get("functionName") != function:
        return False
    if model.get("missingValueStrategy", "none") not in STRATEGIES:
        return False
    if model.get("isScorable") in ("false", "0"):
        return False
    if scope.reading.document.trees[model].embeds:
        return False
    return all(child(model, name) is None for name in ("Targets", "Output"))


def inner_scope(model: Element, scope: Scope) -> Scope:
    """The scope of a segment's model: the one around it if it changes no field."""
    schema = child(model, "MiningSchema")
    fields = () if schema is None else children(schema, "MiningField")
    plain = child(model, "LocalTransformations") is None and not any(map(changes, fields))
    if plain:
        return scope
    inner = Scope(scope.reading, scope)
    inner.mine(model)
    inner.localise(model)
    return inner


class Members(NamedTuple):
    """The trees of an ensemble.

    Attributes:
        models, trees, weights: by segment; weights are 1 where the method knows none.
        method: multipleModelMethod.
        missing: missingPredictionTreatment.
        single: whether arithmetic is in float32.
        base: what a Target adds to the sum.
    """

    models: list[Element]
    trees: list[Tree]
    weights: list[float]
    method: str
    missing: str
    single: bool
    base: float

    @property
    def votes(self) -> bool:
        """Whether trees vote for a category."""
        return self.method.endswith("Vote")

    @property
    def skips(self) -> bool:
        """Whether a tree that predicts nothing is left out of what the others make."""
        return self.missing == "skipSegment" or (self.votes and self.missing == "continue")

    def grow(self, forest: Forest, rows_of: Callable[[Tree, float, int], Array]) -> Value:
        """The sums of the trees' numbers; where trees are left out, the last is the weight
        of the others."""
        members = zip(self.models, self.trees, self.weights, strict=True)
        for place, (model, tree, weight) in enumerate(members):
            rows = rows_of(tree, weight, place)
            if self.skips:
                without = np.isnan(rows[:, :1])
                counted = np.hstack([rows, np.full(without.shape, weight)])
                rows = np.where(without, 0.0, counted)
            forest.add(tree, Rules.of(model), inner_scope(model, forest.scope), rows)
            tree.done()
        return forest.finish([self.base] if self.single and self.base else None)


def _numbers(members: Members, scope: Scope) -> Prediction:
    maker, skips = scope.maker, members.skips
    nothing = 0.0 if skips else math.nan
    forest = Forest(scope, 2 if skips else 1, members.single, nothing)

    def rows(tree: Tree, weight: float, place: int) -> Array:
        scores = _scores(tree)
        if _context(members.models[place], scope):
            with np.errstate(over="ignore"):
                scores = scores.astype(np.float32).astype(np.float64)
        return (nearest(weight) if members.single else weight) * scores

    sums = maker.double(members.grow(forest, rows))
    total: Real = maker.column(sums, 0)
    count = maker.column(sums, 1) if skips else float(sum(members.weights))
    if members.method in ("average", "weightedAverage"):
        total = maker.over(total, count)
    elif skips:  # the sum of no predictions is none
        total = maker.choose(maker.compare("equal", count, 0.0), math.nan, total)
    if not members.single:
        return Prediction("regression", Number(total))
    result = Prediction("regression", Number(maker.rounded(total), "float"))
    result.features["rescaled"] = members.base != 0
    return result


def _scores(tree: Tree) -> Array:
    if tree.plain is not None:
        return tree.plain.score[:, None]
    return np.array([[score_of(node)] for node in tree.nodes])


def _categories(members: Members, scope: Scope) -> Prediction:
    """Votes, or sums of probabilities, divided by what all trees have.

    Trees that predict nothing vote for a missing result, if they are not to be left out.
    """
    maker = scope.maker
    categories = ordered(categories_of(members.trees), scope, members.models[0])
    nothing = 0.0 if members.skips else math.nan
    size, votes = len(categories), members.votes
    forest = Forest(scope, size * (1 + votes) + members.skips, nothing=nothing)

    def rows(tree: Tree, weight: float, place: int) -> Array:
        shares = _rows(tree, categories, votes)
        both = [weight * shares, precedence(place) * shares] if votes else [weight * shares]
        return np.hstack(both)

    sums = maker.spread(members.grow(forest, rows))
    everything = float(sum(members.weights))
    count: Real = sums.pop() if members.skips else everything
    sums, firsts = sums[:size], sums[size:]
    if votes and members.missing == "continue":
        lost = maker.minus(everything, count)
        outvoted = maker.compare("greater", lost, maker.highest(sums))
        count = maker.choose(outvoted, math.nan, count)
    means = [maker.over(x, count) for x in sums]
    value = (
        elected(categories, means, firsts, maker) if votes else largest(categories, means, maker)
    )
    return Prediction("classification", value, dict(zip(categories, means, strict=True)))


def ordered(found: list[str], scope: Scope, model: Element) -> list[str]:
    """Categories in the order of the target's values, so that ties go as stated there."""
    schema = child(model, "MiningSchema")
    names = [
        each.get("name", "")
        for each in (children(schema, "MiningField") if schema is not None else ())
        if each.get("usageType") in ("target", "predicted")
    ]
    data = scope.reading.data.get(names[0]) if names else None
    known = set(found)
    stated = [] if data is None else [each for each in data.valid if each in known]
    return list(dict.fromkeys([*stated, *found]))


def _rows(tree: Tree, categories: list[str], votes: bool) -> Array:
    """By node the shares of the categories, or 1 for the one it votes for."""
    plain = None if tree.plain is None else _plain_rows(tree.plain, categories, votes)
    if plain is not None:
        return plain
    rows = []
    for node in tree.nodes:
        label = label_of(node)
        if not votes:
            shares = shares_of(node, categories)
        elif label is None:
            shares = [math.nan] * len(categories)
        else:
            shares = [float(category == label) for category in categories]
        rows.append(shares)
    return np.array(rows, np.float64)


def _plain_rows(tree: Plain, categories: list[str], votes: bool) -> Array | None:
    places = {category: place for place, category in enumerate(categories)}
    label = np.full(len(tree.parent), -1)
    scored = np.flatnonzero(tree.score == tree.score)
    label[scored] = [places[tree.words[int(word)]] for word in tree.score[scored].tolist()]
    rows = np.full((len(label), len(categories)), math.nan)
    rows[scored] = np.eye(len(categories))[label[scored]]
    node, words, counts, probabilities = tree.shares
    if votes:  # without a score, the most frequent category: of lists
        return None if (label[node] < 0).any() else rows
    if not len(node):
        return rows
    open_ = np.bincount(node, np.isnan(probabilities), len(label)) > 0
    total = np.bincount(node, counts, len(label))
    with np.errstate(all="ignore"):
        share = np.where(open_[node], counts / total[node], probabilities)
    told = ~open_ | (total > 0)
    told[np.bincount(node, minlength=len(label)) == 0] = False
    rows[told] = 0.0
    here = told[node]
    column = np.array([places[tree.words[word]] for word in words.tolist()])
    rows[node[here], column[here]] = share[here]
    return rows
