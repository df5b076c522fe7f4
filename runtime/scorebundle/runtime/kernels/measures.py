"""Distances of one row to a tile of points: what the kernels on distances share.

Points lie column by column, so that the innermost loops run over points: each distance is
still added from left to right, but many of them at once.

A `reduced` distance orders points as the distance does and costs less (no root); `finished`
makes the distance of it, as scikit-learn's DistanceMetric.rdist and dist do.
"""

from __future__ import annotations

import math

from numba import types

from .codes import METRIC, TILE
from .native import inline, item_f8, libm, load_f8, load_i8, set_f8, store_f8
from .registry import kernel

EUCLIDEAN, SQEUCLIDEAN, SEUCLIDEAN = 0, 1, 2
MAHALANOBIS, MANHATTAN, CHEBYSHEV, MINKOWSKI = 3, 4, 5, 6
CANBERRA, BRAYCURTIS, COSINE, HAMMING = 7, 8, 9, 10
MATCHING, JACCARD, DICE, ROGERSTANIMOTO, RUSSELLRAO, SOKALSNEATH = 11, 12, 13, 14, 15, 16
HAVERSINE, NAN_EUCLIDEAN, CHI2 = 17, 18, 19
"""Metrics in the order of `codes.METRIC`; a test holds the two together."""
assert METRIC["chi2"] == CHI2

SECOND = 8 * TILE
"""Where a tile's second sums lie."""

power = libm("pow", types.float64)
sin, cos, asin = (libm(name, types.float64) for name in ("sin", "cos", "asin"))


@inline
def squares(x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """Σ dᵢ²."""
    for column in range(width):
        number = item_f8(x, column)
        at = points + 8 * column * count
        for p in range(n):
            d = number - item_f8(at, p)
            set_f8(out, p, item_f8(out, p) + d * d)


@inline
def absolutes(metric: int, x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """Σ |dᵢ|, max |dᵢ|, or the two sums of braycurtis and the terms of canberra."""
    for column in range(width):
        number = item_f8(x, column)
        at = points + 8 * column * count
        for p in range(n):
            other = item_f8(at, p)
            d, before = abs(number - other), item_f8(out, p)
            if metric == MANHATTAN:
                set_f8(out, p, before + d)
            elif metric == CHEBYSHEV:
                set_f8(out, p, d if d > before else before)
            elif metric == CANBERRA:
                both = abs(number) + abs(other)
                if both > 0:
                    set_f8(out, p, before + d / both)
            else:
                set_f8(out, p, before + d)
                second = out + SECOND + 8 * p
                store_f8(second, load_f8(second) + (abs(number) + abs(other)))


@inline
def weighted(
    metric: int,
    order: float,
    weights: int,
    x: int,
    width: int,
    points: int,
    count: int,
    n: int,
    out: int,
) -> None:
    """Σ wᵢ |dᵢ|ᵒ, and Σ dᵢ² / vᵢ."""
    for column in range(width):
        number, weight = item_f8(x, column), item_f8(weights, column)
        at = points + 8 * column * count
        for p in range(n):
            d = number - item_f8(at, p)
            term = d * d / weight if metric == SEUCLIDEAN else weight * power(abs(d), order)
            set_f8(out, p, item_f8(out, p) + term)


@inline
def quadratic(weights: int, x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """Σᵢ (Σⱼ vᵢⱼ dⱼ) dᵢ."""
    for p in range(n):
        total = 0.0
        at = points + 8 * p
        for row in range(width):
            inner = 0.0
            for column in range(width):
                d = item_f8(x, column) - load_f8(at + 8 * column * count)
                inner += item_f8(weights, row * width + column) * d
            total += inner * (item_f8(x, row) - load_f8(at + 8 * row * count))
        set_f8(out, p, total)


@inline
def counts(metric: int, x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """How many columns differ, and in how many both are not 0."""
    for column in range(width):
        number = item_f8(x, column)
        at = points + 8 * column * count
        for p in range(n):
            other = item_f8(at, p)
            a, b = number != 0, other != 0
            differ = number != other if metric == HAMMING else a != b
            set_f8(out, p, item_f8(out, p) + (1.0 if differ else 0.0))
            second = out + SECOND + 8 * p
            store_f8(second, load_f8(second) + (1.0 if a and b else 0.0))


@inline
def shares(metric: int, width: int, n: int, out: int) -> None:
    """What is made of the two counts, or sums."""
    for p in range(n):
        first, second = item_f8(out, p), item_f8(out + SECOND, p)
        if metric == BRAYCURTIS:
            result = first / second if second > 0 else 0.0
        elif metric <= MATCHING:
            result = first / width
        elif metric == JACCARD:
            result = first / (first + second) if first + second > 0 else 0.0
        elif metric == DICE:
            result = first / (2.0 * second + first)
        elif metric == ROGERSTANIMOTO:
            result = 2.0 * first / (width + first)
        elif metric == RUSSELLRAO:
            result = (width - second) / width
        else:
            result = first / (first + 0.5 * second)
        set_f8(out, p, result)


@inline
def angles(x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """1 − x·p / (|x| |p|)."""
    size = 0.0
    for column in range(width):
        number = item_f8(x, column)
        size += number * number
        at = points + 8 * column * count
        for p in range(n):
            other = item_f8(at, p)
            set_f8(out, p, item_f8(out, p) + number * other)
            second = out + SECOND + 8 * p
            store_f8(second, load_f8(second) + other * other)
    for p in range(n):
        both = math.sqrt(size) * math.sqrt(item_f8(out + SECOND, p))
        result = 1.0 - item_f8(out, p) / both if both > 0 else 1.0
        set_f8(out, p, min(max(result, 0.0), 2.0))


@inline
def present(x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """Σ dᵢ² over the m columns where neither is NaN, / m · n; NaN if m is 0."""
    for column in range(width):
        number = item_f8(x, column)
        at = points + 8 * column * count
        for p in range(n):
            d = number - item_f8(at, p)
            known = d == d
            set_f8(out, p, item_f8(out, p) + (d * d if known else 0.0))
            second = out + SECOND + 8 * p
            store_f8(second, load_f8(second) + (1.0 if known else 0.0))
    for p in range(n):
        m = item_f8(out + SECOND, p)
        total = item_f8(out, p)
        set_f8(out, p, total / m * width if m > 0 else math.nan)


@inline
def relative(x: int, width: int, points: int, count: int, n: int, out: int) -> None:
    """Σ dᵢ² / (xᵢ + pᵢ)."""
    for column in range(width):
        number = item_f8(x, column)
        at = points + 8 * column * count
        for p in range(n):
            other = item_f8(at, p)
            d, both = number - other, number + other
            if both != 0:
                set_f8(out, p, item_f8(out, p) + d * d / both)


@inline
def spheric(x: int, points: int, count: int, n: int, out: int) -> None:
    """sin²(Δφ/2) + cos φ cos φ' sin²(Δλ/2)."""
    latitude, longitude = load_f8(x), load_f8(x + 8)
    for p in range(n):
        other = item_f8(points, p)
        a = sin(0.5 * (latitude - other))
        b = sin(0.5 * (longitude - item_f8(points, count + p)))
        set_f8(out, p, a * a + cos(latitude) * cos(other) * b * b)


@kernel("measure")
def measure(args: int, x: int, points: int, out: int, n: int) -> int:
    """Reduced distances of the row at x to the n points from `points` on, at `out`.

    Kernels on distances call this one, so that it is built once. n is at most TILE; there must
    be room for two tiles at `out`. args: metric, order, address of weights, width, count of all
    points (by which columns lie apart).
    """
    metric, order, weights = load_i8(args), load_f8(args + 8), load_i8(args + 16)
    width, count = load_i8(args + 24), load_i8(args + 32)
    for p in range(n):
        set_f8(out, p, 0.0)
        set_f8(out + SECOND, p, 0.0)
    if metric <= SQEUCLIDEAN:
        squares(x, width, points, count, n, out)
    elif metric in (SEUCLIDEAN, MINKOWSKI):
        weighted(metric, order, weights, x, width, points, count, n, out)
    elif metric == MAHALANOBIS:
        quadratic(weights, x, width, points, count, n, out)
    elif metric == COSINE:
        angles(x, width, points, count, n, out)
    elif metric == HAVERSINE:
        spheric(x, points, count, n, out)
    elif metric == CHI2:
        relative(x, width, points, count, n, out)
    elif metric == NAN_EUCLIDEAN:
        present(x, width, points, count, n, out)
    elif metric <= BRAYCURTIS:
        absolutes(metric, x, width, points, count, n, out)
        if metric == BRAYCURTIS:
            shares(metric, width, n, out)
    else:
        counts(metric, x, width, points, count, n, out)
        shares(metric, width, n, out)
    return 0


@inline
def finished(metric: int, order: float, value: float) -> float:
    """The distance of a reduced distance."""
    if metric == MINKOWSKI:
        return power(value, 1.0 / order)  # type: ignore[no-any-return]
    if metric == HAVERSINE:
        return 2.0 * asin(math.sqrt(value))  # type: ignore[no-any-return]
    if metric == SQEUCLIDEAN or (metric > MAHALANOBIS and metric != NAN_EUCLIDEAN):
        return value
    return math.sqrt(value)


@inline
def restored(metric: int, order: float, distance: float) -> float:
    """The reduced distance of a distance."""
    if metric == MINKOWSKI:
        return power(distance, order)  # type: ignore[no-any-return]
    if metric == HAVERSINE:
        half = sin(0.5 * distance)
        return half * half  # type: ignore[no-any-return]
    if metric == SQEUCLIDEAN or (metric > MAHALANOBIS and metric != NAN_EUCLIDEAN):
        return distance
    return distance * distance


@inline
def to_box(metric: int, order: float, x: int, width: int, low: int, high: int) -> float:
    """The reduced distance to a box (KDTree's min_rdist)."""
    result = 0.0
    for column in range(width):
        number = item_f8(x, column)
        below = item_f8(low, column) - number
        above = number - item_f8(high, column)
        outside = 0.5 * ((below + abs(below)) + (above + abs(above)))
        if metric == CHEBYSHEV:
            result = outside if outside > result else result
        elif metric == MANHATTAN:
            result += outside
        elif metric == EUCLIDEAN:
            result += outside * outside
        else:
            result += power(outside, order)
    return result
