"""PMML through every door: Runtime.load, the command line, bundle-serve's checker."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scorebundle.bundle import Bundle
from scorebundle.runtime import Runtime
from scorebundle.runtime.cli import main
from scorebundle.serving.models.checker import Checker

from .pmml_documents import GOLF, GOLF_FIELDS, VERIFIED, document

ROW = {"temperature": 75.0, "humidity": 90.0, "windy": "false", "outlook": "sunny"}


@pytest.fixture
def golf(tmp_path: Path) -> Path:
    path = tmp_path / "golf.pmml"
    path.write_bytes(document(GOLF, GOLF_FIELDS))
    return path


def test_a_path_bytes_and_a_file_are_told_apart_by_content(golf: Path) -> None:
    marked = b"\xef\xbb\xbf" + golf.read_bytes()
    with golf.open("rb") as file:
        for source in (golf, str(golf), golf.read_bytes(), marked, file):
            assert Runtime.load(source).predict(ROW).tolist() == ["no play"]


def test_import_writes_a_bundle(golf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = golf.with_suffix(".zip")
    assert main(["import", str(golf), "-o", str(target), "--name", "play"]) == 0
    assert "play" in capsys.readouterr().out
    bundle = Bundle.open(target)
    bundle.check()
    assert bundle.name == "play"
    assert bundle.manifest.source == "PMML 4.4"
    assert Runtime.load(target).predict(ROW).tolist() == ["no play"]


def test_import_refuses_in_one_line(golf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    golf.write_bytes(golf.read_bytes().replace(b'"lessThan"', b'"near"', 1))
    assert main(["import", str(golf), "-o", str(golf.with_suffix(".zip"))]) == 2
    error = capsys.readouterr().err
    assert "SimplePredicate (line 9): operator 'near' is not known" in error
    assert error.count("\n") == 1
    assert not golf.with_suffix(".zip").exists()


def test_score_and_verify_take_pmml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, table, result = (tmp_path / name for name in ("m.pmml", "rows.csv", "scores.csv"))
    model.write_bytes(document(VERIFIED.format("7"), {"x": "double", "y": "double"}))
    table.write_text("x\n1.5\n\n-2\n")
    assert main(["score", str(model), str(table), "-o", str(result), "--select", "y"]) == 0
    with result.open() as file:
        assert [row["y"] for row in csv.DictReader(file)] == ["4.0", "-3.0"]
    assert main(["verify", str(model)]) == 0
    assert "1 rows agree" in capsys.readouterr().out
    model.write_bytes(document(VERIFIED.format("8"), {"x": "double", "y": "double"}))
    assert main(["verify", str(model)]) == 1


def test_the_server_keeps_a_bundle_of_it(golf: Path) -> None:
    checker = Checker()
    try:
        report = checker.check(str(golf))
    finally:
        checker.close()
    kept = Bundle.open(golf)  # parsed in the checking process alone
    assert (report.version, report.digest) == (kept.version, kept.digest)
    assert Runtime.load(kept).predict(ROW).tolist() == ["no play"]


def test_a_bundle_needs_no_lxml() -> None:
    program = "import sys, scorebundle.runtime; print('lxml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


def test_every_process_reads_a_document_alike(golf: Path) -> None:
    golf.write_bytes(golf.read_bytes().replace(b'name="windy" dataType="string"', BOOLEAN))
    code = (
        "import sys; from scorebundle.pmml.reader import read_graph;"
        "graph = read_graph(open(sys.argv[1], 'rb').read());"
        "print([(n.op.attributes(), n.inputs, n.output) for n in graph.nodes])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(golf)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(found) == 1


BOOLEAN = b'name="windy" dataType="boolean"'
