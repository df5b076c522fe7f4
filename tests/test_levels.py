"""Kernels for other CPU levels give the bits of this machine's: vectors change the speed alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime, library
from scorebundle.runtime.store import Store, linker

RANDOM = np.random.default_rng(8)
X = RANDOM.normal(size=(700, 9)) * [1, 5, 1e-3, 1e3, 1, 1, 1, 1, 1]
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 4] > 1)
MODELS = (
    XGBClassifier(n_estimators=40, max_depth=5, n_jobs=1),
    XGBClassifier(n_estimators=9, max_depth=8, n_jobs=1),
    RandomForestClassifier(9, random_state=0),
    HistGradientBoostingClassifier(max_iter=30),
    GradientBoostingRegressor(n_estimators=20, random_state=0),
    make_pipeline(StandardScaler(), LogisticRegression()),
)


def answers(bundles: list[Any], wanted: str | None = None) -> list[bytes]:
    """Every model's numbers for few and many rows: its first output's, or of that name."""
    rows = X.copy()
    rows[::7, 4] = 0.0
    found = []
    for bundle in bundles:
        runtime = Runtime.load(bundle)
        output = wanted or runtime.bundle.graph.outputs[0].name
        for count in (1, 3, 100, 257, 700):
            scores = runtime.score(rows[:count].astype(np.float32), select=[output])
            found.append(np.asarray(scores[output]).tobytes())
    return found


@pytest.mark.skipif(linker() is None, reason="there is no C linker to build other kernels with")
@pytest.mark.parametrize("level", ["x86-64-v2", "x86-64-v3"])
def test_levels_give_the_same_bits(
    level: str, full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = library.cpu_level()
    if own not in library.LEVELS or library.LEVELS.index(level) >= library.LEVELS.index(own):
        pytest.skip(f"this machine's level is {own}")
    if level != "x86-64-v2" and not full:
        pytest.skip("--full builds the kernels of this level too")
    bundles = [export_bundle(model.fit(X.astype(np.float32), Y)) for model in MODELS]
    expected = answers(bundles)
    monkeypatch.setitem(library._loaded, "core", built("core", level, tmp_path))
    assert answers(bundles) == expected


@pytest.mark.skipif(linker() is None, reason="there is no C linker to build other kernels with")
def test_levels_give_the_same_contributions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library.cpu_level() not in library.LEVELS[1:]:
        pytest.skip(f"this machine's level is {library.cpu_level()}")
    model = XGBClassifier(n_estimators=9, max_depth=12, n_jobs=1)
    bundles = [export_bundle(model.fit(X.astype(np.float32), Y > 0), extras=["contribs"])]
    expected = answers(bundles, "contribs")
    other = built("contributions", library.LEVELS[0], tmp_path)
    monkeypatch.setitem(library._loaded, "contributions", other)
    assert answers(bundles, "contribs") == expected


def built(part: str, level: str, folder: Path) -> library.Library:
    """A part of the kernels, built for a level."""
    folder.chmod(0o700)
    store, notes = Store(str(folder)), list[str]()
    assert store.build("other", level, part, notes), notes
    other = library._from_store(store, "other", notes)
    assert other is not None, notes
    return other
