"""XGBoost beyond scalar trees: linear boosters, vector leaves, custom objectives, extras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scorebundle.bundle import ExportError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

from .test_xgboost import MISSING, SMALL, TARGET, Y2, Y3, X, proven


def label(value: Any) -> str:
    """A short name of a test's parameter."""
    if isinstance(value, type):
        return value.__name__
    return str(value.ndim) if isinstance(value, np.ndarray) else str(value)


def fitted(model: Any, rows: Any, y: Any) -> Any:
    """The fitted model; what an old XGBoost cannot train yet is skipped."""
    try:
        return model.fit(rows, y)
    except (xgb.core.XGBoostError, TypeError) as error:
        if xgb.__version__ >= "3.1":
            raise
        pytest.skip(f"xgboost {xgb.__version__} cannot train it: {error!r:.120}")


TWO = np.stack([TARGET, X[:, 1]], axis=1)
QUANTILES = {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.9]}


def squared(labels: Any, predictions: Any) -> tuple[Any, Any]:
    """An objective of the user's own."""
    return predictions.reshape(labels.shape) - labels, np.ones_like(labels)


def softmax(labels: Any, predictions: Any) -> tuple[Any, Any]:
    """The gradient of multi-class log loss."""
    weights = np.exp(predictions - predictions.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights - np.eye(predictions.shape[1])[labels.astype(int)], weights * (1 - weights)


@pytest.mark.parametrize("rows", [X, MISSING], ids=["complete", "missing"])
@pytest.mark.parametrize(
    ("kind", "options", "y"),
    [
        (xgb.XGBRegressor, {}, TARGET),
        (xgb.XGBRegressor, {}, TWO),
        (xgb.XGBRegressor, {"objective": "count:poisson"}, np.abs(TARGET)),
        (xgb.XGBRegressor, {"base_score": 0.3, "missing": 0.0}, TARGET),
        (xgb.XGBClassifier, {}, Y2),
        (xgb.XGBClassifier, {"updater": "coord_descent"}, Y3),
    ],
    ids=label,
)
def test_linear_boosters(kind: Any, options: dict[str, Any], y: Any, rows: Any) -> None:
    scaled = (rows / np.nanstd(X, axis=0)).astype(np.float32)
    proven(kind(booster="gblinear", n_estimators=5, **options).fit(scaled, y), scaled)


@pytest.mark.parametrize(
    ("kind", "options", "y"),
    [
        (xgb.XGBRegressor, {}, TWO),
        (xgb.XGBRegressor, {"num_parallel_tree": 2, "subsample": 0.8}, TWO),
        (
            xgb.XGBRegressor,
            {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.9]},
            TARGET,
        ),
        (xgb.XGBRegressor, {"base_score": 0.25}, TWO),
        (xgb.XGBClassifier, {}, Y3),
        (xgb.XGBClassifier, {}, np.stack([Y2, Y2 ^ 1], axis=1)),
    ],
    ids=label,
)
def test_vector_leaves(kind: Any, options: dict[str, Any], y: Any) -> None:
    model = kind(multi_strategy="multi_output_tree", tree_method="hist", **SMALL, **options)
    try:
        model = fitted(model, MISSING, y)
    except xgb.core.XGBoostError as error:
        if "not yet implemented" not in str(error):
            raise
        pytest.skip(f"XGBoost {xgb.__version__} trains no such model")
    proven(model, MISSING)


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (xgb.XGBRegressor(objective=squared, n_estimators=3), TARGET),
        (xgb.XGBRegressor(objective=squared, n_estimators=3, base_score=0.25), TARGET),
        (xgb.XGBClassifier(objective=squared, n_estimators=3), Y2),
        (xgb.XGBClassifier(objective=softmax, n_estimators=3), Y3),
    ],
    ids=["regressor", "base_score", "two classes", "three classes"],
)
def test_custom_objectives_give_margins(model: Any, y: Any) -> None:
    proven(fitted(model, X, y), X)


@pytest.mark.parametrize("objective", ["multi:softmax", "multi:softprob"])
def test_both_objectives_of_several_classes(objective: str) -> None:
    proven(xgb.XGBClassifier(objective=objective, **SMALL).fit(X, Y3), X)


def test_logitraw_in_a_classifier() -> None:
    proven(xgb.XGBClassifier(objective="binary:logitraw", **SMALL).fit(X, Y2), X)


@pytest.mark.parametrize(
    "options",
    [
        {"huber_slope": 3.0, "objective": "reg:pseudohubererror"},
        {"tweedie_variance_power": 1.2, "objective": "reg:tweedie"},
        {"quantile_alpha": [0.2], "objective": "reg:quantileerror"},
        {"max_delta_step": 0.3, "objective": "count:poisson"},
    ],
    ids=lambda o: o["objective"],
)
def test_parameters_of_objectives(options: dict[str, Any]) -> None:
    proven(xgb.XGBRegressor(**SMALL, **options).fit(X, np.abs(TARGET)), X)


@pytest.mark.parametrize("distribution", ["normal", "logistic", "extreme"])
def test_accelerated_failure_times(distribution: str) -> None:
    matrix = xgb.DMatrix(X)
    matrix.set_float_info("label_lower_bound", Y2 + 1.0)
    matrix.set_float_info("label_upper_bound", np.where(Y2 == 1, np.inf, 3.0))
    parameters = {"objective": "survival:aft", "aft_loss_distribution": distribution}
    proven(xgb.train(parameters, matrix, 5), X)


@pytest.mark.parametrize(
    "model",
    [
        xgb.XGBRegressor(**SMALL),
        xgb.XGBRegressor(n_estimators=1),
        xgb.XGBClassifier(booster="dart", rate_drop=0.5, **SMALL),
        xgb.XGBClassifier(num_parallel_tree=3, **SMALL),
        xgb.XGBRFClassifier(n_estimators=5),
    ],
    ids=lambda m: repr(type(m).__name__),
)
def test_leaf_numbers(model: Any) -> None:
    runtime = proven(model.fit(MISSING, Y2), MISSING, extras=["apply"])
    assert "apply" in runtime.score(MISSING)


def test_leaf_numbers_of_vector_leaves_and_boosters() -> None:
    model = xgb.XGBRegressor(multi_strategy="multi_output_tree", **SMALL).fit(X, TWO)
    proven(model, X, extras=["apply"])
    proven(model.get_booster(), X, extras=["apply"])


def test_leaf_numbers_of_the_best_iteration() -> None:
    model = xgb.XGBClassifier(n_estimators=60, early_stopping_rounds=2, learning_rate=1.0)
    model.fit(X[:50], Y2[:50], eval_set=[(X[50:], Y2[50:])], verbose=False)
    proven(model, X, extras=["apply"])


def test_a_range_of_iterations_is_a_slice() -> None:
    booster = xgb.XGBClassifier(**SMALL).fit(X, Y3).get_booster()
    proven(booster[2:5], X)
    proven(booster[3], X, extras=["apply"])


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (xgb.XGBRegressor(**SMALL), TARGET),
        (xgb.XGBClassifier(**SMALL), Y2),
        (xgb.XGBClassifier(**SMALL), Y3),
        (xgb.XGBRegressor(multi_strategy="multi_output_tree", **SMALL), TWO),
        (xgb.XGBRegressor(booster="gblinear", n_estimators=4), TARGET),
        (xgb.XGBClassifier(booster="gblinear", n_estimators=4), Y3),
        (xgb.XGBRFRegressor(n_estimators=4), TARGET),
    ],
    ids=lambda m: type(m).__name__ if hasattr(m, "fit") else "",
)
def test_rows_bring_their_base_margin(model: Any, y: Any) -> None:
    scaled = (X / X.std(axis=0)).astype(np.float32)
    model.fit(scaled, y)
    runtime = Runtime.load(export_bundle(model, extras=["base_margin"]).to_bytes(), verify=True)
    extra = [item.name for item in runtime.inputs][5:]
    margins = np.random.default_rng(1).normal(size=(len(X), len(extra))).astype(np.float32)
    given = margins[:, 0] if len(extra) == 1 else margins
    rows = dict(zip([f"x{i}" for i in range(5)], scaled.T, strict=True))
    rows |= dict(zip(extra, margins.T, strict=True))
    got = runtime.score(rows)["output_margin"]
    np.testing.assert_array_equal(got, model.predict(scaled, output_margin=True, base_margin=given))


def test_extras_in_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), xgb.XGBClassifier(**SMALL)).fit(X, Y2)
    runtime = Runtime.load(export_bundle(pipeline, extras=["apply"], X=X).to_bytes(), verify=True)
    expected = pipeline[-1].apply(pipeline[:-1].transform(X))
    np.testing.assert_array_equal(runtime.score(X)["apply"], expected)


@pytest.mark.parametrize(
    ("model", "extra", "named"),
    [
        (xgb.XGBRegressor(**SMALL), "leaf", "last step has no 'leaf'"),
        (xgb.XGBRegressor(booster="gblinear", n_estimators=2), "apply", "no trees"),
        (xgb.XGBRegressor(booster="dart", **SMALL), "base_margin", "dart"),
    ],
    ids=["unknown", "linear", "dart"],
)
def test_extras_that_cannot_be(model: Any, extra: str, named: str) -> None:
    with pytest.raises(ExportError, match=named):
        export_bundle(model.fit(X, TARGET), extras=[extra])
