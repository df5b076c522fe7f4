"""sklearn.compose: columns to transformers, and transformed targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor

from ..columns import Columns
from ..export import Blocked, Export
from ..registry import Outputs, Result, exports, inverted
from .members import member
from .pipeline import weighted


@exports(ColumnTransformer)
def column_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Each transformer sees its columns; the outputs lie side by side, the remainder last."""
    weights = estimator.transformer_weights or {}
    parts = []
    for name, step, columns in estimator.transformers_:
        indices = column_indices(estimator, columns, x, to)
        if (isinstance(step, str) and step == "drop") or not indices:
            continue
        chosen = x.take(indices)
        chosen.flat = isinstance(columns, (str, int, np.integer))
        try:
            part = chosen if step == "passthrough" else to.transform(step, chosen, name)
        except Blocked:
            size = estimator.output_indices_[name]
            part = to.placeholder(size.stop - size.start)
        parts.append(weighted(part, weights.get(name), to))
    sparse = bool(getattr(estimator, "sparse_output_", False))
    return {"transform": Columns(to, ()).joined(parts, sparse)}


def column_indices(estimator: Any, columns: Any, x: Columns, to: Export) -> list[int]:
    """Positions of the columns that a transformer was given, however they were named.

    Fitted ColumnTransformers hold callables and selectors resolved; what is left are names,
    positions (also negative), slices of either, and boolean masks.
    """
    names = [str(name) for name in getattr(estimator, "feature_names_in_", ())]
    if isinstance(columns, (str, int, np.integer)):
        columns = [columns]
    if isinstance(columns, slice):
        return _sliced(columns, names, len(x))
    columns = list(columns)
    if columns and all(isinstance(item, (bool, np.bool_)) for item in columns):
        return [position for position, wanted in enumerate(columns) if wanted]
    result = []
    for item in columns:
        if isinstance(item, str):
            if item not in names:
                to.block(f"column {item!r} is not among feature_names_in_", "fit it on a DataFrame")
            result.append(names.index(item))
        else:
            result.append(int(item) % len(x))
    return result


def _sliced(columns: slice, names: list[str], width: int) -> list[int]:
    start, stop = columns.start, columns.stop
    if isinstance(start, str):
        start = names.index(start)
    if isinstance(stop, str):
        stop = names.index(stop) + 1  # by name, the end is included, as in pandas
    return list(range(width))[slice(start, stop, columns.step)]


@exports(TransformedTargetRegressor)
def transformed_target(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The regressor's prediction, transformed back."""
    regressor = member(estimator.regressor_, x, to, "regressor")
    value = inverted(estimator.transformer_, regressor.value("predict"), to)
    vector = estimator._training_dim == 1 and value.type.width == 1
    return {"predict": Result((value,), "vector" if vector else "matrix")}
