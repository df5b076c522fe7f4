"""Forms of the operators on distances: expressions, as ComparisonMeasure has no result field."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scorebundle.bundle.ops import Distance, Nearest
from scorebundle.bundle.ops.distance import Measure

from .draft import Call, form
from .elements import Unsupported
from .expressions import Cell, Const, Expression, apply, balanced, choose, compare

MOST_TERMS = 20_000
"""Beyond this a document would be larger than anyone reads."""


@form(Distance)
def distance(op: Distance, call: Call) -> list[Cell]:
    """Each distance spelled out."""
    if op.metric not in MEASURES:
        raise Unsupported(f"PMML has no expression for the metric {op.metric}")
    if op.points.size > MOST_TERMS:
        raise Unsupported(f"distances to {len(op.points)} points would be too large a document")
    several = len(op.points) > 1
    made = MEASURES[op.metric]
    return [
        call.derive(made(op, call.cells[0], point), i if several else None)
        for i, point in enumerate(op.points.tolist())
    ]


@form(Nearest)
def nearest(op: Nearest, call: Call) -> list[Cell]:
    """None: expressions cannot choose k of many, and NearestNeighborModel gives no positions."""
    raise Unsupported("PMML has no expression for the nearest of stored points")


def _differences(x: Sequence[Cell], point: Sequence[float]) -> list[Expression]:
    return [apply("-", cell, Const(number)) for cell, number in zip(x, point, strict=True)]


def _square(x: Expression) -> Expression:
    return apply("pow", x, Const(2.0))


def _squared(op: Measure, x: Sequence[Cell], point: Sequence[float]) -> Expression:
    terms = [_square(d) for d in _differences(x, point)]
    if op.metric == "seuclidean":
        terms = [
            apply("/", t, Const(v)) for t, v in zip(terms, op.weights[0].tolist(), strict=True)
        ]
    return balanced("+", terms)


def _root(op: Measure, x: Sequence[Cell], point: Sequence[float]) -> Expression:
    return apply("sqrt", _squared(op, x, point))


def _manhattan(op: Measure, x: Sequence[Cell], point: Sequence[float]) -> Expression:
    return balanced("+", [apply("abs", d) for d in _differences(x, point)])


def _chebyshev(op: Measure, x: Sequence[Cell], point: Sequence[float]) -> Expression:
    terms = [apply("abs", d) for d in _differences(x, point)]
    return terms[0] if len(terms) == 1 else apply("max", *terms)


def _minkowski(op: Measure, x: Sequence[Cell], point: Sequence[float]) -> Expression:
    order = float(op.order[0])
    terms = [
        apply("*", Const(w), apply("pow", apply("abs", d), Const(order)))
        for d, w in zip(_differences(x, point), op.weights[0].tolist(), strict=True)
    ]
    return apply("pow", balanced("+", terms), Const(1 / order))


def _unequal(op: Measure, x: Sequence[Cell], point: Sequence[float]) -> Expression:
    one, zero = Const(1.0), Const(0.0)
    terms = [
        choose(compare("notEqual", cell, Const(number)), one, zero)
        for cell, number in zip(x, point, strict=True)
    ]
    return apply("/", balanced("+", terms), Const(float(len(terms))))


MEASURES: dict[str, Callable[[Measure, Sequence[Cell], Sequence[float]], Expression]] = {
    "euclidean": _root,
    "sqeuclidean": _squared,
    "seuclidean": _root,
    "manhattan": _manhattan,
    "chebyshev": _chebyshev,
    "minkowski": _minkowski,
    "hamming": _unequal,
}
