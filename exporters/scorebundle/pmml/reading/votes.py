"""Segmentations that combine the results of all segments: votes, means, medians, sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .choices import elected, largest, precedence
from .ensembles import missing_predictions, ordered
from .expressions import absent, numeric
from .functions import median
from .make import Maker
from .mining import Segment, method
from .models import predict
from .prediction import Prediction
from .scope import Scope
from .values import Bool, Number, Real, Text
from .xml import Element, child, refuse, text


class Votes:
    """What each segment says, and whether it counts.

    Attributes:
        predictions: of the segments.
        counts: where each of them counts.
        weights: their weights, 0 where they do not count.
        continues: whether a missing prediction is one like others.
        missing: where the result is missing because a prediction is.
        lost: the weights of the predictions that are missing.
    """

    def __init__(self, segments: list[Segment], element: Element, scope: Scope) -> None:
        if not segments:
            refuse(element, "no segment ever applies")
        maker = scope.maker
        self.maker = maker
        self.segments = segments
        self.predictions = [predict(segment.model, scope) for segment in segments]
        treatment, threshold = missing_predictions(element)
        weighted = text(element, "multipleModelMethod").startswith("weighted")
        votes = text(element, "multipleModelMethod").endswith("Vote")
        self.counts: list[Bool] = []
        self.weights: list[Real] = []
        self.missing: Bool = False
        self.lost: Real = 0.0
        applying: Real = 0.0
        failing: Real = 0.0
        for segment, prediction in zip(segments, self.predictions, strict=True):
            if prediction.value is None:
                refuse(segment.element, "predicts no value")
            here = segment.here
            lacking = maker.both(here, absent(prediction.value, maker))
            own = _weight(segment, prediction, scope) if weighted or threshold < 1 else 1.0
            weight = own if weighted else 1.0
            if threshold < 1:  # of all weight, as in JPMML, where the method ignores it too
                applying = maker.plus(applying, maker.choose(here, own, 0.0))
                failing = maker.plus(failing, maker.choose(lacking, own, 0.0))
            self.lost = maker.plus(self.lost, maker.choose(lacking, weight, 0.0))
            if treatment == "skipSegment" or (votes and treatment == "continue"):
                here = maker.both(here, maker.negated(lacking))
            elif treatment == "returnMissing" or isinstance(prediction.value, Number):
                self.missing = maker.either(self.missing, lacking)
            self.counts.append(here)
            self.weights.append(maker.choose(here, weight, 0.0))
        if threshold < 1:
            share = maker.over(failing, applying)
            self.missing = maker.either(self.missing, maker.compare("greater", share, threshold))
        self.continues = treatment == "continue"
        self.none = maker.negated(maker.either(*self.counts))

    @property
    def total(self) -> Real:
        """The weights of what counts."""
        return self.maker.plus(*self.weights)

    def numbers(self) -> list[Real]:
        """The predicted numbers."""
        result: list[Real] = []
        for segment, prediction in zip(self.segments, self.predictions, strict=True):
            if not isinstance(prediction.value, Number):
                refuse(segment.element, "predicts no number")
            result.append(prediction.value.value)
        return result

    def sum(self, numbers: Sequence[Real], weights: Sequence[Real]) -> Real:
        """Σ weight · number over what counts."""
        maker = self.maker
        terms = [
            maker.choose(here, maker.times(x, weight), 0.0)
            for here, x, weight in zip(self.counts, numbers, weights, strict=True)
        ]
        return maker.plus(*terms)

    def settled(self, x: Real) -> Real:
        """The number, missing where a missing prediction makes it so, or nothing counts."""
        return self.maker.choose(self.maker.either(self.missing, self.none), math.nan, x)


def _weight(segment: Segment, prediction: Prediction, scope: Scope) -> Real:
    """A segment's weight: its own, or a VariableWeight, by default an output of its model."""
    variable = child(segment.element, "VariableWeight")
    if variable is None:
        return segment.weight
    name = text(variable, "field")
    output = prediction.outputs.get(name)
    field = scope.get(name, variable) if output is None else output[0]
    return numeric(field, scope.maker)


@method("sum", "weightedSum", "average", "weightedAverage")
def _mean(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """Of numbers; of the probabilities, where the segments classify."""
    votes, name = Votes(segments, element, scope), text(element, "multipleModelMethod")
    maker = scope.maker
    if isinstance(votes.predictions[0].value, Text):
        if name not in ("average", "weightedAverage"):
            refuse(element, f"{name} needs numbers")
        return _probabilities(votes, segments, scope, lambda sums: _shares(sums, votes))
    total = votes.sum(votes.numbers(), votes.weights)
    if name in ("average", "weightedAverage"):
        total = maker.over(total, votes.total)
    kinds = {p.value.kind for p in votes.predictions if isinstance(p.value, Number)}
    kind = "float" if kinds == {"float"} and scope.single else "double"
    value = votes.settled(maker.rounded(total) if kind == "float" else total)
    return _result("regression", Number(value, kind), votes)


def _shares(sums: list[Real], votes: Votes) -> list[Real]:
    return [votes.maker.over(x, votes.total) for x in sums]


def _probabilities(
    votes: Votes,
    segments: list[Segment],
    scope: Scope,
    finish: Callable[[list[Real]], list[Real]],
) -> Prediction:
    """Sums of weighted probabilities by category, finished, and the largest."""
    categories = _all_categories(votes, segments, scope)
    sums = [
        votes.sum([p.probabilities.get(c, 0.0) for p in votes.predictions], votes.weights)
        for c in categories
    ]
    return _decided(categories, [votes.settled(x) for x in finish(sums)], votes)


def _decided(categories: list[str], scores: list[Real], votes: Votes) -> Prediction:
    value = largest(categories, scores, votes.maker)
    result = _result("classification", value, votes)
    result.probabilities = dict(zip(categories, scores, strict=True))
    return result


def _all_categories(votes: Votes, segments: list[Segment], scope: Scope) -> list[str]:
    found: dict[str, None] = {}
    for prediction in votes.predictions:
        found.update(dict.fromkeys(prediction.probabilities))
        if isinstance(prediction.value, Text):
            found.update(dict.fromkeys(prediction.value.words.words))
    return ordered(list(found), scope, segments[0].model)


def _result(function: str, value: Number | Text, votes: Votes) -> Prediction:
    result = Prediction(function, value)
    result.segments = {
        segment.id: prediction
        for segment, prediction in zip(votes.segments, votes.predictions, strict=True)
    }
    return result


@method("majorityVote", "weightedMajorityVote")
def _majority(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """The category that most segments predict, of several the first one predicted; shares of
    the votes as probabilities.

    With missingPredictionTreatment `continue`, missing predictions vote for a missing result.
    """
    votes = Votes(segments, element, scope)
    maker, categories = scope.maker, _all_categories(votes, segments, scope)
    sums: list[Real] = []
    firsts: list[Real] = []
    order = [precedence(place) for place in range(len(segments))]
    for category in categories:
        agreed: list[Real] = []
        for segment, prediction in zip(segments, votes.predictions, strict=True):
            if not isinstance(prediction.value, Text):
                refuse(segment.element, "predicts no category")
            agreed.append(maker.indicator(maker.one_of(prediction.value, [category])))
        sums.append(votes.sum(agreed, votes.weights))
        firsts.append(votes.sum(agreed, order))
    if votes.continues and not (isinstance(votes.lost, float) and votes.lost == 0):
        outvoted = maker.compare("greater", votes.lost, maker.highest(sums))
        votes.missing = maker.either(votes.missing, outvoted)
    shares = [votes.settled(x) for x in _shares(sums, votes)]
    result = _result("classification", elected(categories, shares, firsts, maker), votes)
    result.probabilities = dict(zip(categories, shares, strict=True))
    return result


@method("max")
def _max(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """Of numbers, the largest; of probabilities, those of the segment with the largest one."""
    votes, maker = Votes(segments, element, scope), scope.maker
    if isinstance(votes.predictions[0].value, Number):
        result = maker.highest(_masked(votes, -math.inf))
        return _result("regression", Number(votes.settled(result)), votes)
    categories = _all_categories(votes, segments, scope)
    best: Real = -math.inf
    scores: list[Real] = [math.nan] * len(categories)
    for here, prediction in zip(votes.counts, votes.predictions, strict=True):
        mine = [prediction.probabilities.get(c, 0.0) for c in categories]
        highest = maker.highest(mine)
        better = maker.both(here, maker.compare("greater", highest, best))
        best = maker.choose(better, highest, best)
        scores = [maker.choose(better, a, b) for a, b in zip(mine, scores, strict=True)]
    return _decided(categories, [votes.settled(x) for x in scores], votes)


def _masked(votes: Votes, other: float) -> list[Real]:
    return [
        votes.maker.choose(here, x, other)
        for here, x in zip(votes.counts, votes.numbers(), strict=True)
    ]


@method("median", "weightedMedian", "x-weightedMedian")
def _median(segments: list[Segment], element: Element, scope: Scope) -> Prediction:
    """The middle number; by weight, the first that half of all weight lies at or below."""
    votes, maker = Votes(segments, element, scope), scope.maker
    if isinstance(votes.predictions[0].value, Text):
        refuse(element, "a median of classifications is not supported")
    numbers = votes.numbers()
    if text(element, "multipleModelMethod") == "median":
        if not all(here is True for here in votes.counts):
            refuse(element, "a median of segments that may not apply is not supported")
        return _result("regression", Number(votes.settled(median(numbers, maker))), votes)
    value = weighted_median(numbers, votes.weights, maker)
    return _result("regression", Number(votes.settled(value)), votes)


def weighted_median(numbers: list[Real], weights: list[Real], maker: Maker) -> Real:
    """The smallest number such that it and all smaller ones have half of the weight."""
    half = maker.times(maker.plus(*weights), 0.5)
    result: Real = math.inf
    for x in numbers:
        upto = maker.plus(
            *(
                maker.choose(maker.compare("less_equal", y, x), weight, 0.0)
                for y, weight in zip(numbers, weights, strict=True)
            )
        )
        enough = maker.compare("greater_equal", upto, half)
        candidate = maker.choose(enough, x, math.inf)
        result = maker.arithmetic("minimum", result, candidate)
    return result
