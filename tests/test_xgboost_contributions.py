"""XGBoost's contributions of columns: the library's own numbers, bit for bit."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scorebundle.bundle import ExportError
from scorebundle.exporters import export_bundle, import_model
from scorebundle.runtime import Runtime

from .test_xgboost import MISSING, SMALL, TARGET, Y2, Y3, X

BOTH = {"contribs": False, "approx_contribs": True}
TWO = np.stack([TARGET, X[:, 1]], axis=1)


def expected(model: Any, rows: Any, approximate: bool, **options: Any) -> Any:
    """What XGBoost says: (rows, columns + 1), or one such matrix per output."""
    booster = model if isinstance(model, xgb.Booster) else model.get_booster()
    if booster is not model and model.booster != "gblinear":
        options["iteration_range"] = model._get_iteration_range(None)
    matrix = xgb.DMatrix(
        rows,
        missing=getattr(model, "missing", np.nan),
        feature_types=None if isinstance(rows, pd.DataFrame) else booster.feature_types,
        enable_categorical=True,
        base_margin=options.pop("base_margin", None),
    )
    options |= {"approx_contribs": approximate, "validate_features": False}
    return booster.predict(matrix, pred_contribs=True, **options)


def same(got: Any, wanted: Any) -> None:
    """Equal to the bit; a list of matrices is put together as XGBoost does."""
    if isinstance(got, list):
        got = np.stack(got, axis=1)
    assert got.dtype == wanted.dtype == np.float32
    np.testing.assert_array_equal(got, wanted)


def proven(model: Any, rows: Any, **options: Any) -> Runtime:
    """The runtime of an exported model, whose contributions were compared on the rows."""
    bundle = export_bundle(model, extras=list(BOTH), **options)
    runtime = Runtime.load(bundle.to_bytes(), verify=True)
    scores = runtime.score(rows)
    for name, approximate in BOTH.items():
        assert bundle.manifest.certificate[name].contract == "exact"
        wanted = expected(model, rows, approximate)
        same(scores[name], wanted)
        for row in (0, 7, 19):  # few rows, where nothing is kept
            one = rows.iloc[row : row + 1] if isinstance(rows, pd.DataFrame) else rows[[row]]
            same(runtime.score(one, select=[name])[name], wanted[row : row + 1])
    return runtime


MODELS = [
    (xgb.XGBRegressor(**SMALL), TARGET),
    (xgb.XGBRegressor(n_estimators=20, max_depth=9, min_child_weight=0), TARGET),
    (xgb.XGBRegressor(n_estimators=3, max_depth=0, tree_method="approx"), TARGET),
    (xgb.XGBRegressor(grow_policy="lossguide", max_leaves=20, **SMALL), TARGET),
    (xgb.XGBRegressor(n_estimators=3, gamma=1e9), TARGET),
    (xgb.XGBRegressor(base_score=0.3, missing=0.0, **SMALL), TARGET),
    (xgb.XGBRegressor(objective="count:poisson", **SMALL), np.abs(TARGET)),
    (xgb.XGBRegressor(objective="reg:absoluteerror", **SMALL), TARGET),
    (xgb.XGBRegressor(**SMALL), TWO),
    (
        xgb.XGBRegressor(objective="reg:quantileerror", quantile_alpha=[0.1, 0.9], **SMALL),
        TARGET,
    ),
    (xgb.XGBClassifier(**SMALL), Y2),
    (xgb.XGBClassifier(**SMALL), Y3),
    (xgb.XGBClassifier(num_parallel_tree=3, subsample=0.7, **SMALL), Y3),
    (xgb.XGBRegressor(booster="dart", rate_drop=0.5, **SMALL), TARGET),
    (xgb.XGBClassifier(booster="dart", rate_drop=0.5, **SMALL), Y3),
    (xgb.XGBRFRegressor(n_estimators=6), TARGET),
    (xgb.XGBRFClassifier(n_estimators=6), Y3),
]


def name_of(value: Any) -> str:
    """A short name of a test's parameter."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype.kind}{value.ndim}"
    options = {k: v for k, v in value.get_params().items() if v is not None and k not in SMALL}
    return "-".join([type(value).__name__, *(f"{k}={v}" for k, v in list(options.items())[:3])])


@pytest.mark.parametrize("rows", [X, MISSING], ids=["complete", "missing"])
@pytest.mark.parametrize(("model", "y"), MODELS, ids=name_of)
def test_wrappers_and_their_boosters(model: Any, y: Any, rows: Any) -> None:
    model.fit(rows, y)
    proven(model, rows)
    proven(model.get_booster(), rows)


@pytest.mark.parametrize("depth", [7, 8, 9, 16, 17, 30])
def test_long_ways_of_many_columns(depth: int) -> None:
    """Values and weights are worked out eight at a time."""
    random = np.random.default_rng(depth)
    rows = random.normal(size=(400, 40)).astype(np.float32)
    options = {"colsample_bynode": 0.3, "min_child_weight": 0, "reg_lambda": 0.1}
    model = xgb.XGBRegressor(n_estimators=3, max_depth=depth, **options)
    y = (rows[:, :20] * random.normal(size=20)).sum(axis=1) + random.standard_cauchy(400)
    proven(model.fit(rows, y), rows)
    runtime = Runtime.load(export_bundle(model, extras=["contribs"]).to_bytes())
    many = random.normal(size=(3000, 40)).astype(np.float32)
    same(runtime.score(many)["contribs"], expected(model, many, False))


@pytest.mark.parametrize("rows", [X, MISSING], ids=["complete", "missing"])
@pytest.mark.parametrize(
    ("kind", "y"),
    [(xgb.XGBRegressor, TARGET), (xgb.XGBRegressor, TWO), (xgb.XGBClassifier, Y3)],
)
def test_linear_boosters(kind: Any, y: Any, rows: Any) -> None:
    scaled = (rows / np.nanstd(X, axis=0)).astype(np.float32)
    model = kind(booster="gblinear", n_estimators=5).fit(scaled, y)
    proven(model, scaled)
    proven(model.get_booster(), scaled)


@pytest.mark.parametrize("options", [{}, {"max_cat_to_onehot": 1}], ids=["one-hot", "sets"])
def test_categories(options: dict[str, Any]) -> None:
    table = pd.DataFrame(MISSING, columns=[f"x{i}" for i in range(5)])
    words = np.array(["red", "green", "blue", "grey"])
    table["colour"] = pd.Categorical(words[Y3 + (np.arange(len(X)) % 2)], categories=words)
    table.loc[::9, "colour"] = None
    y = np.nan_to_num(TARGET) + 5 * (table["colour"] == "green")
    model = xgb.XGBRegressor(enable_categorical=True, **options, **SMALL).fit(table, y)
    proven(model, table, X=table)


def test_codes_of_categories() -> None:
    rows = MISSING.copy()
    rows[:, 4] = np.arange(len(X)) % 70
    matrix = xgb.DMatrix(
        rows, np.nan_to_num(TARGET) + (rows[:, 4] % 3), feature_types=["q"] * 4 + ["c"]
    )
    booster = xgb.train({"max_depth": 4, "max_cat_to_onehot": 1}, matrix, 6)
    assert any("category" in line or ":{" in line for line in booster.get_dump()[0].split())
    bundle = export_bundle(booster, extras=list(BOTH), X=rows)
    scores = Runtime.load(bundle.to_bytes(), verify=True).score(rows)
    for name, approximate in BOTH.items():
        same(scores[name], expected(booster, rows, approximate))


def test_the_best_iteration_and_ranges() -> None:
    model = xgb.XGBClassifier(n_estimators=60, early_stopping_rounds=2, learning_rate=1.0)
    model.fit(X[:50], Y2[:50], eval_set=[(X[50:], Y2[50:])], verbose=False)
    proven(model, X)
    proven(model.get_booster(), X)
    proven(model.get_booster()[1:3], X)


def test_in_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), xgb.XGBClassifier(**SMALL)).fit(X, Y3)
    bundle = export_bundle(pipeline, extras=list(BOTH), X=X)
    scores = Runtime.load(bundle.to_bytes(), verify=True).score(X)
    for name, approximate in BOTH.items():
        same(scores[name], expected(pipeline[-1], pipeline[0].transform(X), approximate))


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (xgb.XGBRegressor(**SMALL), TARGET),
        (xgb.XGBClassifier(**SMALL), Y3),
        (xgb.XGBClassifier(booster="gblinear", n_estimators=4), Y3),
    ],
    ids=name_of,
)
def test_rows_bring_their_base_margin(model: Any, y: Any) -> None:
    scaled = (X / X.std(axis=0)).astype(np.float32)
    model.fit(scaled, y)
    bundle = export_bundle(model, extras=["base_margin", *BOTH])
    runtime = Runtime.load(bundle.to_bytes(), verify=True)
    extra = [item.name for item in runtime.inputs][5:]
    margins = np.random.default_rng(1).normal(size=(len(X), len(extra))).astype(np.float32)
    rows = dict(zip([f"x{i}" for i in range(5)], scaled.T, strict=True))
    rows |= dict(zip(extra, margins.T, strict=True))
    scores = runtime.score(rows)
    brought = margins[:, 0] if len(extra) == 1 else margins
    for name, approximate in BOTH.items():
        same(scores[name], expected(model, scaled, approximate, base_margin=brought))


def test_of_a_model_file(tmp_path: Any) -> None:
    model = xgb.XGBClassifier(**SMALL).fit(X, Y3)
    model.save_model(tmp_path / "model.ubj")
    bundle = import_model(tmp_path / "model.ubj", extras=["contribs"])
    got = Runtime.load(bundle.to_bytes(), verify=True).score(X)["contribs"]
    same(got, expected(model, X, False))


def test_infinite_numbers_are_refused_where_contributions_are_asked_for() -> None:
    """XGBoost computes them from a DMatrix, which takes none."""
    model = xgb.XGBRegressor(**SMALL).fit(X, TARGET)
    runtime = Runtime.load(export_bundle(model, extras=["contribs"]).to_bytes())
    rows = X.copy()
    rows[0, 0] = np.inf
    assert list(runtime.score(rows, errors="mark").status) == [0]
    assert not runtime.score(rows, select=["predict"], errors="mark").status


def test_vector_leaves_have_none() -> None:
    model = xgb.XGBRegressor(multi_strategy="multi_output_tree", **SMALL).fit(X, TWO)
    with pytest.raises(ExportError, match="vector leaves"):
        export_bundle(model, extras=["contribs"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda tree: tree["sum_hessian"].__setitem__(0, 0.0), "its cover is 0"),
        (lambda tree: tree.pop("sum_hessian"), "does not hold the cover"),
    ],
    ids=["zero", "none"],
)
def test_a_model_file_without_covers(change: Any, named: str, tmp_path: Any) -> None:
    model = xgb.XGBRegressor(**SMALL).fit(X, TARGET)
    saved = json.loads(model.get_booster().save_raw("json"))
    change(saved["learner"]["gradient_booster"]["model"]["trees"][1])
    (tmp_path / "model.json").write_text(json.dumps(saved))
    with (
        mock.patch("scorebundle.exporters.xgboost.saved.find_spec", return_value=None),
        pytest.raises(ExportError, match=named),
    ):
        import_model(tmp_path / "model.json", extras=["contribs"])


@st.composite
def boosters(draw: st.DrawFn) -> tuple[xgb.Booster, Any]:
    """A booster, and rows at and beside its own thresholds."""
    seed, width = draw(st.integers(0, 2**16)), draw(st.integers(1, 6))
    random = np.random.default_rng(seed)
    rows = random.choice([-1, 0, 0.5, 1, 2, 1e-3, 1e6, np.nan], (60, width)).astype(np.float32)
    rows += random.choice([0, 1e-7, 0.25], rows.shape).astype(np.float32)
    kinds = draw(st.lists(st.sampled_from("qc"), min_size=width, max_size=width))
    for column, kind in enumerate(kinds):
        if kind == "c":
            rows[:, column] = random.choice([0, 1, 2, 33, 40, np.nan], 60)
    parameters = {
        "max_depth": draw(st.integers(1, 12)),
        "min_child_weight": draw(st.sampled_from([0.1, 1, 4])),
        "reg_lambda": draw(st.sampled_from([0, 1])),
        "eta": draw(st.sampled_from([0.1, 1.0])),
        "max_cat_to_onehot": draw(st.sampled_from([1, 8])),
        "booster": draw(st.sampled_from(["gbtree", "dart"])),
        "rate_drop": 0.4,
        "num_parallel_tree": draw(st.integers(1, 2)),
        "seed": seed,
    }
    matrix = xgb.DMatrix(rows, random.normal(size=60), feature_types=kinds)
    booster = xgb.train(parameters, matrix, draw(st.integers(1, 4)))
    return booster, np.vstack([rows, _beside(booster, kinds, random)])


def _beside(booster: xgb.Booster, kinds: list[str], random: Any) -> Any:
    """Rows of thresholds, their neighbours, missing numbers and unseen categories."""
    frame = booster.trees_to_dataframe()
    rows = np.empty((300, len(kinds)), np.float32)
    for column, kind in enumerate(kinds):
        cuts = frame["Split"][frame["Feature"] == f"f{column}"].dropna().to_numpy(np.float32)
        below, above = np.float32(-np.inf), np.float32(np.inf)
        pool = np.concatenate([cuts, np.nextafter(cuts, below), np.nextafter(cuts, above)])
        if kind == "c":
            pool = np.array([0, 1, 2, 3, 33, 34, 40, 64], np.float32)
        rows[:, column] = random.choice(np.append(pool, np.float32(np.nan)), len(rows))
    return rows


@settings(max_examples=25, deadline=None)
@given(boosters())
def test_contributions_are_the_librarys_and_sum_to_the_margin(made: tuple[Any, Any]) -> None:
    booster, rows = made
    scores = Runtime.load(export_bundle(booster, extras=list(BOTH)).to_bytes()).score(rows)
    for name, approximate in BOTH.items():
        wanted = expected(booster, rows, approximate)
        same(scores[name], wanted)
        size = np.abs(wanted.astype(np.float64)).sum(axis=1) + 1
        gap = np.abs(scores[name].sum(axis=1, dtype=np.float64) - scores["output_margin"])
        assert (gap <= 1e-4 * size).all()
