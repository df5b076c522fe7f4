"""Properties over drawn models and drawn rows: float edges, NaN, unseen words, any order."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier, XGBRegressor

from scorebundle.exporters import export_bundle
from scorebundle.exporters.bounds import carried
from scorebundle.runtime import Runtime

warnings.simplefilter("ignore")
BOUNDED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
COLUMNS = 3
# A few values that repeat make ties, and thresholds that rows meet exactly.
ROUND = st.sampled_from([0.0, -0.0, 0.1, 0.25, 1 / 3, 1.0, -1.0, 2.5, 1e-40, 1e10, -7.0])
NUMBERS = st.one_of(ROUND, st.floats(-1e6, 1e6, width=32), st.floats(-1e9, 1e9))


def table(elements: Any, rows: int) -> Any:
    return hnp.arrays(np.float64, (rows, COLUMNS), elements=elements)


def with_neighbours(X: Any) -> Any:
    """Rows, and the same rows moved to the next floats on either side."""
    near32 = np.nextafter(X.astype(np.float32), np.float32(np.inf)).astype(np.float64)
    return np.concatenate([X, np.nextafter(X, np.inf), np.nextafter(X, -np.inf), near32])


@st.composite
def ensembles(draw: Any) -> tuple[Any, bool]:
    """A tree model with drawn options, and whether it takes missing values."""
    seed, depth = draw(st.integers(0, 9)), draw(st.integers(1, 6))
    model: tuple[Any, bool] = draw(
        st.sampled_from(
            [
                (DecisionTreeClassifier(max_depth=depth, random_state=seed), True),
                (RandomForestClassifier(3, max_depth=depth, random_state=seed), True),
                (ExtraTreesRegressor(3, max_depth=depth, random_state=seed), True),
                (GradientBoostingClassifier(n_estimators=3, max_depth=depth), False),
                (HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=1), True),
                (XGBClassifier(n_estimators=3, max_depth=depth), True),
                (XGBRegressor(n_estimators=3, max_depth=depth, booster="dart"), True),
            ]
        )
    )
    return model


@BOUNDED
@given(model=ensembles(), X=table(NUMBERS, 24), rows=table(NUMBERS, 9), data=st.data())
def test_trees_are_bit_identical(model: Any, X: Any, rows: Any, data: Any) -> None:
    estimator, missing = model
    y = np.arange(24) % 3 if "Classifier" in type(estimator).__name__ else X[:, 0] % 7
    estimator.fit(X, y)
    rows = with_neighbours(rows)
    if missing:
        rows = np.where(data.draw(hnp.arrays(bool, rows.shape)), np.nan, rows)
    runtime = Runtime.load(export_bundle(estimator).to_bytes())
    np.testing.assert_array_equal(runtime.predict(rows), estimator.predict(rows))
    if hasattr(estimator, "decision_function"):
        expected = estimator.decision_function(rows)
        np.testing.assert_array_equal(runtime.decision_function(rows), expected)
    elif hasattr(estimator, "predict_proba") and not isinstance(estimator, XGBClassifier):
        np.testing.assert_array_equal(runtime.predict_proba(rows), estimator.predict_proba(rows))


@BOUNDED
@given(
    X=table(st.one_of(NUMBERS, st.just(np.nan)), 12),
    rows=table(st.one_of(NUMBERS, st.just(np.nan)), 9),
    strategy=st.sampled_from(["mean", "median", "most_frequent", "constant"]),
    clip=st.booleans(),
)
def test_imputers_and_scalers_are_bit_identical(
    X: Any, rows: Any, strategy: str, clip: bool
) -> None:
    X[0] = 1.5  # an empty column would be dropped, and is tested elsewhere
    pipeline = make_pipeline(
        SimpleImputer(strategy=strategy, add_indicator=True),
        RobustScaler(),
        MinMaxScaler(clip=clip),
    ).fit(X)
    rows = with_neighbours(rows)
    runtime = Runtime.load(export_bundle(pipeline).to_bytes())
    np.testing.assert_array_equal(runtime.transform(rows), pipeline.transform(rows))


WORDS = st.one_of(st.sampled_from(["a", "b", "", "\u00e6", "A", " a"]), st.text(max_size=3))


@BOUNDED
@given(
    seen=st.lists(WORDS, min_size=6, max_size=20),
    asked=st.lists(st.one_of(WORDS, st.just(None)), min_size=1, max_size=12),
    encoder=st.sampled_from(
        [
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=2),
            OneHotEncoder(handle_unknown="ignore", drop="first"),
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        ]
    ),
)
def test_encoders_on_any_words(seen: list[str], asked: list[Any], encoder: Any) -> None:
    if len(set(seen)) < 2:
        seen = [*seen, "a", "b"]
    X = np.array(seen, object)[:, None]
    encoder.fit(X)
    rows = np.array([*asked, *seen], object)[:, None]
    runtime = Runtime.load(export_bundle(encoder).to_bytes())
    expected = encoder.transform(rows)
    expected = expected.toarray() if hasattr(expected, "toarray") else expected
    np.testing.assert_array_equal(runtime.transform(rows), expected)


@BOUNDED
@given(rows=table(st.floats(allow_nan=True, allow_infinity=True), 5))
def test_any_row_scores_or_is_refused(rows: Any) -> None:
    X = np.random.default_rng(0).normal(size=(30, COLUMNS))
    estimator = GradientBoostingClassifier(n_estimators=2).fit(X, X[:, 0] > 0)
    runtime = Runtime.load(export_bundle(estimator).to_bytes())
    scores = runtime.score(rows, errors="mark")
    for row in range(5):
        try:
            expected = estimator.decision_function(rows[row : row + 1])[0]
        except ValueError:
            assert row in scores.status
        else:
            assert row not in scores.status
            assert scores["decision_function"][row] == expected


def test_bounds_contain_what_a_perturbed_input_does() -> None:
    """The bound of a softmax over a linear map holds for inputs moved within their own bound."""
    from scorebundle.bundle.graph import Builder, Graph, Input, Output
    from scorebundle.bundle.ops import Affine, Numbers, Softmax, Unary

    random = np.random.default_rng(0)
    build = Builder()
    x = build.add(Numbers(("a", "b"), "float64"))
    moved = build.add(Unary("exp"), x)
    linear = build.add(Affine(random.normal(size=(3, 2)), random.normal(size=3)), moved)
    soft = build.add(Softmax(), linear)
    outputs = tuple(Output(v.name, (v.name,), "matrix") for v in (x, moved, linear, soft))
    graph = Graph((Input("a", "float64"), Input("b", "float64")), tuple(build.nodes), outputs)
    runtime = Runtime(graph)
    rows = random.normal(size=(50, 2))
    values = {name: np.asarray(value) for name, value in runtime.score(rows).items()}
    bounds = carried(graph, values)
    weights = np.exp(rows) * (1 + random.choice([-4, 4], rows.shape) * np.finfo(float).eps)
    op = graph.nodes[2].op
    assert isinstance(op, Affine)
    scores = weights @ op.coef.T + op.intercept
    other = np.exp(scores - scores.max(axis=1, keepdims=True))
    other /= other.sum(axis=1, keepdims=True)
    assert (np.abs(other - values[soft.name]) <= bounds[soft.name]).all()
    assert (bounds[soft.name] < 1e-12).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_huge_batch(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scorebundle.runtime.plan.WORTH", 0.0)  # threads, however fast it is
    X = np.random.default_rng(0).normal(size=(300_000, COLUMNS))
    estimator = DecisionTreeClassifier(max_depth=4).fit(X[:500], X[:500, 0] > 0)
    runtime = Runtime.load(export_bundle(estimator))
    got = runtime.predict_proba(X, threads=threads)
    np.testing.assert_array_equal(got, estimator.predict_proba(X))
