"""export_bundle's promises: the same bytes twice, all blockers at once, no file on refusal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import AdditiveChi2Sampler
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from scorebundle.bundle import Bundle, ExportError
from scorebundle.exporters import check, export_bundle
from scorebundle.exporters.export import Export
from scorebundle.runtime import Runtime

X = np.random.default_rng(0).normal(size=(40, 3))
Y = X[:, 0] * 2 - X[:, 1]

SCRIPT = """
import sys, numpy as np
from sklearn.ensemble import RandomForestClassifier
from scorebundle.exporters import export_bundle
X = np.random.default_rng(0).normal(size=(40, 3))
model = RandomForestClassifier(4, random_state=0).fit(X, X[:, 0] > 0)
export_bundle(model, sys.argv[1])
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "2")):
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / name)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_time_stamp_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LinearRegression().fit(X, Y)
    assert export_bundle(model).manifest.created is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert export_bundle(model).manifest.created == "1970-01-01T00:00:00Z"


class Unknown(StandardScaler):  # type: ignore[misc]
    """A subclass may do anything, and has no exporter."""


def test_all_blockers_in_one_list(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=list("abc"))
    pipeline = make_pipeline(
        ColumnTransformer(
            [
                ("unknown", Unknown(), ["a"]),
                ("code", FunctionTransformer(lambda x: x - x.mean(axis=0)), ["b"]),
                ("fine", StandardScaler(), ["c"]),
            ]
        ),
        StandardScaler(),
        Unknown(),
    ).fit(frame)
    with pytest.raises(ExportError) as caught:
        export_bundle(pipeline, tmp_path / "model.zip")
    steps = [blocker.step for blocker in caught.value.blockers]
    assert steps == ["columntransformer/unknown", "columntransformer/code", "unknown"]
    assert all(blocker.remedy for blocker in caught.value.blockers)
    assert list(tmp_path.iterdir()) == []
    assert check(pipeline).blockers == caught.value.blockers
    assert check(make_pipeline(StandardScaler()).fit(X)).ok


def test_a_pipeline_that_accepts_none_of_the_made_rows_needs_real_ones() -> None:
    narrow = np.stack([np.full(30, 3.5), np.linspace(0, 1e-9, 30), np.full(30, -2.25)], axis=1)
    model = SplineTransformer(degree=3, extrapolation="error").fit(narrow)
    with pytest.raises(ExportError, match="accepts none of the rows that were made from it"):
        export_bundle(model)
    bundle = export_bundle(model, X=narrow, keep_rows=True)
    assert bundle.manifest.certificate["transform"].rows > 0


def test_unfitted_and_unsearched_are_told_apart() -> None:
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, refit=False, cv=2)
    with pytest.raises(ExportError, match="refit"):
        export_bundle(search.fit(X, Y > 0))
    with pytest.raises(ExportError, match="not fitted"):
        export_bundle(make_pipeline(StandardScaler(), LogisticRegression()))


def test_gate_refuses_a_wrong_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage one constant by one unit in the last place: nothing may be written."""
    model = StandardScaler().fit(X)
    original = Export.constant

    def off_by_one(self: Any, numbers: Any, dtype: Any = None) -> Any:
        return original(self, np.nextafter(numbers, np.inf), dtype)

    monkeypatch.setattr(Export, "constant", off_by_one)
    with pytest.raises(ExportError, match=r"transform: .* probe rows differ"):
        export_bundle(model, tmp_path / "model.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("position", range(0, 31, 3))
def test_gate_sees_every_threshold(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A threshold that moves to the next float32 is found, wherever it is in the trees."""
    model = GradientBoostingRegressor(n_estimators=6, random_state=0).fit(X, Y)
    trees = [stage[0].tree_ for stage in model.estimators_]
    places = [(t, n) for t, tree in enumerate(trees) for n in np.flatnonzero(tree.feature >= 0)]
    chosen, node = places[position % len(places)]
    from scorebundle.exporters.sklearn import gradient_boosting
    from scorebundle.exporters.sklearn import trees as sklearn_trees

    original = sklearn_trees.tree_of
    seen: list[int] = []

    def moved(estimator: Any, values: Any, target: int = 0) -> Any:
        tree = original(estimator, values, target)
        seen.append(1)
        if len(seen) - 1 == chosen:
            threshold = tree.threshold.copy()
            threshold[node] = np.nextafter(np.float32(threshold[node]), np.float32(np.inf))
            tree = tree._replace(threshold=threshold + np.spacing(threshold))
        return tree

    monkeypatch.setattr(gradient_boosting, "tree_of", moved)
    with pytest.raises(ExportError, match="probe rows differ"):
        export_bundle(model)


def test_real_rows_are_stored_only_on_request() -> None:
    model = DecisionTreeRegressor(max_depth=2).fit(X, Y)
    secret = X + 1234.5678

    def stored(bundle: Bundle) -> np.ndarray:
        return np.column_stack([bundle.verification.rows[f"x{i}"] for i in range(3)])

    assert not np.isin(stored(export_bundle(model, X=secret)), secret).any()
    assert np.isin(stored(export_bundle(model, X=secret, keep_rows=True)), secret).all()


def test_names_come_from_the_frame_or_are_made() -> None:
    named = LinearRegression().fit(pd.DataFrame(X, columns=["a", "b", "c d"]), Y)
    assert [item.name for item in export_bundle(named).manifest.inputs] == ["a", "b", "c d"]
    plain = LinearRegression().fit(X, Y)
    assert [item.name for item in export_bundle(plain).manifest.inputs] == ["x0", "x1", "x2"]


def test_certificate_says_exact_where_it_is() -> None:
    bundle = export_bundle(DecisionTreeRegressor().fit(X, Y))
    certificate = bundle.manifest.certificate["predict"]
    assert certificate.contract == "exact"
    assert (certificate.max_ulp, certificate.max_difference) == (0.0, 0.0)
    assert certificate.rows > 50
    assert Runtime.load(bundle.to_bytes(), verify=True).name == "DecisionTreeRegressor"


def test_float32_training_is_seen_in_what_was_learned() -> None:
    model = LinearRegression().fit(X.astype(np.float32), Y.astype(np.float32))
    assert {item.type for item in export_bundle(model).manifest.inputs} == {"float32"}
    assert {item.type for item in export_bundle(LinearRegression().fit(X, Y)).manifest.inputs} == {
        "float64"
    }


def test_nullable_whole_numbers_in_the_rows() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None, 3, 4], dtype="Int64")})
    pipeline = make_pipeline(SimpleImputer(), StandardScaler()).fit(frame)
    runtime = Runtime.load(export_bundle(pipeline, X=frame))
    np.testing.assert_array_equal(runtime.transform(frame), pipeline.transform(frame))


def test_float16_rows_are_refused() -> None:
    rows = X.astype(np.float16)
    with pytest.raises(ExportError, match="float16"):
        export_bundle(StandardScaler().fit(rows), X=rows)


@pytest.mark.parametrize("frame", [False, True])
def test_whole_numbers_that_the_library_computes_with_as_such_are_refused(frame: bool) -> None:
    """AdditiveChi2Sampler cuts what it makes of them to whole numbers."""
    rows = np.random.default_rng(0).integers(0, 9, (20, 2))
    table = pd.DataFrame(rows, columns=["a", "b"]) if frame else rows
    (blocker,) = check(AdditiveChi2Sampler().fit(table), X=table).blockers
    assert "with the whole numbers" in blocker.problem
    assert not check(StandardScaler().fit(table), X=table).blockers


def test_rows_without_the_column_are_refused() -> None:
    (blocker,) = check(HashingVectorizer(), X=pd.DataFrame({"a": ["x"]})).blockers
    assert "X has no column 'text'" in blocker.problem


def test_float32_is_seen_column_by_column() -> None:
    """Each scaler computes in its own columns' dtype."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=50).astype("f4"), "b": random.normal(size=50)})
    scalers = ColumnTransformer([("b", MinMaxScaler(), ["b"]), ("a", MinMaxScaler(), ["a"])])
    bundle = export_bundle(scalers.fit(frame))
    assert dict(bundle.graph.inputs) == {"a": "float32", "b": "float64"}
    got = Runtime.load(bundle).transform(frame)
    np.testing.assert_array_equal(got, scalers.transform(frame))


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(KBinsDiscretizer(3, dtype=np.float32), LogisticRegression()),
        make_pipeline(KBinsDiscretizer(3), GradientBoostingClassifier(init=LogisticRegression())),
    ],
    ids=["kbins", "boosting"],
)
@pytest.mark.filterwarnings("ignore")
def test_float32_made_by_a_step_says_nothing_of_the_rows(model: Any) -> None:
    """Read as float32, rows beside an edge of a bin would fall into another."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    bundle = export_bundle(model.fit(X, X[:, 0] > 0))
    assert {kind for _, kind in bundle.graph.inputs} == {"float64"}
