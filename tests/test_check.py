"""check: blockers and tolerances, step by step, in Python and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.cluster import SpectralClustering
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from scorebundle.exporters import check
from scorebundle.runtime.cli import main

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
Y = X[:, 0] > 0


def test_every_step_says_what_it_becomes_and_how_exactly() -> None:
    report = check(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y))
    assert report.ok
    by_step = {step.step: step for step in report.steps}
    assert by_step["standardscaler"].contract == "exact"
    assert "Affine" in by_step["logisticregression"].operators
    assert "BLAS" in by_step["logisticregression"].contract
    assert report.certificate["predict_proba"].rows > 0
    assert "no blockers" in str(report)


def test_blockers_come_with_what_could_be_told() -> None:
    pipeline = make_pipeline(StandardScaler(), SpectralClustering())
    pipeline.steps[0][1].fit(X)
    report = check(pipeline)
    assert [blocker.step for blocker in report.blockers] == ["spectralclustering"]
    assert report.steps[0].step == "standardscaler"
    assert not report.certificate
    assert "1 blockers" in str(report)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.joblib", tmp_path / "bad.joblib"
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), good)
    joblib.dump(make_pipeline(FunctionTransformer(np.unique)).fit(X), bad)
    assert main(["check", str(good)]) == 0
    shown = capsys.readouterr()
    assert "runs the code in it" in shown.err
    assert "standardscaler" in shown.out
    assert main(["check", str(bad), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert not document["ok"]
    assert document["blockers"]


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04K\x01"])
def test_files_that_cannot_be_loaded(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pipeline.joblib"
    path.write_bytes(content)
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.count("scorebundle: error:") == 1
    assert main(["check", str(tmp_path / "none")]) == 2
