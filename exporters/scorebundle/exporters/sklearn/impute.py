"""sklearn.impute: missing values filled and indicated."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.impute import MissingIndicator, SimpleImputer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import OneHot, missing

from ..columns import Columns, Item, Raw
from ..export import Export, is_missing, scalar
from ..registry import Outputs, exports


@exports(SimpleImputer)
def simple_imputer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """statistics_ where a value is missing; indicator columns behind, if asked."""
    statistics = estimator.statistics_
    parts: list[Columns] = []
    if _is_text(estimator):
        kept = [
            i
            for i, s in enumerate(statistics)
            if estimator.keep_empty_features or not is_missing(s)
        ]
        items = [_filled(x.items[i], estimator, statistics[i], to) for i in kept]
        parts.append(Columns(to, items))
    else:
        parts.append(_numeric(estimator, x, np.asarray(statistics, np.float64), to))
    if estimator.add_indicator:
        marks = indicated(estimator.indicator_, x, to, text=_is_text(estimator))
        if len(marks):
            dtype = None if _is_text(estimator) else parts[0].numbers().type.dtype
            parts.append(Columns.of(to, marks.numbers(dtype)))
    return {"transform": Columns(to, ()).joined(parts, sparse=x.sparse)}


def _is_text(estimator: Any) -> bool:
    """Whether the imputer was fitted on an object array."""
    fitted = getattr(estimator, "_fit_dtype", np.asarray(estimator.statistics_).dtype)
    return bool(fitted.kind in "OUS")


def _numeric(estimator: Any, x: Columns, statistics: Any, to: Export) -> Columns:
    value = checked(estimator, x, to)
    if not estimator.keep_empty_features:
        kept = np.flatnonzero(~np.isnan(statistics))
        value, statistics = to.select(value, kept.tolist()), statistics[kept]
    filled = to.where(
        is_mark(estimator, value, to), to.constant(statistics, value.type.dtype), value
    )
    return Columns.of(to, filled, x.sparse)


def checked(estimator: Any, x: Columns, to: Export) -> Value:
    """The numbers of the columns, as check_array takes them."""
    nan = is_missing(estimator.missing_values)
    return to.finite(x.floats(), allow_nan=nan)


def is_mark(estimator: Any, value: Value, to: Export) -> Value:
    """Where a number is the missing value."""

    mark = estimator.missing_values
    return to.add(missing(float("nan") if is_missing(mark) else float(mark)), value)


def _filled(item: Any, estimator: Any, statistic: Any, to: Export) -> Raw:
    if not isinstance(item, Raw):
        to.block("an imputer of text follows a step that makes numbers", "impute first")
    replaced = (*item.replace, (scalar(estimator.missing_values), scalar(statistic)))
    return Raw(item.name, replaced, item.whole or isinstance(estimator.missing_values, str))


@exports(MissingIndicator)
def missing_indicator(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Whether a value is missing, for the columns in features_."""
    text = isinstance(estimator.missing_values, str)
    return {"transform": indicated(estimator, x, to, text=text)}


def indicated(estimator: Any, x: Columns, to: Export, text: bool) -> Columns:
    """The columns of a MissingIndicator."""
    chosen = [int(i) for i in estimator.features_]
    if text:
        parts = [_text_missing(x.items[i], estimator, to) for i in chosen]
        return Columns.of(to, to.concat(parts)) if parts else Columns(to, ())
    value = checked(estimator, x, to)
    others = [i for i in range(len(x)) if i not in chosen]
    if not chosen:
        return Columns(to, ())
    if estimator.features == "missing-only" and estimator.error_on_new and others:
        value = _refusing(estimator, value, chosen, others, to)
    else:
        value = to.select(value, chosen)
    return Columns.of(to, is_mark(estimator, value, to), estimator.sparse is True)


def _refusing(
    estimator: Any, value: Value, chosen: list[int], others: list[int], to: Export
) -> Value:
    """The chosen columns; a row with a missing value in one of the others is refused."""
    rest = to.select(value, others)
    marked = to.where(is_mark(estimator, rest, to), float("nan"), rest)
    checked = to.require("not missing", marked)
    both = to.concat([checked, to.select(value, chosen)])  # keeps the check in the data's path
    return to.select(both, range(len(others), len(others) + len(chosen)))


def _text_missing(item: Item, estimator: Any, to: Export) -> Value:
    if not isinstance(item, Raw):
        to.block("an indicator of missing text follows a step that makes numbers", "indicate first")
    code = to.codes(Raw(item.name), [scalar(estimator.missing_values)])
    return to.add(OneHot(1, "bool"), code)


__all__ = ["checked", "indicated", "is_mark"]
