"""The graph of a booster: input columns → margin, and leaf numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Lookup, Match, Numbers, Reduce, missing
from scorebundle.bundle.types import FLOATS

from ..columns import Columns, Item, Raw
from ..ensembles import grow, leaf_numbers
from ..export import Export
from ..registry import Outputs, Result
from .model import Model, read
from .starts import Start

SPLITS: dict[str, Any] = {"compare": "lt", "categories_go": "right"}
TREES: dict[str, Any] = {**SPLITS, "values": np.float32, "threshold": np.float32}
EXACT_FLOAT32 = 1 << 24
"""Leaf numbers are float32, in XGBoost as here."""


def parsed(saved: Any, iterations: int, to: Export) -> Model:
    """The model of a document, or a blocker."""
    try:
        return read(saved, iterations)
    except Violation as broken:
        to.block(f"the model {broken}", "save it as .json with the XGBoost that trained it")


def margin_of(
    model: Model, start: Start | None, value: Value, given: Value | None, to: Export
) -> Value:
    """base_score's margin plus every tree, in float32 and in boosting order.

    Where rows bring a base_margin, their sums start there.
    """
    if start is None:
        to.block(
            f"base_score {model.base_score} gives other margins than the model's own",
            "report it, with the versions of XGBoost that trained and that exports",
        )
    if model.linear is not None:
        return _linear(model, start.base, value, given, to)
    op = grow(start.trees, base=start.base, **TREES)
    return to.add(op, value, given) if given else to.add(op, value)


def base_margin(model: Model, to: Export) -> Value | None:
    """The rows' own starting scores, if asked for: one column per output."""
    if not to.asked("base_margin"):
        return None
    if model.weights is not None:
        to.block("base_margin with booster='dart'", "its rounding depends on it: use gbtree")
    if model.groups == 1:
        names = ["base_margin"]
    else:
        names = [f"base_margin_{group}" for group in range(model.groups)]
    return to.add(Numbers(tuple(to.extra_input(name, "float32") for name in names), "float32"))


def _linear(model: Model, base: Array, value: Value, given: Value | None, to: Export) -> Value:
    """Each column's product added in order to bias + base_score; missing ones are left out."""
    assert model.linear is not None
    absent = to.add(missing(float("nan")), value)
    there = to.where(absent, 0.0, value)
    start = to.constant(base)
    if given is not None:
        start = to.binary("add", to.constant(model.linear[-1]), given)
    sums = []
    for group in range(model.groups):
        products = to.binary("multiply", there, model.linear[:-1, group])
        sums.append(to.add(Reduce("sum"), to.concat([to.select(start, [group]), products])))
    return to.concat(sums)


def leaves_of(model: Model, value: Value, to: Export) -> Outputs:
    """`apply`: the number of the leaf that each tree puts a row in, where it is asked for."""
    if not to.asked("apply"):
        return {}
    if model.linear is not None or not model.trees:
        to.block("apply: it has no trees", "leave `apply` out")
    if max(len(tree.left) for tree in model.trees) > EXACT_FLOAT32:
        to.block("apply: leaf numbers beyond 2**24", "leave `apply` out")
    leaves = to.add(leaf_numbers(model.trees, **TREES), value)
    return {"apply": Result((leaves,), shape_of(leaves))}


def shape_of(value: Value) -> str:
    """One column is a vector."""
    return "vector" if value.type.width == 1 else "matrix"


def input_of(model: Model, x: Columns, absent: float, to: Export) -> Value:
    """float32 columns, categories as codes, `missing` as NaN."""
    parts: list[Value | list[Item]] = []
    for position, item in enumerate(x):
        categories = _categories(model, position, item, to)
        if categories is not None:
            parts.append(_category(item, categories, to))
        elif parts and isinstance(last := parts[-1], list):
            last.append(item)
        else:
            parts.append([item])
    values = [
        _numbers(Columns(to, part, x.sparse), absent, to) if isinstance(part, list) else part
        for part in parts
    ]
    return to.concat(values)


def _categories(model: Model, position: int, item: Item, to: Export) -> Array | None:
    """The category values of a column: the real rows' own, else the ones the model stores."""
    if position >= len(model.types) or model.types[position] != "c":
        return None
    if isinstance(item, Raw) and item.name in to.known_categories:
        return np.asarray(to.known_categories[item.name])
    stored = model.categories[position]
    if stored is None and model.names:
        to.block(
            f"the model does not say which categories of {model.names[position]!r} its codes stand "
            "for (XGBoost stores them since 3.1)",
            "pass rows with the categorical columns as X=, or train on an array of codes",
        )
    if stored is not None and stored.dtype.kind == "U" and any("\ufffd" in word for word in stored):
        to.block(
            "XGBoost stores categories beyond ASCII cut off, so that they cannot be told apart",
            "pass rows with the categorical columns as X=",
        )
    return stored


def _numbers(x: Columns, absent: float, to: Export) -> Value:
    value = x.numbers()
    if x.sparse:  # what a sparse matrix does not store is missing to XGBoost, not 0
        exact = value if value.type.dtype in FLOATS else to.cast(value, "float64")
        value = to.where(to.add(missing(0.0), exact), float("nan"), exact)
    value = to.cast(value, "float32")
    if np.isnan(absent):
        return value
    return to.where(to.add(missing(float(np.float32(absent))), value), float("nan"), value)


def _category(item: Item, categories: Array, to: Export) -> Value:
    """Codes of category values in the order that the model stores; a missing one is NaN.

    XGBoost refuses values it has not seen (since 3.1, which stores the categories).
    """
    codes = np.arange(len(categories), dtype=np.float32)
    table = np.append(codes, np.float32(np.nan))[:, None]
    if categories.dtype.kind == "U":
        if not isinstance(item, Raw):
            to.block("categories of text follow a step that makes numbers", "drop the step")
        to.categoricals[item.name] = categories.tolist()
        code = to.codes(item, [*categories.tolist(), None])
    else:
        if isinstance(item, Raw):
            to.categoricals[item.name] = [int(number) for number in categories]
        order = np.argsort(categories, kind="stable")
        numbers = np.append(categories[order].astype(np.float64), np.nan)
        table = np.append(codes[order], np.float32(np.nan))[:, None]
        code = to.add(Match(numbers), Columns(to, [item]).numbers("float64"))
    return to.add(Lookup(table, np.array([np.nan], np.float32)), to.require("known", code))
