"""The table's estimators, nested at will: pipelines and their data, drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from sklearn import ensemble, multiclass, multioutput
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RANSACRegressor
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from scorebundle.exporters.registry import exporter_of

from .estimators import cases

FITTED_ON = 90
SCORED = 1000

NUMBERS = {"numbers", "missing", "positive", "regression", "two classes", "three classes"}
CLASSES = {"two classes", "three classes", "text labels", "bool labels"}
TASKS = ("numbers", "two classes", "three classes", "two targets", "several labels", "nothing")
"""What there is to predict."""

Draw = Callable[[st.SearchStrategy[Any]], Any]
Wrap = Callable[[Callable[[], Any], Callable[[], list[tuple[str, Any]]]], Any]
"""(makes a model, makes several) → a composition."""


class Drawn(NamedTuple):
    """A pipeline that is not fitted, and its data."""

    pipeline: Any
    table: Any
    target: Any
    fresh: Any


@cache
def zoo() -> dict[str, list[Any]]:
    """The estimators that have an exporter, by what they take or predict."""
    names = ("numeric", "words", "texts", *TASKS)
    found: dict[str, list[Any]] = {name: [] for name in names}
    for case in cases():
        each = case.estimator
        if not isinstance(each, BaseEstimator) or exporter_of(each) is None:
            continue
        if hasattr(each, "transform"):
            kind = {"words": "words", "letters": "words", "texts": "texts"}.get(case.data)
            found[kind or "numeric"] += [each] if kind or case.data in NUMBERS else []
        for task in _tasks(each, case.data):
            found[task].append(each)
    return {name: each for name, each in found.items() if each}


def _tasks(estimator: Any, data: str) -> tuple[str, ...]:
    if is_classifier(estimator) and data in CLASSES:
        return ("two classes", "three classes") if data != "two classes" else ("two classes",)
    if is_classifier(estimator) and data == "several labels":
        return ("several labels",)
    if is_regressor(estimator):
        return {"regression": ("numbers",), "two targets": ("two targets",)}.get(data, ())
    return ("nothing",) if hasattr(estimator, "predict") and data in NUMBERS else ()


@st.composite
def pipelines(draw: Draw) -> Drawn:
    """A pipeline of any depth and its data."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mixed, missing = draw(st.booleans()), draw(st.booleans())
    task = draw(st.sampled_from([task for task in TASKS if task in zoo()]))
    train = _rows(rng, FITTED_ON, mixed, missing, fresh=False)
    fresh = _rows(rng, SCORED, mixed, missing, fresh=True)
    target = _target(rng, train, task)
    if task in ("two classes", "three classes"):
        target = _labels(draw, target)
    if not mixed:
        dtype = draw(st.sampled_from([np.float64, np.float64, np.float32]))
        train, fresh = train.to_numpy(dtype), fresh.to_numpy(dtype)
    steps = [("front", _front(draw, mixed, missing))]
    if draw(st.integers(0, 9)):
        steps.append(("model", _model(draw, task, 2)))
    return Drawn(Pipeline(steps), train, target, fresh)


def _rows(rng: Any, count: int, mixed: bool, missing: bool, fresh: bool) -> pd.DataFrame:
    """Four columns of numbers; two of words and one of text, if mixed. Fresh rows also hold
    numbers far off and unseen words."""
    columns: dict[str, Any] = {
        "a": rng.normal(size=count),
        "b": rng.normal(size=count) * 100,
        "c": rng.integers(-3, 4, count).astype(float),
        "d": rng.gamma(2.0, 3.0, count).round(2),
    }
    for name in columns:
        far = rng.random(count) < (0.02 if fresh else 0)
        columns[name] = np.where(far, columns[name] * 1e6, columns[name])
        if missing:
            columns[name][rng.random(count) < 0.1] = np.nan
    if mixed:
        words = ["red", "green", "bl\u00e9", ""] + (["never seen"] if fresh else [])
        for name, known in (("v", words), ("w", ["x", "y"])):
            columns[name] = rng.choice(np.array(known, object), count)
            if missing:
                columns[name][rng.random(count) < 0.05] = np.nan
        tokens = np.array(["the", "Quick", "fox", "\u00e9t\u00e9", "\u041b\u0415\u0421", "x1"])
        columns["t"] = [" ".join(rng.choice(tokens, rng.integers(1, 6))) for _ in range(count)]
        columns["t"] = np.array(columns["t"], object)
    return pd.DataFrame(columns)


def _target(rng: Any, train: pd.DataFrame, task: str) -> Any:
    base = np.nan_to_num(train["a"]) * 2 + np.sin(np.nan_to_num(train["c"]))
    score = base + rng.normal(size=len(train)) / 3
    other = np.nan_to_num(train["d"]) + rng.normal(size=len(train))
    if task == "numbers":
        return np.abs(score) + 0.1
    if task == "two targets":
        return np.stack([score, other], axis=1)
    if task == "several labels":
        return np.stack([score > 0, other > 5, score > other - 5], axis=1).astype(int)
    parts = 3 if task == "three classes" else 2
    return np.digitize(score, np.quantile(score, np.linspace(0, 1, parts + 1)[1:-1]))


def _labels(draw: Draw, codes: Any) -> Any:
    names = draw(st.sampled_from([None, ["no", "yes", "h\u00f8y"], [-1.5, 0.0, 7.0], [4, 9, 2]]))
    return codes if names is None else np.array(names)[codes]


def _front(draw: Draw, mixed: bool, missing: bool) -> Any:
    """Numbers, words and text side by side, each through steps of their own."""
    numbers = _chain(draw, missing)
    if not mixed:
        return numbers
    words: list[Any] = [clone(draw(st.sampled_from(zoo()["words"])), safe=False)]
    if draw(st.booleans()):
        words = [SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")]
    parts: list[tuple[str, Any, Any]] = [
        ("numbers", numbers, ["a", "b", "c", "d"]),
        ("words", in_order(words), ["v", "w"]),
    ]
    if "texts" in zoo() and draw(st.integers(0, 3)) == 0:
        parts.append(("text", clone(draw(st.sampled_from(zoo()["texts"])), safe=False), "t"))
    return ColumnTransformer(
        parts,
        sparse_threshold=draw(st.sampled_from([0, 0.3, 1])),
        transformer_weights=draw(st.sampled_from([None, {"numbers": 0.5}])),
    )


def _chain(draw: Draw, missing: bool) -> Any:
    steps = [SimpleImputer(strategy=draw(st.sampled_from(["mean", "median"])))] if missing else []
    steps += [_transformer(draw, 1) for _ in range(draw(st.integers(0, 2)))]
    return in_order(steps or [StandardScaler()])


def _transformer(draw: Draw, depth: int) -> Any:
    kind = draw(st.integers(0, 7)) if depth else 7
    if kind == 0:
        parts = [(f"p{i}", _transformer(draw, depth - 1)) for i in range(draw(st.integers(1, 3)))]
        return FeatureUnion(parts, transformer_weights=draw(st.sampled_from([None, {"p0": 2.0}])))
    if kind == 1:
        part = _transformer(draw, depth - 1)
        return ColumnTransformer([("t", part, slice(0, 2))], remainder="passthrough")
    if kind == 2:
        base = clone(draw(st.sampled_from(zoo()["numbers"])), safe=False)
        return draw(st.sampled_from([SelectFromModel(base), RFE(base, n_features_to_select=1)]))
    return clone(draw(st.sampled_from(zoo()["numeric"])), safe=False)


def _model(draw: Draw, task: str, depth: int) -> Any:
    """An estimator of the table, or a composition of such."""
    leaf = clone(draw(st.sampled_from(zoo()[task])), safe=False)
    if not depth or task == "nothing" or draw(st.booleans()):
        return leaf
    inner = {"two targets": "numbers", "several labels": "two classes"}.get(task, task)

    def one() -> Any:
        model = _model(draw, inner, depth - 1)
        return in_order([_transformer(draw, 0), model]) if draw(st.booleans()) else model

    def several() -> list[tuple[str, Any]]:
        return [(f"m{i}", one()) for i in range(draw(st.integers(1, 3)))]

    wraps = {
        "numbers": _of_numbers,
        "two targets": _of_targets,
        "several labels": _of_labels,
    }.get(task, _of_classes)
    return draw(st.sampled_from(wraps(task, draw)))(one, several)


def _of_classes(task: str, draw: Draw) -> list[Wrap]:
    method = draw(st.sampled_from(["sigmoid", "isotonic", "temperature"]))
    flag = draw(st.booleans())
    vote = "soft" if flag else "hard"
    wraps: list[Wrap] = [
        lambda one, some: ensemble.VotingClassifier(some(), voting=vote),
        lambda one, some: ensemble.StackingClassifier(some(), passthrough=flag, cv=2),
        lambda one, some: ensemble.BaggingClassifier(one(), 3, max_features=0.7, random_state=0),
        lambda one, some: ensemble.AdaBoostClassifier(one(), n_estimators=3, random_state=0),
        lambda one, some: CalibratedClassifierCV(one(), method=method, ensemble=flag, cv=2),
        lambda one, some: multiclass.OneVsRestClassifier(one()),
        lambda one, some: multiclass.OneVsOneClassifier(one()),
        lambda one, some: multiclass.OutputCodeClassifier(one(), random_state=0),
        lambda one, some: GridSearchCV(one(), {}, cv=2),
        lambda one, some: SelfTrainingClassifier(one()),
    ]
    if task == "two classes":
        wraps.append(lambda one, some: FixedThresholdClassifier(one(), threshold=0.4))
    return wraps


def _of_numbers(task: str, draw: Draw) -> list[Wrap]:
    flag = draw(st.booleans())
    scaler = draw(st.sampled_from([StandardScaler(), MinMaxScaler()]))
    return [
        lambda one, some: ensemble.VotingRegressor(some()),
        lambda one, some: ensemble.StackingRegressor(some(), passthrough=flag, cv=2),
        lambda one, some: ensemble.BaggingRegressor(one(), 3, max_features=0.7, random_state=0),
        lambda one, some: ensemble.AdaBoostRegressor(one(), n_estimators=3, random_state=0),
        lambda one, some: TransformedTargetRegressor(one(), transformer=scaler),
        lambda one, some: TransformedTargetRegressor(one(), func=np.log, inverse_func=np.exp),
        lambda one, some: GridSearchCV(one(), {}, cv=2),
        lambda one, some: RANSACRegressor(one(), min_samples=0.6, random_state=0),
    ]


def _of_targets(task: str, draw: Draw) -> list[Wrap]:
    order = draw(st.sampled_from([None, [1, 0]]))
    return [
        lambda one, some: multioutput.MultiOutputRegressor(one()),
        lambda one, some: multioutput.RegressorChain(one(), order=order),
    ]


def _of_labels(task: str, draw: Draw) -> list[Wrap]:
    order = draw(st.sampled_from([None, [2, 0, 1]]))
    return [
        lambda one, some: multioutput.MultiOutputClassifier(one()),
        lambda one, some: multioutput.ClassifierChain(one(), order=order),
        lambda one, some: multiclass.OneVsRestClassifier(one()),
    ]


def in_order(steps: list[Any]) -> Any:
    """A pipeline of these steps."""
    return Pipeline([(f"s{i}", step) for i, step in enumerate(steps)])
