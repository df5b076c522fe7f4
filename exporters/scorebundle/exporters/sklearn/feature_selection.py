"""sklearn.feature_selection: some of the columns, and models that see only those."""

from __future__ import annotations

from typing import Any

from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports


@exports(
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
def selector(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The columns of get_support, all columns having been checked."""
    return {"transform": selected(estimator, x, to)}


def selected(estimator: Any, x: Columns, to: Export) -> Columns:
    """SelectorMixin.transform; what the estimator inside takes as missing is let through."""
    kept = [int(i) for i in estimator.get_support(indices=True)]
    if not kept:
        to.block("it selects no column", "choose a selector that keeps some")
    value = x.numbers()
    if not _allows_nan(estimator):
        value = to.finite(value)
    return Columns.of(to, to.select(value, kept), x.sparse)


def _allows_nan(estimator: Any) -> bool:
    if hasattr(estimator, "__sklearn_tags__"):
        return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
    return bool(estimator._get_tags()["allow_nan"])


@exports(RFE, RFECV)
def recursive_elimination(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The selected columns, and what estimator_ makes of them."""
    chosen = selected(estimator, x, to)
    outputs = to.export(estimator.estimator_, chosen, "estimator")
    return {**outputs, "transform": chosen}
