"""Forms of linear maps."""

from __future__ import annotations

from scorebundle.bundle.ops import Affine

from .draft import Call, form
from .expressions import Cell, Const, Expression, apply, balanced


@form(Affine)
def affine(op: Affine, call: Call) -> list[Cell]:
    """Per output Σ xᵢ · wᵢ + b, nested as a balanced tree of `+`: PMML's `sum` skips missing."""
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
