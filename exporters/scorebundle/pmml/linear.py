"""Forms of linear maps."""

from __future__ import annotations

from scorebundle.bundle.ops import Affine, Solve

from .draft import Call, form
from .elements import Unsupported
from .expressions import Cell, Const, Expression, apply, balanced

MOST_TERMS = 20_000
"""Beyond this a document would be larger than anyone reads."""


@form(Affine)
def affine(op: Affine, call: Call) -> list[Cell]:
    """Per output Σ xᵢ · wᵢ + b, nested as a balanced tree of `+`: PMML's `sum` skips missing."""
    if op.coef.size > MOST_TERMS:
        raise Unsupported(f"a linear map of {op.coef.size} terms would be too large a document")
    cells: list[Cell] = []
    dtype = call.type.dtype
    intercepts = op.intercept.tolist()
    for column, (weights, intercept) in enumerate(zip(op.coef.tolist(), intercepts, strict=True)):
        terms: list[Expression] = [
            apply("*", x, Const(weight, dtype))
            for x, weight in zip(call.cells[0], weights, strict=True)
        ]
        start = Const(intercept, dtype)
        total = apply("+", balanced("+", terms), start) if terms else start
        cells.append(call.derive(total, column if len(intercepts) > 1 else None))
    return cells


@form(Solve)
def solve(op: Solve, call: Call) -> list[Cell]:
    """Row by row (xᵢ − Σ Lᵢⱼ zⱼ) / Lᵢᵢ."""
    if op.lower.size > MOST_TERMS:
        raise Unsupported(f"a triangle of {len(op.lower)} rows would be too large a document")
    cells: list[Cell] = []
    for i, (row, x) in enumerate(zip(op.lower.tolist(), call.cells[0], strict=True)):
        known = [apply("*", Const(row[j]), z) for j, z in enumerate(cells)]
        rest: Expression = apply("-", x, balanced("+", known)) if known else x
        cells.append(call.derive(apply("/", rest, Const(row[i])), i))
    return cells
