"""XGBoost: scikit-learn estimators and raw Boosters with tree boosters."""

from __future__ import annotations

from typing import Any

import numpy as np
from xgboost import (
    Booster,
    XGBClassifier,
    XGBRanker,
    XGBRegressor,
    XGBRFClassifier,
    XGBRFRegressor,
)

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Lookup, Match, Softmax, missing

from .columns import Columns, Item, Raw
from .ensembles import grow
from .export import Export
from .registry import Outputs, Result, exports
from .xgboost_base import calibrated
from .xgboost_model import EXPONENTIALS, SIGMOIDS, Model, read

IDENTITIES = [
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "binary:logitraw",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
]
"""Objectives whose prediction is the margin itself."""


def _margin(model: Model, booster: Booster, value: Value, inplace: bool, to: Export) -> Value:
    """base_score's margin plus every tree, in float32 and in boosting order."""
    if model.vector_leaves:
        to.block("multi_strategy='multi_output_tree' is not exported", "use one_output_per_tree")
    found = calibrated(model, booster, inplace)
    if found is None:
        to.block(
            f"base_score {model.base_score} gives other margins than the model's own",
            "report it, with the versions of XGBoost that trained and that exports",
        )
    op = grow(
        found.trees,
        compare="lt",
        base=found.base,
        values=np.float32,
        threshold=np.float32,
        categories_go="right",
    )
    return to.add(op, value)


def _input(model: Model, x: Columns, absent: float, to: Export) -> Value:
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
        _numbers(Columns(to, part), absent, to) if isinstance(part, list) else part
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
    if stored is not None and stored.dtype.kind == "U" and any("\ufffd" in word for word in stored):
        to.block(
            "XGBoost stores categories beyond ASCII cut off, so that they cannot be told apart",
            "pass rows with the categorical columns as X=",
        )
    return stored


def _numbers(x: Columns, absent: float, to: Export) -> Value:
    value = to.cast(x.numbers(), "float32")
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


def _linked(model: Model, margin: Value, to: Export) -> Value:
    """The objective's prediction (src/objective/*.cu, PredTransform)."""
    name = model.objective
    if name in IDENTITIES:
        return margin
    if name in SIGMOIDS:
        return _sigmoid(margin, to)
    if name in EXPONENTIALS:
        return to.unary("exp", margin)
    if name == "binary:hinge":
        return to.cast(to.binary("greater", margin, 0), "float32")
    if name in ("multi:softprob", "multi:softmax"):
        return to.add(Softmax(), margin)
    to.block(f"objective {name!r} has no known link", "use a built-in objective")


def _sigmoid(margin: Value, to: Export) -> Value:
    """1 / (expf(min(−x, 88.7)) + 1 + 1e-16) in float32 (common/math.h, Sigmoid)."""
    exponent = to.binary("minimum", to.unary("negative", margin), 88.7)
    denominator = to.binary("add", to.unary("exp", exponent), 1)
    return to.unary("reciprocal", denominator)


def _prepared(estimator: Any, x: Columns, to: Export) -> tuple[Model, Value]:
    booster = estimator.get_booster()
    if estimator.booster == "gblinear":
        to.block("booster='gblinear' is not exported", "use gbtree or dart")
    last = estimator._get_iteration_range(None)[1]
    model = read(booster, last)
    if callable(estimator.objective):
        to.block("a custom objective's link is unknown", "use a built-in objective")
    missing_value = estimator.missing
    absent = float("nan") if missing_value is None else float(missing_value)
    return model, _margin(model, booster, _input(model, x, absent, to), True, to)


def _shape(value: Value) -> str:
    return "vector" if value.type.width == 1 else "matrix"


@exports(XGBRegressor, XGBRFRegressor, XGBRanker)
def xgb_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The objective's link of the margin."""
    model, margin = _prepared(estimator, x, to)
    value = _linked(model, margin, to)
    return {
        "predict": Result((value,), _shape(value)),
        "output_margin": Result((margin,), _shape(margin)),
    }


@exports(XGBClassifier, XGBRFClassifier)
def xgb_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """XGBClassifier.predict: the largest of several classes, else probability > 0.5."""
    model, margin = _prepared(estimator, x, to)
    if model.objective in ("multi:softmax",):
        to.block("objective='multi:softmax' in XGBClassifier", "use multi:softprob, its default")
    proba = _linked(model, margin, to)
    classes = np.arange(int(estimator.n_classes_), dtype=np.int64)
    outputs: Outputs = {"output_margin": Result((margin,), _shape(margin))}
    if margin.type.width == 1:
        positive = to.binary("greater", proba, 0.5)
        outputs["predict"] = to.positive_labels(positive, classes)
        if model.objective in ("binary:logitraw",):
            return outputs
        proba = to.concat([to.complement(proba), proba])
    elif model.objective.startswith("multi:"):
        outputs["predict"] = to.argmax_labels(proba, classes)
    else:  # several labels per row
        chosen = to.cast(to.binary("greater", proba, 0.5), "float64")
        outputs["predict"] = Result((chosen,), "matrix")
    outputs["predict_proba"] = Result((proba,), "matrix")
    return outputs


@exports(Booster)
def booster(estimator: Booster, x: Columns, to: Export) -> Outputs:
    """Booster.predict on a DMatrix whose missing value is NaN; all trees."""
    model = read(estimator, 0)
    # A DMatrix refuses infinities, and what becomes one in float32.
    finite = to.finite(_input(model, x, float("nan"), to), allow_nan=True)
    margin = _margin(model, estimator, finite, False, to)
    value = _linked(model, margin, to)
    if model.objective == "multi:softmax":
        outputs = to.argmax_labels(margin, np.arange(model.groups, dtype=np.float32))
        return {"predict": outputs, "output_margin": Result((margin,), _shape(margin))}
    return {
        "predict": Result((value,), _shape(value)),
        "output_margin": Result((margin,), _shape(margin)),
    }
