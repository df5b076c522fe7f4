"""Choices of a category by its number: the largest probability, the smallest distance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax, OneHot, Reduce, Where

from .make import Maker
from .values import MISSING, Real, Text, Words


def largest(categories: Sequence[str], scores: Sequence[Real], maker: Maker) -> Text:
    """The category with the largest score, the first of those; missing if a score is."""
    words = Words(categories)
    if len(words.words) != len(categories):
        raise ValueError("a category is listed twice")
    matrix = maker.matrix(list(scores))
    position = maker.add(ArgMax(), matrix)
    known = maker.both(*(maker.present(x) for x in scores))
    return Text(maker.choose_code(known, position, MISSING), words)


def elected(
    categories: Sequence[str], votes: Sequence[Real], firsts: Sequence[Real], maker: Maker
) -> Text:
    """The category with the most votes; of several, the one with the largest of `firsts`.

    Args:
        firsts: sums of `precedence` by category, from which the one voted for first is seen.
    """
    top = maker.highest(votes)
    scores: list[Real] = []
    for vote, first in zip(votes, firsts, strict=True):
        score = maker.choose(maker.compare("greater_equal", vote, top), first, -1.0)
        scores.append(maker.choose(maker.present(vote), score, math.nan))
    return largest(categories, scores, maker)


def precedence(place: int) -> float:
    """What a vote adds to its category, so that no later ones together outweigh it."""
    return float(4.0**-place)


def smallest(categories: Sequence[str], scores: Sequence[Real], maker: Maker) -> Text:
    """The category with the smallest score, the first of those; missing if a score is."""
    return largest(categories, [maker.times(x, -1.0) for x in scores], maker)


def shares(weights: Sequence[Real], maker: Maker) -> list[Real]:
    """Each divided by the sum of all."""
    total = maker.plus(*weights)
    return [maker.over(x, total) for x in weights]


def ranked(scores: Value, count: int, maker: Maker) -> tuple[list[Value], list[Real]]:
    """Positions of the largest numbers, of equal ones the first first, and those numbers."""
    width = scores.type.width
    places: list[Value] = []
    numbers: list[Real] = []
    for round_ in range(count):
        place = maker.add(ArgMax(), scores)
        places.append(place)
        numbers.append(maker.add(Reduce("maximum"), scores))
        if round_ + 1 < count:
            here = maker.add(OneHot(width, "bool"), place)
            scores = maker.add(Where(), here, maker.constant(-math.inf), scores)
    return places, numbers
