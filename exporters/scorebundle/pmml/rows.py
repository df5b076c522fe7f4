"""Forms of the operators across the numbers of one row."""

from __future__ import annotations

from scorebundle.bundle.ops import (
    ArgMax,
    Normalize,
    Order,
    Reduce,
    Softmax,
    Tolerance,
    WeightedMedian,
)

from .draft import Call, form
from .elements import Unsupported
from .expressions import Cell, Const, apply, balanced, choose, compare, extreme, present


@form(Reduce)
def reduce(op: Reduce, call: Call) -> list[Cell]:
    """`+`, or `min` and `max` where nothing is missing: NaN is passed on; or log Σ exp."""
    cells = call.cells[0]
    if len(cells) == 1:
        return cells
    if op.op == "logsumexp":
        return [_log_sum_exp(call)]
    if op.op == "sum":
        return [call.derive(balanced("+", cells))]
    return [call.derive(present(cells, extreme(op.op[:3], cells)))]


def _log_sum_exp(call: Call) -> Cell:
    """x* + ln Σ exp(x − x*)."""
    cells = call.cells[0]
    largest = call.derive(extreme("max", cells))
    powers = [call.derive(present([x], apply("exp", apply("-", x, largest)))) for x in cells]
    total = call.derive(balanced("+", powers))
    return call.derive(present([total], apply("+", apply("ln", total), largest)))


@form(ArgMax)
def arg_max(op: ArgMax, call: Call) -> list[Cell]:
    """The smallest position whose number is the largest; those of NaN, less the width, win.

    min(i − n where xᵢ is missing, i where xᵢ = max, else n), and n added again if that is below 0.
    """
    cells, width = call.cells[0], len(call.cells[0])
    if width == 1:
        return [Const(0, "int64")]
    largest = call.derive(extreme("max", cells), dtype=call.types[0].dtype)
    places = []
    for position, cell in enumerate(cells):
        here = choose(compare("equal", cell, largest), _code(position), _code(width))
        places.append(choose(apply("isMissing", cell), _code(position - width), here))
    place = call.derive(apply("min", *places))
    missing = compare("lessThan", place, _code(0))
    return [call.derive(choose(missing, apply("+", place, _code(width)), place))]


@form(Order)
def order(op: Order, call: Call) -> list[Cell]:
    """Refused."""
    raise Unsupported("PMML has no function that sorts, and a comparison of all pairs is too long")


def _code(position: int) -> Const:
    return Const(position, "int64")


@form(Softmax)
def softmax(op: Softmax, call: Call) -> list[Cell]:
    """exp(x − max) / Σ exp(x − max)."""
    largest = call.derive(extreme("max", call.cells[0]))
    powers = [
        call.derive(present([x], apply("exp", apply("-", x, largest)))) for x in call.cells[0]
    ]
    total = call.derive(balanced("+", powers), dtype="float64")
    return [
        call.derive(apply("/", power, total), column if len(powers) > 1 else None)
        for column, power in enumerate(powers)
    ]


@form(Tolerance)
def tolerance(op: Tolerance, call: Call) -> list[Cell]:
    """The number itself."""
    return call.cells[0]


@form(WeightedMedian)
def weighted_median(op: WeightedMedian, call: Call) -> list[Cell]:
    """The smallest xᵢ for which Σ (wⱼ where xⱼ ≤ xᵢ) is at least half of all weights."""
    cells, half = call.cells[0], 0.5 * float(op.weights.sum())
    if len(cells) == 1:
        return cells
    weights = [Const(float(weight), "float64") for weight in op.weights]
    none = Const(0.0, "float64")
    largest = call.derive(extreme("max", cells))
    candidates: list[Cell] = []
    for x in cells:
        pairs = zip(cells, weights, strict=True)
        below = [choose(compare("lessOrEqual", y, x), weight, none) for y, weight in pairs]
        reached = compare("greaterOrEqual", balanced("+", below), Const(half, "float64"))
        candidates.append(call.derive(choose(reached, x, largest)))
    return [call.derive(present(cells, extreme("min", candidates)))]


@form(Normalize)
def normalize(op: Normalize, call: Call) -> list[Cell]:
    """x over the norm, if that is not 0."""
    cells = call.cells[0]
    if op.norm == "l2":
        terms = [apply("*", x, x) for x in cells]
    else:
        terms = [apply("abs", x) for x in cells]
    total = apply("max", *terms) if op.norm == "max" else balanced("+", terms)
    if op.norm == "l2":
        total = apply("sqrt", total)
    length = call.derive(present(cells, total), dtype="float64")
    some = compare("notEqual", length, Const(0.0))
    return [
        call.derive(choose(some, apply("/", x, length), x), column if len(cells) > 1 else None)
        for column, x in enumerate(cells)
    ]
