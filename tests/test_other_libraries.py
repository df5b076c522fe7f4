"""LightGBM, CatBoost and sklearn-pandas, where installed: the bundle's numbers are theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from scorebundle.bundle import ExportError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 4))
MISSING = np.where(RANDOM.random(X.shape) < 0.15, np.nan, X)
TARGET = X[:, 0] * 2 + np.sin(X[:, 1])
TWO = (TARGET > 0).astype(int)
THREE = np.digitize(TARGET, [-1, 1])
WORDS = np.array(["low", "mid", "top"])


def proven(model: Any, rows: Any, **options: Any) -> Runtime:
    """The runtime of an exported model, compared on real rows; exact where no libm decides."""
    bundle = export_bundle(model, **options)
    runtime = Runtime.load(bundle.to_bytes(), verify=True)
    for name, got in runtime.score(rows).items():
        expected = getattr(model, name)(rows)
        assert np.shape(got) == np.shape(expected)
        if got.dtype.kind != "f":
            assert np.asarray(got).tolist() == np.asarray(expected).tolist()
        elif bundle.manifest.certificate[name].contract == "exact":
            np.testing.assert_array_equal(got, expected)
        else:
            np.testing.assert_allclose(got, expected, rtol=1e-14)
    return runtime


def light(kind: str, **options: Any) -> Any:
    """A small LightGBM estimator."""
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    chosen = {"n_estimators": 8, "num_leaves": 9, "min_child_samples": 5, "verbose": -1, **options}
    return getattr(lightgbm, kind)(**chosen)


@pytest.mark.parametrize("rows", [X, MISSING, np.round(MISSING)], ids=["plain", "NaN", "zeros"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"boosting_type": "dart"},
        {"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1},
        {"zero_as_missing": True},
        {"use_missing": False},
        {"objective": "regression_l1"},
        {"objective": "huber"},
        {"objective": "quantile", "alpha": 0.3},
        {"reg_sqrt": True},
        {"n_estimators": 1, "num_leaves": 2},
    ],
    ids=str,
)
def test_lightgbm_regressors(options: dict[str, Any], rows: Any) -> None:
    proven(light("LGBMRegressor", **options).fit(rows, TARGET), rows)


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie"])
def test_lightgbm_exponentials(objective: str) -> None:
    proven(light("LGBMRegressor", objective=objective).fit(X, np.abs(TARGET) + 0.1), X)


@pytest.mark.parametrize(
    ("options", "y"),
    [
        ({}, TWO),
        ({"class_weight": "balanced"}, WORDS[THREE]),
        ({"objective": "multiclassova", "sigmoid": 2.0}, THREE),
        ({"objective": "cross_entropy"}, TWO),
    ],
    ids=["two", "words", "one versus all", "cross entropy"],
)
def test_lightgbm_classifiers(options: dict[str, Any], y: Any) -> None:
    proven(light("LGBMClassifier", **options).fit(MISSING, y), MISSING)


def test_lightgbm_rankers_and_early_stopping() -> None:
    ranker = light("LGBMRanker").fit(X, TWO, group=[30] * 10)
    proven(ranker, X)
    model = light("LGBMClassifier", n_estimators=200, learning_rate=1.0, early_stopping_round=2)
    model.fit(X[:200], TWO[:200], eval_set=[(X[200:], TWO[200:])])
    assert model.best_iteration_ < 200
    proven(model, X)


def test_lightgbm_categories() -> None:
    codes = X.copy()
    codes[:, 1] = RANDOM.integers(0, 40, len(X))
    model = light("LGBMRegressor", min_data_per_group=2, cat_smooth=1.0)
    proven(model.fit(codes, TARGET + codes[:, 1] % 3, categorical_feature=[1]), codes)
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["b"] = pd.Categorical(WORDS[THREE])
    frame["c"] = pd.Categorical(RANDOM.choice([5, 10, 7], len(X)))
    frame.loc[::11, "b"] = None
    model = light("LGBMRegressor", min_data_per_group=2).fit(frame, TARGET)
    proven(model, frame, X=frame)


def test_lightgbm_refusals() -> None:
    with pytest.raises(ExportError, match="linear_tree"):
        export_bundle(light("LGBMRegressor", linear_tree=True).fit(X, TARGET))


def cat(kind: str, **options: Any) -> Any:
    """A small CatBoost estimator."""
    catboost = pytest.importorskip("catboost", reason="CatBoost is not installed")
    chosen = {
        "iterations": 10,
        "depth": 4,
        "verbose": 0,
        "allow_writing_files": False,
        "thread_count": 1,
        **options,
    }
    return getattr(catboost, kind)(**chosen)


@pytest.mark.parametrize("rows", [X, MISSING], ids=["plain", "NaN"])
@pytest.mark.parametrize(
    ("options", "y"),
    [
        ({}, TARGET),
        ({"grow_policy": "Lossguide", "max_leaves": 9}, TARGET),
        ({"grow_policy": "Depthwise", "nan_mode": "Max"}, TARGET),
        ({"nan_mode": "Max"}, TARGET),
        ({"loss_function": "Quantile:alpha=0.3"}, TARGET),
        ({"loss_function": "Poisson"}, np.abs(TARGET)),
        ({"loss_function": "MultiRMSE"}, np.stack([TARGET, -TARGET], axis=1)),
    ],
    ids=str,
)
def test_catboost_regressors(options: dict[str, Any], y: Any, rows: Any) -> None:
    proven(cat("CatBoostRegressor", **options).fit(rows, y), rows)


@pytest.mark.parametrize(
    ("options", "y"),
    [
        ({}, TWO),
        ({}, WORDS[THREE]),
        ({"loss_function": "MultiClassOneVsAll"}, THREE),
        ({"grow_policy": "Lossguide"}, THREE),
        ({"auto_class_weights": "Balanced"}, WORDS[TWO]),
    ],
    ids=["two", "words", "one versus all", "lossguide", "weights"],
)
def test_catboost_classifiers(options: dict[str, Any], y: Any) -> None:
    proven(cat("CatBoostClassifier", **options).fit(MISSING, y), MISSING)


def test_catboost_refuses_what_is_not_a_number() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["b"] = WORDS[THREE]
    model = cat("CatBoostRegressor", cat_features=["b"]).fit(frame, TARGET)
    with pytest.raises(ExportError, match="encode them before"):
        export_bundle(model)


def test_data_frame_mapper() -> None:
    reason = "sklearn-pandas is not installed, or too old for this scikit-learn"
    module = pytest.importorskip("sklearn_pandas", reason=reason, exc_type=ImportError)
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pd.DataFrame(MISSING, columns=list("abcd"))
    frame["word"] = WORDS[THREE]
    for default in (False, None, SimpleImputer()):
        mapper = module.DataFrameMapper(
            [
                (["a", "c"], [SimpleImputer(), StandardScaler()]),
                (["word"], OneHotEncoder()),
                (["b"], SimpleImputer(strategy="median"), {"alias": "second"}),
            ],
            default=default,
        )
        runtime = Runtime.load(export_bundle(mapper.fit(frame), X=frame).to_bytes(), verify=True)
        np.testing.assert_allclose(runtime.transform(frame), mapper.transform(frame), rtol=1e-15)
    pipeline = make_pipeline(mapper.set_params(default=False), LogisticRegression())
    proven(pipeline.fit(frame, TWO), frame, X=frame)
