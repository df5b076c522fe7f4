"""Choices of a category by its number: the largest probability, the smallest distance."""

from __future__ import annotations

from collections.abc import Sequence

from scorebundle.bundle.ops import ArgMax

from .make import Maker
from .values import MISSING, Real, Text, Words


def largest(categories: Sequence[str], scores: Sequence[Real], maker: Maker) -> Text:
    """The category with the largest score, the first of those; missing if a score is."""
    words = Words(categories)
    words.open = True
    codes = [words.code(each) for each in categories]
    words.open = False
    if codes != list(range(len(codes))):
        raise ValueError("a category is listed twice")
    matrix = maker.matrix(list(scores))
    position = maker.add(ArgMax(), matrix)
    known = maker.both(*(maker.present(x) for x in scores))
    return Text(maker.choose_code(known, position, MISSING), words)


def smallest(categories: Sequence[str], scores: Sequence[Real], maker: Maker) -> Text:
    """The category with the smallest score, the first of those; missing if a score is."""
    return largest(categories, [maker.times(x, -1.0) for x in scores], maker)


def shares(weights: Sequence[Real], maker: Maker) -> list[Real]:
    """Each divided by the sum of all."""
    total = maker.plus(*weights)
    return [maker.over(x, total) for x in weights]
