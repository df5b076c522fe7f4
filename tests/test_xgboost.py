"""XGBoost: the bundle's numbers are XGBoost's own, bit for bit where no link function decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from scorebundle.bundle import ExportError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime
from scorebundle.runtime.lowering import trees

ROWS = 80
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(ROWS, 5)).astype(np.float32) * np.array([1, 10, 0.01, 1e4, 1], np.float32)
MISSING = np.where(RANDOM.random(X.shape) < 0.2, np.nan, X).astype(np.float32)
TARGET = X[:, 0] * 3 + np.sin(X[:, 1])
Y2 = (TARGET > 0).astype(int)
Y3 = np.digitize(TARGET, [-1, 1])
SMALL = {"n_estimators": 8, "max_depth": 4}


def proven(model: Any, rows: Any, **options: Any) -> Runtime:
    """The runtime of an exported model, whose answers were compared on the rows given."""
    bundle = export_bundle(model, **options)
    runtime = Runtime.load(bundle.to_bytes(), verify=True)
    scores = runtime.score(rows)
    for name, value in scores.items():
        expected = _expected(model, name, rows)
        assert value.shape == expected.shape
        assert value.dtype == expected.dtype
        if bundle.manifest.certificate[name].contract == "exact":
            np.testing.assert_array_equal(value, expected)
        else:
            np.testing.assert_allclose(value, expected, rtol=1e-6)
    return runtime


def _expected(model: Any, name: str, rows: Any) -> Any:
    if isinstance(model, xgb.Booster):
        types = model.feature_types
        matrix = xgb.DMatrix(rows, feature_names=model.feature_names, feature_types=types)
        how = {"output_margin": "output_margin", "apply": "pred_leaf"}.get(name)
        return model.predict(matrix, **({how: True} if how else {}))
    if name == "output_margin":
        return model.predict(rows, output_margin=True)
    return getattr(model, name)(rows)


REGRESSIONS = {
    "reg:squarederror": TARGET,
    "reg:squaredlogerror": np.abs(TARGET),
    "reg:absoluteerror": TARGET,
    "reg:pseudohubererror": TARGET,
    "reg:logistic": Y2,
    "count:poisson": np.abs(TARGET),
    "reg:gamma": np.abs(TARGET) + 0.1,
    "reg:tweedie": np.abs(TARGET),
    "binary:logitraw": Y2,
    "binary:hinge": Y2,
    "survival:cox": np.abs(TARGET) + 0.1,
}


@pytest.mark.parametrize("objective", REGRESSIONS)
@pytest.mark.parametrize("rows", [X, MISSING], ids=["complete", "missing"])
def test_every_regression_objective(objective: str, rows: Any) -> None:
    model = xgb.XGBRegressor(objective=objective, **SMALL).fit(rows, REGRESSIONS[objective])
    proven(model, rows)


def test_quantiles_of_several_alphas() -> None:
    model = xgb.XGBRegressor(
        objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9], **SMALL
    ).fit(X, TARGET)
    proven(model, X)


@pytest.mark.parametrize("y", [Y2, Y3], ids=["binary", "multiclass"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"booster": "dart", "rate_drop": 0.5},
        {"num_parallel_tree": 3, "subsample": 0.7},
        {"base_score": 0.3},
        {"tree_method": "exact", "max_depth": 9},
        {"grow_policy": "lossguide", "max_leaves": 5},
        {"monotone_constraints": (1, 0, 0, -1, 0)},
    ],
    ids=str,
)
def test_classifier_options(options: dict[str, Any], y: Any) -> None:
    proven(xgb.XGBClassifier(**{**SMALL, **options}).fit(MISSING, y), MISSING)


def test_early_stopping_uses_the_best_iteration() -> None:
    model = xgb.XGBClassifier(n_estimators=60, early_stopping_rounds=2, learning_rate=1.0)
    model.fit(X[:50], Y2[:50], eval_set=[(X[50:], Y2[50:])], verbose=False)
    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    proven(model, X)


@pytest.mark.parametrize("mark", [-999.0, 0.0, 0.1])
def test_other_missing_values(mark: float) -> None:
    rows = np.where(np.isnan(MISSING), np.float32(mark), MISSING)
    proven(xgb.XGBRegressor(missing=mark, **SMALL).fit(rows, TARGET), rows)


@pytest.mark.parametrize(
    "model",
    [xgb.XGBRFClassifier(n_estimators=5), xgb.XGBRFRegressor(n_estimators=5)],
    ids=["classifier", "regressor"],
)
def test_random_forests(model: Any) -> None:
    proven(model.fit(X, Y2), X)


@pytest.mark.parametrize("objective", ["rank:ndcg", "rank:pairwise", "rank:map"])
def test_rankers(objective: str) -> None:
    model = xgb.XGBRanker(objective=objective, **SMALL)
    proven(model.fit(X, Y2, qid=np.repeat(np.arange(8), 10)), X)


def test_several_targets_and_labels() -> None:
    proven(xgb.XGBRegressor(**SMALL).fit(X, np.stack([TARGET, X[:, 1]], axis=1)), X)
    proven(xgb.XGBClassifier(**SMALL).fit(X, np.stack([Y2, Y2 ^ 1], axis=1)), X)


@pytest.mark.parametrize(
    "parameters",
    [
        {"objective": "binary:logistic"},
        {"objective": "multi:softmax", "num_class": 3},
        {"objective": "multi:softprob", "num_class": 3},
        {"objective": "survival:aft"},
    ],
    ids=lambda p: p["objective"],
)
def test_raw_boosters(parameters: dict[str, Any]) -> None:
    matrix = xgb.DMatrix(MISSING, label=Y3 if "num_class" in parameters else Y2)
    if parameters["objective"] == "survival:aft":
        matrix.set_float_info("label_lower_bound", Y2 + 1.0)
        matrix.set_float_info("label_upper_bound", Y2 + 2.0)
    proven(xgb.train(parameters, matrix, 6), MISSING)


def stores_categories(model: Any) -> bool:
    """Whether this XGBoost writes category values into its models."""
    return b'"cats"' in bytes(model.get_booster().save_raw("json"))


@pytest.mark.parametrize("onehot", [1, 100], ids=["sets", "one-hot splits"])
def test_categories_by_value(onehot: int) -> None:
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["a"] = pd.Categorical(RANDOM.choice(["oslo", "bergen", "x y", ""], ROWS))
    frame["c"] = pd.Categorical(RANDOM.choice([10, 20, 35], ROWS))
    frame.loc[::9, "a"] = None
    model = xgb.XGBRegressor(enable_categorical=True, max_cat_to_onehot=onehot, **SMALL)
    model.fit(frame, TARGET)
    if not stores_categories(model):
        with pytest.raises(ExportError, match="which categories"):
            export_bundle(model)
    runtime = proven(model, frame, **({} if stores_categories(model) else {"X": frame}))
    assert runtime.inputs[0].type == "string"


def test_categories_beyond_ascii_need_rows() -> None:
    frame = pd.DataFrame(
        {"a": pd.Categorical(RANDOM.choice(["\u00f8st", "vest"], ROWS)), "b": X[:, 1]}
    )
    model = xgb.XGBRegressor(enable_categorical=True, **SMALL).fit(frame, TARGET)
    with pytest.raises(ExportError, match=r"beyond ASCII|which categories"):
        export_bundle(model)
    proven(model, frame, X=frame)


def test_categories_by_code() -> None:
    rows = X.copy()
    rows[:, 0] = RANDOM.integers(0, 70, ROWS)
    rows[::7, 0] = np.nan
    model = xgb.XGBRegressor(
        feature_types=["c", "float", "float", "float", "float"],
        enable_categorical=True,
        max_cat_to_onehot=1,
        **SMALL,
    ).fit(rows, TARGET)
    proven(model, rows)


@pytest.mark.parametrize("base_score", [1e-9, 1 - 1e-7])
def test_base_score_near_the_ends_of_the_link(base_score: float) -> None:
    proven(xgb.XGBClassifier(base_score=base_score, **SMALL).fit(X, Y2), X)


def test_a_single_class_whose_base_score_is_estimated_as_zero() -> None:
    try:
        model = xgb.XGBClassifier(**SMALL).fit(X, np.zeros(ROWS, int))
        model.predict(X)
    except xgb.core.XGBoostError as error:
        pytest.skip(f"xgboost {xgb.__version__} cannot use it: {error!r:.120}")
    proven(model, X)


@pytest.mark.parametrize("kernel", list(trees.KERNELS))
@pytest.mark.parametrize(
    "options",
    [
        {"max_depth": 10, "min_child_weight": 0},
        {"max_depth": 0, "max_leaves": 40, "grow_policy": "lossguide"},
        {"max_depth": 8, "tree_method": "exact"},
    ],
    ids=["more than 256 leaves", "unbalanced", "all thresholds distinct"],
)
def test_large_trees_on_every_kernel(kernel: str, options: dict[str, Any], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(5000, 5)).astype(np.float32)
    X[random.random(X.shape) < 0.05] = np.nan
    y = random.random(len(X)) < 0.5
    model = xgb.XGBClassifier(n_estimators=20, **options).fit(X, y)
    export_bundle(model, tmp_path / "model.zip")
    cuts = [float(t) for t in model.get_booster().trees_to_dataframe()["Split"].dropna()]
    rows = X[:600].copy()
    rows[:300] = random.choice(np.array(cuts, np.float32), (300, 5))
    rows[:100] = np.nextafter(rows[:100], np.float32(-np.inf))
    with mock.patch.object(trees, "_choices", return_value=(kernel, kernel, 2)):
        runtime = Runtime.load(tmp_path / "model.zip")
        for count in (600, 1):
            got, expected = runtime.predict_proba(rows[:count]), model.predict_proba(rows[:count])
            np.testing.assert_array_equal(got, expected)
