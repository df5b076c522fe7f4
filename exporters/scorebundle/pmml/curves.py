"""Forms of the functions that are given by knots (PMML 4.4, Transformations)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import Bin, Interpolate, Spline

from .draft import Call, form
from .elements import Unsupported, element, spelled
from .expressions import Cell, Const, Expression, apply, balanced, choose, compare, present

MAX_TERMS = 4096
"""Most polynomials that a spline is written as."""


@form(Bin)
def bin_(op: Bin, call: Call) -> list[Cell]:
    """Discretize; a missing number lies beyond all edges."""
    last = str(len(op.edges))
    edges = np.unique(op.edges)
    if not len(edges):
        return [Const(0, "int64")]
    codes = [str(int(code)) for code in np.searchsorted(op.edges, edges, "left")] + [last]
    closure = "closedOpen" if op.side == "right" else "openClosed"
    bins = []
    for code, (low, high) in zip(codes, pairwise([None, *edges.tolist(), None]), strict=True):
        margins = {"leftMargin": low, "rightMargin": high}
        interval = {name: spelled(m) for name, m in margins.items() if m is not None}
        bounds = element("Interval", {"closure": closure, **interval})
        bins.append(element("DiscretizeBin", {"binValue": code}, bounds))
    field = call.field(call.cells[0][0])
    attributes = {"field": field, "mapMissingTo": last, "dataType": "integer"}
    return [call.derive(element("Discretize", attributes, *bins))]


@form(Interpolate)
def interpolate(op: Interpolate, call: Call) -> list[Cell]:
    """NormContinuous; of two levels at one number, which it cannot hold, the later is taken from
    there on by a choice of two."""
    steps = np.flatnonzero(op.x[1:] == op.x[:-1])
    first, *others = np.split(np.arange(len(op.x)), steps + 1)
    parts = [first, *(each for each in others[:-1] if len(each) > 1), *others[-1:]]
    result: Expression | None = None
    for part in parts:
        piece = _normalized(op, part, call)
        if result is None:
            result = piece
        else:
            start = Const(float(op.x[part[0]]))
            here = compare("lessThan", call.cells[0][0], start)
            result = choose(here, result, piece)
    assert result is not None
    return [call.derive(result)]


def _normalized(op: Interpolate, part: Array, call: Call) -> Expression:
    if len(part) == 1:
        return present(call.cells[0], Const(float(op.y[part[0]])))
    norms = [
        element("LinearNorm", {"orig": spelled(x), "norm": spelled(y)})
        for x, y in zip(op.x[part].tolist(), op.y[part].tolist(), strict=True)
    ]
    field = call.field(call.cells[0][0])
    return element("NormContinuous", {"field": field, "outliers": "asExtremeValues"}, *norms)


@form(Spline)
def spline(op: Spline, call: Call) -> list[Cell]:
    """Per output and interval between knots, the polynomial that it is there."""
    found = intervals(op)
    outputs = op.coef.shape[1]
    if len(found) * outputs > MAX_TERMS:
        raise Unsupported(f"a spline of more than {MAX_TERMS} polynomials")
    x = call.cells[0][0]
    cells: list[Cell] = []
    for output in range(outputs):
        result: Expression = Const(0.0)
        for position, at in enumerate(found):
            piece = _polynomial(op, at, output, x)
            start = Const(float(op.knots[at]))
            result = piece if not position else choose(compare("lessThan", x, start), result, piece)
        cells.append(call.derive(result, output if outputs > 1 else None))
    return cells


def intervals(op: Spline) -> list[int]:
    """Knots before which no empty interval lies; the first and last go on to infinity."""
    inner = range(op.degree, len(op.knots) - op.degree - 1)
    return [at for at in inner if at == op.degree or op.knots[at] < op.knots[at + 1]]


def _polynomial(op: Spline, at: int, output: int, x: Cell) -> Expression:
    """Σ cₖ (x − t)ᵏ by Horner's rule; a missing x stays missing."""
    factors = taylor(op, at)[:, output].tolist()
    while len(factors) > 1 and factors[-1] == 0:
        factors.pop()
    start = Const(float(op.knots[at]))
    if len(factors) == 1:
        return apply("+", apply("*", apply("-", x, start), Const(0.0)), Const(factors[0]))
    result: Expression = Const(factors[-1])
    for factor in factors[-2::-1]:
        far = apply("-", x, start)  # an element of its own each time: it has one place
        result = balanced("+", [apply("*", result, far), Const(factor)])
    return result


def taylor(op: Spline, at: int) -> Array:
    """Coefficients of the powers of x − knots[at], (degree + 1, outputs).

    The polynomials of the recursion, with coefficients in place of numbers.
    """
    start = op.knots[at]
    basis = [np.array([1.0])]
    for order in range(1, op.degree + 1):
        grown = [np.zeros(order + 1) for _ in range(order + 1)]
        for i in range(order):
            high, low = op.knots[at + i + 1], op.knots[at + i + 1 - order]
            if high == low:
                continue
            share = basis[i] / (high - low)
            grown[i][:order] += share * (high - start)
            grown[i][1:] -= share
            grown[i + 1][:order] += share * (start - low)
            grown[i + 1][1:] += share
        basis = grown
    first = at - op.degree
    return np.asarray(np.stack(basis, axis=1) @ op.coef[first : first + op.degree + 1])
