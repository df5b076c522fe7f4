"""XGBoost: scikit-learn estimators and raw Boosters with tree boosters."""

from __future__ import annotations

from typing import Any

import numpy as np
from xgboost import (
    Booster,
    DMatrix,
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


def _margin(model: Model, booster: Booster, x: Columns, absent: float, to: Export) -> Value:
    """base_score's margin plus every tree, in float32 and in boosting order."""
    value = _input(model, x, absent, to)
    if model.vector_leaves:
        to.block("multi_strategy='multi_output_tree' is not exported", "use one_output_per_tree")
    op = grow(
        model.trees,
        compare="lt",
        base=_base_margin(model, booster, to),
        values=np.float32,
        threshold=np.float32,
        categories_go="right",
    )
    return to.add(op, value)


def _input(model: Model, x: Columns, absent: float, to: Export) -> Value:
    """float32 columns, categories as codes, `missing` as NaN."""
    parts: list[Value | list[Item]] = []
    for position, item in enumerate(x):
        categories = model.categories[position] if position < len(model.categories) else None
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
        order = np.argsort(categories, kind="stable")
        numbers = np.append(categories[order].astype(np.float64), np.nan)
        table = np.append(codes[order], np.float32(np.nan))[:, None]
        code = to.add(Match(numbers), Columns(to, [item]).numbers("float64"))
    return to.add(Lookup(table, np.array([np.nan], np.float32)), to.require("known", code))


def _base_margin(model: Model, booster: Booster, to: Export) -> Array:
    """base_score through the objective's link, to the bit.

    logf differs by a unit between libms; the model itself tells which one it was: the float32
    sum from the right start gives its own margins.
    """
    rows = np.random.default_rng(0).normal(size=(16, model.features)).astype(np.float32)
    rows[:, [i for i, kind in enumerate(model.types) if kind == "c"]] = 0
    matrix = DMatrix(
        rows,
        feature_names=booster.feature_names,
        feature_types=model.types or None,
        enable_categorical=True,
    )
    span = {"iteration_range": (0, model.iterations), "strict_shape": True}
    leaves = booster.predict(matrix, pred_leaf=True, **span).reshape(len(rows), -1).astype(int)
    margins = booster.predict(matrix, output_margin=True, **span).reshape(len(rows), -1)
    result = np.zeros(model.groups, np.float32)
    for group in range(model.groups):
        for candidate in model.base_candidates(group):
            total = np.full(len(rows), candidate, np.float32)
            for tree, leaf in zip(model.trees, leaves.T, strict=True):
                if tree.target == group:
                    total = total + tree.values[leaf, 0]
            if np.array_equal(total, margins[:, group]):
                result[group] = candidate
                break
        else:
            to.block(
                f"base_score {model.base_score} gives other margins than the model's own",
                "report it, with the versions of XGBoost that trained and that exports",
            )
    return result


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
    return model, _margin(model, booster, x, absent, to)


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
    margin = _margin(model, estimator, x, float("nan"), to)
    value = _linked(model, margin, to)
    if model.objective == "multi:softmax":
        outputs = to.argmax_labels(margin, np.arange(model.groups, dtype=np.float32))
        return {"predict": outputs, "output_margin": Result((margin,), _shape(margin))}
    return {
        "predict": Result((value,), _shape(value)),
        "output_margin": Result((margin,), _shape(margin)),
    }
