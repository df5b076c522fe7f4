"""Members: the fitted estimators inside a composition, and what it makes of their outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_regressor

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Lookup
from scorebundle.bundle.types import FLOATS, LABELS

from ..columns import Columns, Part
from ..export import Export
from ..registry import Outputs, Result

METHODS = (
    *("predict", "predict_proba", "predict_log_proba", "decision_function"),
    *("score_samples", "transform"),
)
"""What an estimator that only passes on offers of the one inside."""


class Member(NamedTuple):
    """An exported estimator inside a composition.

    Attributes:
        estimator: as fitted.
        outputs: what it was exported to.
        to: the export.
    """

    estimator: Any
    outputs: Outputs
    to: Export

    def has(self, method: str) -> bool:
        """Whether the library's estimator has the method."""
        return hasattr(self.estimator, method)

    def parts(self, method: str) -> tuple[Value, ...]:
        """The values of one of its outputs; labels as the numbers they are."""
        result = self.outputs.get(method)
        if not isinstance(result, Result):
            kind = type(self.estimator).__name__
            self.to.block(f"{kind} inside has no exported {method}", "use another estimator there")
        return tuple(self._number(value) for value in result.values)

    def value(self, method: str) -> Value:
        """The one value of an output; several side by side."""
        return self.to.concat(_alike(self.parts(method), self.to))

    def column(self, method: str) -> Value:
        """An output of one number per row."""
        value = self.value(method)
        if value.type.width != 1:
            self.to.block(f"{method} of an estimator inside gives several numbers", "use one each")
        return value

    def responds(self, methods: Iterable[str]) -> str:
        """The first of the methods that it has."""
        for method in methods:
            if self.has(method):
                return method
        kind = type(self.estimator).__name__
        self.to.block(f"{kind} inside has none of {', '.join(methods)}", "use another estimator")

    def binary_score(self) -> Value:
        """sklearn.multiclass._predict_binary: one score for the second of two classes."""
        if is_regressor(self.estimator):
            return self.column("predict")
        if self.responds(("decision_function", "predict_proba")) == "decision_function":
            return self.column("decision_function")
        return self.to.select(self.value("predict_proba"), [1])

    def _number(self, value: Value) -> Value:
        if value.type.dtype != LABELS:
            return value
        code, labels = self.to.unlabelled(value)
        return numbered(code, labels.array(), self.to)


def member(estimator: Any, x: Columns, to: Export, *path: str) -> Member:
    """Export an estimator inside a composition."""
    return Member(estimator, to.export(estimator, x, *path), to)


def numbered(code: Value, classes: Array, to: Export) -> Value:
    """Class labels that are numbers, as float64 or int64; a code that is its label stays."""
    if classes.dtype.kind not in "biuf":
        to.block("an estimator inside predicts text that is used as a number", "use numeric labels")
    table = classes.astype(np.float64 if classes.dtype.kind == "f" else np.int64)
    if len(table) > 1 and table.dtype == np.int64 and np.array_equal(table, np.arange(len(table))):
        return code
    return to.add(Lookup(table[:, None], table[-1:]), code)


def relabelled(result: Any, estimator: Any, classes: Array, to: Export) -> Result:
    """The labels of `classes` at the positions that an estimator predicts."""
    position = Member(estimator, {"predict": result}, to).column("predict")
    return Result((to.labels(to.cast(position, "int64"), classes),), "vector")


def summed(values: Sequence[Value], to: Export) -> Value:
    """Σ of values of one shape, one after another as Python's sum and numpy over the first
    axis do it, in the dtype that numpy gives them."""
    total, *rest = _alike(values, to, floats=True)
    for value in rest:
        total = to.binary("add", total, value)
    return total


def averaged(values: Sequence[Value], to: Export) -> Value:
    """Their sum over their number."""
    return to.binary("divide", summed(values, to), float(len(values)))


def spread(value: Value, positions: Iterable[int], width: int, fill: float, to: Export) -> Value:
    """Columns at their positions in a wider row, `fill` elsewhere."""
    places = {int(position): column for column, position in enumerate(positions)}
    if list(places) == list(range(width)):
        return value
    both = to.concat([value, to.constant(fill, value.type.dtype)])
    return to.select(both, [places.get(i, value.type.width) for i in range(width)])


def behind(x: Columns, value: Value, to: Export) -> Value:
    """A value that does not look at the row, in the rows that the steps before accept."""
    steps = {item.value.name: item.value for item in x if isinstance(item, Part)}
    if not steps:
        return value
    kind = value.type.dtype
    seen = [to.cast(to.select(step, [0]), kind) for step in steps.values()]
    both = to.concat([*seen, value])
    return to.select(both, range(len(seen), both.type.width))


def passed_on(outputs: Outputs) -> Outputs:
    """The outputs that an estimator which only delegates has in common with the one inside."""
    return {name: result for name, result in outputs.items() if name in METHODS}


def as_array(x: Columns, to: Export) -> Columns:
    """The columns as numpy holds them side by side: in one dtype, if they have several."""
    kinds = {
        item.value.type.dtype if isinstance(item, Part) else to.declared.get(item.name, "float64")
        for item in x
    }
    return x if len(kinds) <= 1 else Columns.of(to, x.numbers(), x.sparse)


def as_finite(x: Columns, to: Export, dtype: str | None = None) -> Columns:
    """The columns as check_array has them: numbers, neither missing nor infinite."""
    return Columns.of(to, to.finite(x.numbers(dtype)), x.sparse)


def _alike(values: Sequence[Value], to: Export, floats: bool = False) -> list[Value]:
    dtype = str(np.result_type(*(value.type.dtype for value in values)))
    if floats and dtype not in FLOATS:
        dtype = "float64"
    return [to.cast(value, dtype) for value in values]


__all__ = [
    "Member",
    "as_array",
    "as_finite",
    "averaged",
    "behind",
    "member",
    "numbered",
    "passed_on",
    "relabelled",
    "spread",
    "summed",
]
