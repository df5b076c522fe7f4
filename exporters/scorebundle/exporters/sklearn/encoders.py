"""sklearn.preprocessing's encoders of categories."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Lookup, Match, OneHot

from ..columns import Columns, Item, Part, Raw
from ..export import Export
from ..registry import Outputs, exports


@exports(OneHotEncoder)
def one_hot_encoder(estimator: Any, x: Columns, to: Export) -> Outputs:
    """One column per category, less those that are dropped or pooled as infrequent."""
    dtype = _dtype(estimator, to)
    parts = []
    for position, item in enumerate(x):
        table, unknown, size = _one_hot_table(estimator, position)
        code = _known(estimator, item, position, to)
        if not np.array_equal(table, np.arange(len(table))) or unknown >= 0:
            code = to.add(Lookup(table[:, None], np.array([unknown], np.int64)), code)
        if size:
            parts.append(to.add(OneHot(size, dtype), code))
    columns = [Columns.of(to, part) for part in parts]
    return {"transform": Columns(to, ()).joined(columns, sparse=estimator.sparse_output)}


def _one_hot_table(estimator: Any, position: int) -> tuple[Array, int, int]:
    """Output column of each category (−1: none), of an unknown one, and their number.

    As OneHotEncoder.transform: categories are pooled first, then the dropped one leaves, and
    those behind it move up.
    """
    pooled = _pooled(estimator, position)
    dropped = None
    if estimator._drop_idx_after_grouping is not None:
        dropped = estimator._drop_idx_after_grouping[position]

    def column(group: int) -> int:
        if dropped is None:
            return group
        return -1 if group == dropped else group - (group > dropped)

    table = np.array([column(int(group)) for group in pooled], np.int64)
    unknown = -1
    infrequent = _infrequent(estimator, position)
    if estimator.handle_unknown in ("infrequent_if_exist", "warn") and infrequent is not None:
        unknown = column(int(pooled[infrequent[0]]))
    size = len(set(pooled.tolist())) - (dropped is not None)
    return table.reshape(-1), unknown, size


def _pooled(estimator: Any, position: int) -> Array:
    """Group of each category: its own, or the one of the infrequent."""
    count = len(estimator.categories_[position])
    mappings = getattr(estimator, "_default_to_infrequent_mappings", None)
    if not getattr(estimator, "_infrequent_enabled", False) or mappings is None:
        return np.arange(count)
    mapping = mappings[position]
    return np.arange(count) if mapping is None else np.asarray(mapping, np.int64)


def _infrequent(estimator: Any, position: int) -> Any:
    if not getattr(estimator, "_infrequent_enabled", False):
        return None
    return estimator._infrequent_indices[position]


@exports(OrdinalEncoder)
def ordinal_encoder(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The position of the category as a number; missing and unknown ones as configured."""
    dtype = _dtype(estimator, to)
    parts = []
    for position, item in enumerate(x):
        categories = estimator.categories_[position]
        groups = _pooled(estimator, position)
        table = np.zeros(len(categories))
        table[: len(groups)] = groups  # pooling leaves out the missing one, which is last
        for row, category in enumerate(categories):
            if isinstance(category, float) and math.isnan(category):  # None is a category
                table[row] = estimator.encoded_missing_value
        unknown = math.nan
        if estimator.handle_unknown == "use_encoded_value":
            unknown = estimator.unknown_value
        code = _known(estimator, item, position, to)
        with np.errstate(invalid="ignore"):
            rows, default = table[:, None].astype(dtype), np.array([unknown]).astype(dtype)
        parts.append(to.add(Lookup(rows, default), code))
    return {"transform": Columns(to, ()).joined([Columns.of(to, p) for p in parts], False)}


@exports(TargetEncoder)
def target_encoder(estimator: Any, x: Columns, to: Export) -> Outputs:
    """encodings_ of the category, target_mean_ of an unknown one; of several classes, one column
    per feature and class."""
    means = np.atleast_1d(np.asarray(estimator.target_mean_, np.float64))
    parts = []
    for position, item in enumerate(x):
        first = position * len(means)
        table = np.stack(estimator.encodings_[first : first + len(means)], axis=1)
        code = encoded(item, estimator.categories_[position], to)
        parts.append(Columns.of(to, to.add(Lookup(table.astype(np.float64), means), code)))
    return {"transform": Columns(to, ()).joined(parts, False)}


def _known(estimator: Any, item: Item, position: int, to: Export) -> Value:
    """Code of a column's category; unknown ones are refused if the encoder does so."""
    categories = estimator.categories_[position]
    code = encoded(item, categories, to)
    return to.require("known", code) if estimator.handle_unknown == "error" else code


def encoded(item: Item, categories: Array, to: Export) -> Value:
    """Position of a column's value in fitted categories, −1 if it is not there."""
    if isinstance(item, Raw) and (categories.dtype.kind in "OUS" or item.replace):
        return to.codes(item, categories.tolist())
    if categories.dtype.kind in "OUS":
        return _object_numbers(item, categories, to)
    numbers = categories.astype(np.float64)
    if len(np.unique(numbers)) != len(categories):
        to.block("whole numbers beyond 2**53 are categories", "make them text")
    x = to.finite(Columns(to, [item]).numbers("float64"), allow_nan=True)
    return to.add(Match(numbers), x)


def _object_numbers(item: Part | Raw, categories: Array, to: Export) -> Value:
    """Numbers that a step before made, encoded among categories held as objects."""
    try:
        numbers = np.array(categories.tolist(), np.float64)
    except (TypeError, ValueError):
        to.block("an encoder of text follows a step that makes numbers", "encode first")
    order = np.argsort(numbers, kind="stable")
    x = Columns(to, [item]).numbers("float64")
    code = to.add(Match(numbers[order]), x)
    return to.add(Lookup(order[:, None].astype(np.int64), np.array([-1], np.int64)), code)


def _dtype(estimator: Any, to: Export) -> str:
    name = str(np.dtype(estimator.dtype).name)
    if name in ("float32", "float64", "int64", "bool"):
        return name
    to.block(f"dtype={name} is not a dtype of the graph", "use float64, float32, int64 or bool")


__all__ = ["encoded", "one_hot_encoder", "ordinal_encoder", "target_encoder"]
