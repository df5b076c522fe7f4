"""LightGBM's scikit-learn estimators, written with the SDK alone.

The model's text (src/boosting/gbdt_model_text.cpp) holds each tree as arrays. Rows are float64
and compared with ≤; leaf values are added in float64, tree by tree.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor

from scorebundle.bundle.fields import Array
from scorebundle.bundle.ops import ArgMax, Lookup, Match, Softmax

from .sdk import Columns, Export, Outputs, Raw, Result, Tree, Value, grow, register_exporter

CATEGORICAL, DEFAULT_LEFT = 1, 2
NONE, ZERO, NAN = 0, 1, 2
"""decision_type: bits 0 and 1, then the kind of missing value."""
ZERO_RANGE = float(np.float32(1e-35))
IDENTITIES = (
    "regression",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "lambdarank",
    "rank_xendcg",
    "custom",
)
EXPONENTIALS = ("poisson", "gamma", "tweedie")


class Model(NamedTuple):
    """What the model's text says.

    Attributes:
        trees: in order.
        groups: raw scores per row.
        objective: its name and options.
        average: whether the sum is divided by the number of rounds (boosting='rf').
        zeros: columns whose zeros count as missing.
        touching: columns with a threshold so near 0 that it matters that rows lose numbers of
            that size when they are handed over.
        categorical: columns that are split by category.
    """

    trees: list[Tree]
    groups: int
    objective: list[str]
    average: bool
    zeros: set[int]
    touching: set[int]
    categorical: set[int]


def _read(text: str, to: Export) -> Model:
    head, *sections = text.partition("\nend of trees")[0].split("\nTree=")
    lines = head.splitlines()
    header = dict(line.split("=", 1) for line in lines if "=" in line)
    groups = int(header.get("num_tree_per_iteration", 1))
    trees: list[Tree] = []
    kinds: dict[int, set[int]] = {}
    categorical: set[int] = set()
    for number, section in enumerate(sections):
        fields = dict(line.split("=", 1) for line in section.splitlines() if "=" in line)
        if fields.get("is_linear", "0") != "0":
            to.block("linear_tree=True has linear models in its leaves", "use linear_tree=False")
        trees.append(_tree(fields, number % groups, kinds, categorical))
    mixed = [feature for feature, found in kinds.items() if len(found) > 1 and ZERO in found]
    if mixed:
        to.block(f"columns {mixed} treat zeros in two ways", "report it with the model")
    zeros = {feature for feature, found in kinds.items() if found == {ZERO}}
    objective = header.get("objective", "custom").split()
    touching = {
        int(feature)
        for tree in trees
        for feature in tree.feature[(tree.left >= 0) & (np.abs(tree.threshold) <= ZERO_RANGE)]
    } - categorical
    average = "average_output" in lines
    return Model(trees, groups, objective, average, zeros, touching, categorical)


def _tree(
    fields: dict[str, str], target: int, kinds: dict[int, set[int]], categorical: set[int]
) -> Tree:
    """Nodes: the splits, then the leaves; a child −1 − i is leaf i."""
    values = _numbers(fields["leaf_value"], np.float64)
    feature = _numbers(fields.get("split_feature", ""), np.int64)
    splits = len(feature)
    decision = _numbers(fields.get("decision_type", ""), np.int64)
    threshold = _numbers(fields.get("threshold", ""), np.float64)
    children = [_numbers(fields.get(side, ""), np.int64) for side in ("left_child", "right_child")]
    left, right = (np.where(child < 0, splits - 1 - child, child) for child in children)
    by_set = (decision & CATEGORICAL) != 0
    kind = decision >> 2
    for split in range(splits):
        if not by_set[split]:
            kinds.setdefault(int(feature[split]), set()).add(int(kind[split]))
    categorical.update(feature[by_set].tolist())
    default = (decision & DEFAULT_LEFT) != 0
    default = np.where(kind == NONE, threshold >= 0, default) & ~by_set  # a NaN becomes 0
    leaves = len(values)
    ends = np.full(leaves, -1)
    return Tree(
        left=np.append(left, ends),
        right=np.append(right, ends),
        feature=np.append(feature, np.zeros(leaves, np.int64)),
        threshold=np.append(threshold, np.zeros(leaves)),
        default_left=np.append(default, np.zeros(leaves, bool)),
        values=np.append(np.zeros(splits), values)[:, None],
        target=target,
        categories=_sets(fields, by_set, threshold),
    )


def _sets(fields: dict[str, str], by_set: Array, threshold: Array) -> dict[int, Array]:
    if not by_set.any():
        return {}
    starts = _numbers(fields["cat_boundaries"], np.int64)
    words = _numbers(fields["cat_threshold"], np.uint32).astype("<u4")
    result = {}
    for node in np.flatnonzero(by_set):
        which = int(threshold[node])
        part = words[starts[which] : starts[which + 1]].view(np.uint8)
        result[int(node)] = np.flatnonzero(np.unpackbits(part, bitorder="little"))
    return result


def _numbers(text: str, dtype: Any) -> Array:
    return np.array(text.split(), dtype)


def _input(model: Model, estimator: Any, x: Columns, to: Export) -> Value:
    """float64 columns; pandas categories become codes, zeros NaN where they are missing."""
    stored = list(estimator.booster_.pandas_categorical or [])
    frames = [i for i, item in enumerate(x) if _known(item, to)]
    if len(frames) != len(stored):
        to.block("trained on pandas categoricals", "pass rows like those as X=")
    categories = dict(zip(frames, stored, strict=True))
    values = []
    for position in range(len(x)):
        column = x.take([position])
        if position in categories:
            values.append(_codes(column, categories[position], to))
            continue
        value = column.numbers("float64")
        if position in model.zeros or position in model.touching:
            small = to.binary("less_equal", to.unary("absolute", value), ZERO_RANGE)
            value = to.where(small, float("nan") if position in model.zeros else 0.0, value)
        if position in model.categorical:
            value = to.unary("trunc", value)
        values.append(value)
    return to.concat(values)


def _known(item: Any, to: Export) -> bool:
    return isinstance(item, Raw) and item.name in to.known_categories


def _codes(column: Columns, categories: list[Any], to: Export) -> Value:
    """Positions in the training rows' categories; others, and missing ones, are NaN."""
    (raw,) = column.items
    assert isinstance(raw, Raw)
    to.categoricals[raw.name] = categories
    codes = np.arange(len(categories), dtype=np.float64)
    if all(isinstance(category, str) for category in categories):
        code, table = to.codes(raw, categories), codes
    else:
        order = np.argsort(np.array(categories, np.float64), kind="stable")
        numbers = np.array(categories, np.float64)[order]
        code, table = to.add(Match(numbers), column.numbers("float64")), codes[order]
    return to.add(Lookup(table[:, None], np.array([np.nan])), code)


def _raw(estimator: Any, x: Columns, to: Export) -> tuple[Model, Value]:
    """Sum of the leaves."""
    booster = estimator.booster_
    model = _read(booster.model_to_string(num_iteration=booster.best_iteration), to)
    op = grow(
        model.trees,
        compare="le",
        base=np.zeros(model.groups),
        values=np.float64,
        threshold=np.float64,
    )
    raw = to.add(op, _input(model, estimator, x, to))
    if model.average:
        raw = to.binary("divide", raw, max(1, len(model.trees) // model.groups))
    return model, raw


def _converted(model: Model, raw: Value, to: Export) -> Value:
    """The objective's ConvertOutput (src/objective/)."""
    name, *options = model.objective
    values = dict(option.split(":", 1) for option in options if ":" in option)
    if name in IDENTITIES:
        if "sqrt" in options:
            return to.binary("multiply", to.unary("sign", raw), to.binary("multiply", raw, raw))
        return raw
    if name in EXPONENTIALS:
        return to.unary("exp", raw)
    if name in ("binary", "multiclassova", "cross_entropy"):
        slope = float(values.get("sigmoid", 1))
        return to.unary("expit", to.binary("multiply", raw, slope) if slope != 1 else raw)
    if name == "cross_entropy_lambda":
        return to.unary("log1p", to.unary("exp", raw))
    if name == "multiclass":
        return to.add(Softmax(), raw)
    to.block(f"objective {name!r} has no known link", "use a built-in objective")


@register_exporter(LGBMRegressor, LGBMRanker)
def lgbm_regressor(estimator: Any, columns: Columns, to: Export) -> Outputs:
    """The objective's link of the sum."""
    model, raw = _raw(estimator, columns, to)
    return {"predict": Result((_converted(model, raw, to),), "vector")}


@register_exporter(LGBMClassifier)
def lgbm_classifier(estimator: Any, columns: Columns, to: Export) -> Outputs:
    """Probabilities, and the class of the largest."""
    model, raw = _raw(estimator, columns, to)
    if callable(estimator.objective):
        to.block("an objective of yours has no known link", "use a built-in objective")
    proba = _converted(model, raw, to)
    if model.groups == 1:
        proba = to.concat([to.complement(proba), proba])
    labels = to.labels(to.add(ArgMax(), proba), np.asarray(estimator.classes_))
    return {"predict": Result((labels,), "vector"), "predict_proba": Result((proba,), "matrix")}
