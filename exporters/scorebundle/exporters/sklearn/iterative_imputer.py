"""sklearn.impute.IterativeImputer: each column predicted from the others, round by round."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Reduce
from scorebundle.bundle.types import FLOATS

from ..columns import Columns, Part
from ..export import Export
from ..registry import Outputs, Result, exports
from .impute import checked, indicated, is_mark


@exports(IterativeImputer)
def iterative_imputer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The fitted estimators of imputation_sequence_, replayed on the initial imputation."""
    if estimator.sample_posterior:
        to.block("sample_posterior=True imputes at random", "set it to False")
    value = checked(estimator, x, to)
    mask = is_mark(estimator, value, to)
    filled = to.transform(estimator.initial_imputer_, Columns.of(to, value), "initial").numbers()
    empty = _empty(estimator)
    if estimator.keep_empty_features:  # columns without training values stay as they are filled
        mask = to.binary("and", mask, to.constant(~empty))
    else:
        mask = to.select(mask, np.flatnonzero(~empty).tolist())
    result = Columns.of(to, filled)
    if estimator.n_iter_:
        result = _replayed(estimator, filled, mask, to)
    parts = [result]
    if estimator.add_indicator:
        marks = indicated(estimator.indicator_, x, to, text=False)
        if len(marks):
            parts.append(Columns.of(to, marks.numbers(value.type.dtype)))
    return {"transform": Columns(to, ()).joined(parts, x.sparse)}


def _empty(estimator: Any) -> Any:
    """Columns of which training knew no value; older releases drop them by their statistics."""
    known = getattr(estimator, "_is_empty_feature", None)
    return np.isnan(estimator.initial_imputer_.statistics_) if known is None else known


def _replayed(estimator: Any, filled: Value, mask: Value, to: Export) -> Columns:
    """The columns after all rounds; a row without any value keeps the initial imputation, as in
    a call for that row alone."""
    to.alone = True
    nothing = to.binary("equal", to.add(Reduce("minimum"), to.cast(mask, "float64")), 1)
    present = to.unary("not", nothing)
    items = list(Columns.of(to, filled))
    steps = estimator.imputation_sequence_
    per_round = len(steps) // estimator.n_iter_
    for number, step in enumerate(steps):
        column = int(step.feat_idx)
        chosen = to.binary("and", present, to.select(mask, [column]))
        others = Columns(to, [items[int(i)] for i in step.neighbor_feat_idx]).numbers()
        others = to.where(chosen, others, 0)  # only rows to be imputed are predicted
        path = f"round {number // per_round + 1}", f"column {column}"
        predicted = _predicted(step.estimator, Columns.of(to, others), path, to)
        predicted = to.cast(_clipped(estimator, column, predicted, to), filled.type.dtype)
        before = Columns(to, [items[column]]).numbers()
        items[column] = Part(to.where(chosen, predicted, before), 0)
    return Columns(to, items)


def _predicted(model: Any, neighbours: Columns, path: tuple[str, ...], to: Export) -> Value:
    result = to.export(model, neighbours, *path)["predict"]
    if not isinstance(result, Result) or result.values[0].type.dtype not in (*FLOATS, "int64"):
        to.block(f"estimator {model!r:.80} does not predict numbers", "use a regressor")
    return to.cast(result.values[0], "float64")


def _clipped(estimator: Any, column: int, value: Value, to: Export) -> Value:
    """numpy.clip to min_value and max_value of the column."""
    low, high = estimator._min_value[column], estimator._max_value[column]
    if low > -np.inf:
        value = to.binary("maximum", value, float(low))
    return to.binary("minimum", value, float(high)) if high < np.inf else value
