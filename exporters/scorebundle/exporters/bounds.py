"""How far a node's result may lie from the training library's: bounds carried through a graph.

The declared contracts of the operators are local: so many units in the last place. Here they
are carried forward to the outputs, as running error analysis does (Higham, Accuracy and
Stability of Numerical Algorithms, §3.3): every value gets an absolute bound per number. Exact
operators on exact inputs keep bound 0, so what can be bit-identical must be.

A comparison, tree or code that an inexact input could push either way is `open`: the row's
bound becomes infinite from there on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
from scipy.special import erfc, ndtr, ndtri

from scorebundle.bundle.fields import Array, Operator
from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import (
    Affine,
    ArgMax,
    Binary,
    Cast,
    Concat,
    Forest,
    Lookup,
    Order,
    Reduce,
    Require,
    Select,
    Softmax,
    TreeContributions,
    Trees,
    Unary,
    WeightedMedian,
    Where,
)

Values = Mapping[str, Array]
Bound = Callable[[Any, list[Array], list[Array], Array], Array]
"""(operator, input values, their bounds, result) → bounds of the result."""

BOUNDS: dict[type[Operator], Bound] = {}
COMPLETE: set[type[Operator]] = set()
"""Operators whose rule knows where its own rounding is: nothing is added to it."""


def carried(graph: Graph, values: Values) -> dict[str, Array]:
    """Bounds of every value, (rows, width) float64, from the values the runtime computed."""
    bounds: dict[str, Array] = {}
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            bounds[node.output] = _of(node, values, bounds)
    return bounds


def _of(node: Node, values: Values, bounds: dict[str, Array]) -> Array:
    result = np.asarray(values[node.output], np.float64)
    before = [bounds[name] for name in node.inputs]
    moved = any(bound.any() for bound in before)
    rule = BOUNDS.get(type(node.op))
    if rule is None:
        return _open(result, before) if moved else np.zeros_like(result)
    if not moved and not node.op.bound()[0]:
        return np.zeros_like(result)
    inputs = [np.asarray(values[name], np.float64) for name in node.inputs]
    bound = rule(node.op, inputs, before, values[node.output])
    unit = _spacing(result, values[node.output].dtype)
    if type(node.op) in COMPLETE:
        unit = np.zeros_like(unit)
    bound = bound + (node.op.bound()[0] + moved) * np.where(np.isfinite(unit), unit, 0)
    exact = ~np.any([b.any(axis=1) for b in before], axis=0) if before else np.True_
    settled = ~np.isfinite(result) & np.reshape(exact, (-1, 1))  # NaN and infinities must agree
    return np.where(settled, 0.0, np.where(np.isnan(bound), np.inf, bound))


def _spacing(result: Array, dtype: Any) -> Array:
    """A unit in the last place of each number; of subnormal ones too, none of 0."""
    least = float(np.finfo(dtype).smallest_subnormal) if dtype.kind == "f" else 0.0
    return np.maximum(_unit(dtype) * np.abs(result), np.where(result != 0, least, 0.0))


def _unit(dtype: Any) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


def _open(result: Array, before: list[Array]) -> Array:
    """Rows with an inexact input could have gone another way."""
    moved = np.any([bound.any(axis=1) for bound in before], axis=0)
    return np.where(moved[:, None], np.inf, np.zeros_like(result))


def bounds_of(operator: type[Operator], complete: bool = False) -> Callable[[Bound], Bound]:
    """Register how an operator carries bounds."""

    def register(function: Bound) -> Bound:
        BOUNDS[operator] = function
        COMPLETE.update([operator] if complete else [])
        return function

    return register


@bounds_of(Select)
def _select(op: Select, x: list[Array], e: list[Array], y: Array) -> Array:
    return np.asarray(e[0][:, list(op.indices)])


@bounds_of(Concat)
def _concat(op: Concat, x: list[Array], e: list[Array], y: Array) -> Array:
    return np.concatenate(e, axis=1)


@bounds_of(Cast)
def _cast(op: Cast, x: list[Array], e: list[Array], y: Array) -> Array:
    return e[0] if op.dtype.startswith("float") else np.where(e[0] > 0, np.inf, 0.0)


@bounds_of(Lookup)
def _lookup(op: Lookup, x: list[Array], e: list[Array], y: Array) -> Array:
    """The rows of codes that are open."""
    width = len(op.default)
    return np.repeat(np.where(e[0] > 0, np.inf, 0.0), width, axis=1)


@bounds_of(Require)
def _require(op: Require, x: list[Array], e: list[Array], y: Array) -> Array:
    return e[0]


@bounds_of(Where)
def _where(op: Where, x: list[Array], e: list[Array], y: Array) -> Array:
    chosen: Array = np.where(x[0] != 0, e[1], e[2])
    return np.where(e[0] > 0, np.inf, np.broadcast_to(chosen, y.shape))


@bounds_of(Unary)
def _unary(op: Unary, x: list[Array], e: list[Array], y: Array) -> Array:
    """The function's slope times the input's bound, from values on both sides."""
    if op.op == "not" or not e[0].any():
        return _open(y, e)
    if op.op in ("sin", "cos"):
        return np.minimum(e[0], 2.0)
    function = FUNCTIONS.get(op.op) or getattr(np, op.op)
    low, high = function(x[0] - e[0]), function(x[0] + e[0])
    difference: Array = np.maximum(np.abs(low - y), np.abs(high - y))
    if op.op == "exp" and y.dtype == np.float64:
        return np.where((x[0] < -708) & (x[0] > -746), difference + UNDERFLOW, difference)
    return difference


UNDERFLOW = 8 * float(np.finfo(np.float64).smallest_subnormal)
"""Where exp is subnormal, libraries do not even agree on which numbers give 0."""

FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "expit": lambda x: np.asarray(1 / (1 + np.exp(-x))),
    "erf": lambda x: np.vectorize(math.erf, otypes=[float])(x),
    "ndtr": ndtr,
    "ndtri": ndtri,
    "erfc": erfc,
    "sqrt": lambda x: np.sqrt(np.where(x < 0, 0, x)),  # what is below 0 only by its bound
}
"""What numpy has no function for, or an inexact input takes out of its domain."""


@bounds_of(Binary)
def _binary(op: Binary, x: list[Array], e: list[Array], y: Array) -> Array:
    a, b = np.abs(x[0]), np.abs(x[1])
    if op.op in ("add", "subtract"):
        return np.asarray(e[0] + e[1])
    if op.op in ("minimum", "maximum"):
        return np.maximum(e[0], e[1])
    if op.op == "multiply":
        return np.asarray(a * e[1] + b * e[0] + e[0] * e[1])
    if op.op == "divide":
        lowest = np.maximum(b - e[1], 0)
        return np.asarray((e[0] + np.abs(y) * e[1]) / lowest)
    if op.op == "power":  # of a known exponent it rises or falls on each side of 0
        sides = [np.power(x[0] + side, x[1]) - y for side in (-e[0], e[0])]
        moved = np.maximum(np.abs(sides[0]), np.abs(sides[1]))
        return np.where((e[1] > 0) | ((e[0] > 0) & (a <= e[0])), np.inf, moved)
    if op.op == "remainder":
        return np.where((e[0] > 0) | (e[1] > 0), np.inf, 0.0)
    if op.op in ("and", "or"):
        return _open(y, e)
    near = np.abs(x[0] - x[1]) <= e[0] + e[1]
    return np.where(near & ((e[0] > 0) | (e[1] > 0)), np.inf, 0.0)


@bounds_of(Reduce)
def _reduce(op: Reduce, x: list[Array], e: list[Array], y: Array) -> Array:
    unit, largest = _unit(y.dtype), e[0].max(axis=1, keepdims=True)
    if op.op == "sum":
        return np.asarray((e[0] + 8 * unit * np.abs(x[0])).sum(axis=1, keepdims=True))
    if op.op == "logsumexp":
        top = x[0].max(axis=1, keepdims=True)
        rest = -np.expm1(top - y)  # the share of all but the largest
        return np.asarray(largest + 16 * unit * np.where(rest > 0, rest * (1 + np.abs(top)), 0))
    return np.asarray(largest)


@bounds_of(WeightedMedian)
def _weighted_median(op: WeightedMedian, x: list[Array], e: list[Array], y: Array) -> Array:
    """A weighted median moves no further than the number that moves most."""
    return np.asarray(e[0].max(axis=1, keepdims=True))


@bounds_of(ArgMax)
def _argmax(op: ArgMax, x: list[Array], e: list[Array], y: Array) -> Array:
    """Open if another number comes within both bounds of the largest."""
    at = y.astype(np.int64)
    best = np.take_along_axis(x[0] - e[0], at, axis=1)
    rivals = x[0] + e[0] >= best
    np.put_along_axis(rivals, at, False, axis=1)
    inexact = e[0].any(axis=1, keepdims=True)
    return np.where(rivals.any(axis=1, keepdims=True) & inexact, np.inf, 0.0)


@bounds_of(Order)
def _order(op: Order, x: list[Array], e: list[Array], y: Array) -> Array:
    """A place is open if a number next to its own comes within both bounds."""
    largest = e[0].max(axis=1, keepdims=True)
    gaps = np.diff(np.sort(x[0], axis=1), axis=1, prepend=-np.inf, append=np.inf)
    near = (largest > 0) & ~(gaps > 2 * largest)
    return np.where(near[:, :-1] | near[:, 1:], np.inf, 0.0)[:, : op.count]


@bounds_of(Softmax)
def _softmax(op: Softmax, x: list[Array], e: list[Array], y: Array) -> Array:
    """p · (exp(2 · largest bound) − 1)."""
    return np.asarray(y * np.expm1(2 * e[0].max(axis=1, keepdims=True)))


@bounds_of(Affine)
def _affine(op: Affine, x: list[Array], e: list[Array], y: Array) -> Array:
    weights = np.abs(op.coef.T.astype(np.float64))
    unit = _unit(op.coef.dtype) * op.bound()[0]
    return np.asarray(e[0] @ weights + unit * (np.abs(x[0]) @ weights + np.abs(op.intercept)))


@bounds_of(Trees)
def _trees(op: Trees, x: list[Array], e: list[Array], y: Array) -> Array:
    """A moved starting score moves the sum; a moved feature is open near a threshold of it."""
    return _parted(op, x[0], e[0], e[1] if len(e) > 1 else np.zeros_like(y))


@bounds_of(TreeContributions)
def _contributions(op: TreeContributions, x: list[Array], e: list[Array], y: Array) -> Array:
    """A moved feature is open near a threshold of it."""
    return _parted(op, x[0], e[0], np.zeros_like(y))


def _parted(op: Forest, x: Array, e: Array, elsewhere: Array) -> Array:
    """Infinite for rows with a feature whose bound reaches over a threshold of it."""
    near = np.zeros(len(x), bool)
    for feature in np.unique(op.feature[op.feature >= 0]):
        bound = e[:, feature]
        if bound.any():
            cuts = np.sort(op.threshold[op.feature == feature]).astype(np.float64)
            low = np.searchsorted(cuts, x[:, feature] - bound, side="left")
            high = np.searchsorted(cuts, x[:, feature] + bound, side="right")
            near |= (low != high) & (bound > 0)
    return np.where(near[:, None], np.inf, elsewhere)


for _module in ("bounds_curves", "bounds_distance", "bounds_iterative", "bounds_solved"):
    import_module(f"{__package__}.{_module}")  # registers its rules
