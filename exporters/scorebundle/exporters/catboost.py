"""CatBoost's estimators on numeric columns, written with the SDK alone.

The model's JSON (save_model(format="json")) holds oblivious or other trees over float32 columns
and borders: a row goes right where x > border. Leaf values are float64.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier, CatBoostRegressor

from scorebundle.bundle.ops import Softmax

from .sdk import Columns, Export, Outputs, Result, Tree, Value, grow, register_exporter

EXPONENTIALS = ("Poisson", "Tweedie")
SIGMOIDS = ("Logloss", "CrossEntropy", "MultiClassOneVsAll")


def _document(estimator: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        estimator.save_model(str(path), format="json")
        document: dict[str, Any] = json.loads(path.read_text())
    return document


def _oblivious(stored: dict[str, Any], defaults: dict[int, bool], to: Export) -> Tree:
    """Splits by level, the last one at the root: bit i of a leaf's number is split i."""
    splits = stored["splits"] or []
    depth = len(splits)
    inner, leaves = (1 << depth) - 1, 1 << depth
    level = [i for i in range(depth) for _ in range(1 << i)]
    order = [_split(splits[depth - 1 - i], defaults, to) for i in level]
    position = np.arange(inner)
    values = np.array(stored["leaf_values"], np.float64).reshape(leaves, -1)
    return _built(
        order,
        left=np.append(2 * position + 1, np.full(leaves, -1)),
        right=np.append(2 * position + 2, np.full(leaves, -1)),
        values=np.concatenate([np.zeros((inner, values.shape[1])), values]),
    )


def _other(stored: dict[str, Any], defaults: dict[int, bool], to: Export) -> Tree:
    """A nested tree, walked without recursion; splits before leaves in each list."""
    nodes = [stored]
    left, right, order = [], [], []
    for node in nodes:
        split = "split" in node
        left.append(len(nodes) if split else -1)
        right.append(len(nodes) + 1 if split else -1)
        order.append(_split(node["split"], defaults, to) if split else (0, 0.0, False))
        if split:
            nodes += [node["left"], node["right"]]
    width = max(np.size(node.get("value", 0)) for node in nodes)
    values = [np.resize(node.get("value", 0.0), width) for node in nodes]
    return _built(
        order, left=np.array(left), right=np.array(right), values=np.array(values, np.float64)
    )


def _split(
    stored: dict[str, Any], defaults: dict[int, bool], to: Export
) -> tuple[int, float, bool]:
    if stored["split_type"] != "FloatFeature":
        to.block(f"splits of type {stored['split_type']}", "encode categories and text before")
    feature = int(stored["float_feature_index"])
    return feature, stored["border"], defaults[feature]


def _built(splits: list[tuple[int, float, bool]], left: Any, right: Any, values: Any) -> Tree:
    count = len(left)
    padded = splits + [(0, 0.0, False)] * (count - len(splits))
    return Tree(
        left=left,
        right=right,
        feature=np.array([split[0] for split in padded], np.int64),
        threshold=np.array([split[1] for split in padded], np.float64),
        default_left=np.array([split[2] for split in padded], bool),
        values=values,
    )


def _raw(estimator: Any, columns: Columns, to: Export) -> Value:
    """scale · Σ leaves + bias."""
    document = _document(estimator)
    floats = document["features_info"].get("float_features", [])
    if len(floats) != len(columns):
        to.block("it was trained on categories, texts or embeddings", "encode them before")
    # Comparisons with NaN are false, hence left; AsTrue: NaN counts as above every border.
    defaults = {
        int(item["feature_index"]): item["nan_value_treatment"] != "AsTrue" for item in floats
    }
    if "oblivious_trees" in document:
        trees = [_oblivious(tree, defaults, to) for tree in document["oblivious_trees"]]
    else:
        trees = [_other(tree, defaults, to) for tree in document["trees"]]
    scale, bias = document["scale_and_bias"]
    bias = np.atleast_1d(np.array(bias, np.float64))
    width = max([len(bias), *(tree.values.shape[1] for tree in trees)])
    op = grow(
        trees,
        compare="le",
        base=np.zeros(width),
        values=np.float64,
        threshold=np.float32,
    )
    total = to.add(op, columns.numbers("float32"))
    if scale != 1:
        total = to.binary("multiply", total, scale)
    return to.binary("add", total, bias) if bias.any() else total


def _loss(estimator: Any) -> str:
    return str(estimator.get_all_params().get("loss_function", "")).partition(":")[0]


@register_exporter(CatBoostRegressor)
def catboost_regressor(estimator: Any, columns: Columns, to: Export) -> Outputs:
    """The sum, or its exponential."""
    value = _raw(estimator, columns, to)
    if _loss(estimator) in EXPONENTIALS:
        value = to.unary("exp", value)
    shape = "vector" if value.type.width == 1 else "matrix"
    return {"predict": Result((value,), shape)}


@register_exporter(CatBoostClassifier)
def catboost_classifier(estimator: Any, columns: Columns, to: Export) -> Outputs:
    """Probabilities, and the class of the largest raw score."""
    raw = _raw(estimator, columns, to)
    loss = _loss(estimator)
    if loss not in (*SIGMOIDS, "MultiClass"):
        to.block(f"loss_function {loss!r} has no known link", "use Logloss or MultiClass")
    classes = np.asarray(estimator.classes_)
    proba = to.add(Softmax(), raw) if loss == "MultiClass" else to.unary("expit", raw)
    if raw.type.width == 1:
        proba = to.concat([to.complement(proba), proba])
        labels, shape = to.positive_labels(to.binary("greater", raw, 0.0), classes), "vector"
        labels = labels._replace(shape=shape)
    else:
        labels = to.argmax_labels(raw, classes)._replace(shape="matrix")
    return {"predict": labels, "predict_proba": Result((proba,), "matrix")}
