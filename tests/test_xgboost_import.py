"""Model files of every XGBoost since 1.7, read with and without the library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from scorebundle.bundle import Bundle, ExportError
from scorebundle.bundle.errors import Violation
from scorebundle.exporters import import_model
from scorebundle.exporters.xgboost import saved, ubjson
from scorebundle.exporters.xgboost.model import document, read
from scorebundle.runtime import Runtime
from scorebundle.runtime.cli import main

GOLDEN = Path(__file__).parent / "golden" / "xgboost"
FILES = sorted(GOLDEN.glob("*/*.ubj")) + sorted(
    path for path in GOLDEN.glob("*/*.json") if path.name != "answers.json"
)
IDS = [f"{path.parent.name}-{path.stem}" for path in FILES]


def answers(path: Path) -> tuple[Any, dict[str, Any]]:
    """The rows, and what the version that saved the model predicted for them."""
    stored = json.loads((path.parent / "answers.json").read_text())
    rows = np.array(stored["rows"], np.float64).astype(np.float32)
    if path.stem == "categories":
        rows[:, 2] = np.arange(len(rows)) % 8
    return rows, stored["models"][path.name]


def assert_answers(bundle: Bundle, path: Path, units: int) -> None:
    rows, expected = answers(path)
    scores = Runtime(bundle.graph).score(rows)
    for name, wanted in expected.items():
        got = np.asarray(scores[name])
        wanted = np.asarray(wanted, got.dtype).reshape(got.shape)
        if name == "predict" and got.dtype.kind != "f":
            np.testing.assert_array_equal(got, wanted)
        else:
            np.testing.assert_array_max_ulp(got, wanted, units)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_read_without_the_library(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a booster to ask, the start may be off by the unit that libms differ by."""
    monkeypatch.setattr(saved, "find_spec", lambda name: None)
    bundle = import_model(path)
    assert_answers(Bundle.open(bundle.to_bytes()), path, 8)
    certificate = bundle.manifest.certificate["predict"]
    assert certificate.rows == 0
    assert "xgboost was not installed" in certificate.contract
    Runtime.load(bundle.to_bytes(), verify=True)


def _release(version: str) -> list[int]:
    return [int(part) for part in version.split(".")[:2]]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_read_and_proven_with_the_library(path: Path) -> None:
    bundle = import_model(path)
    same = path.parent.name == xgboost.__version__
    newer = _release(path.parent.name) > _release(xgboost.__version__)
    compared = same or (path.stem != "vectors" and not newer)
    assert (bundle.manifest.certificate["predict"].rows > 0) == compared
    assert_answers(bundle, path, 4)


def test_import_needs_no_xgboost(tmp_path: Path) -> None:
    """In a process in which the library cannot be imported."""
    script = """
import sys
sys.modules["xgboost"] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "xgboost" else found(name, *a)
from scorebundle.runtime.cli import main
sys.exit(main(sys.argv[1:]))
"""
    model = GOLDEN / "2.0.3" / "binary.ubj"
    target = tmp_path / "model.zip"
    done = subprocess.run(
        [sys.executable, "-c", script, "import", str(model), "-o", str(target)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "not compared with the library" in done.stdout
    assert_answers(Bundle.open(target), model, 8)


def test_import_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "model.zip"
    model = GOLDEN / "2.1.4" / "stopped.json"
    assert main(["import", str(model), "-o", str(target), "--extra", "apply"]) == 0
    assert "rows compared" in capsys.readouterr().out
    bundle = Bundle.open(target)
    assert bundle.name == "stopped"
    assert bundle.manifest.libraries == {"xgboost": "2.1.4"}
    assert bundle.manifest.source == "xgboost.XGBClassifier"
    assert main(["import", str(tmp_path / "none.json"), "-o", str(target)]) == 2
    (tmp_path / "bad.json").write_text("{}")
    assert main(["import", str(tmp_path / "bad.json"), "-o", str(target)]) == 2
    assert "not the document of an XGBoost model" in capsys.readouterr().err


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    data = (GOLDEN / "3.0.5" / "binary.ubj").read_bytes()
    for end in range(0, len(data), 7):
        with pytest.raises(ExportError):
            saved.SavedModel(data[:end])


def test_changed_bytes_never_crash() -> None:
    """They are refused, or change numbers of the model; nothing loops or reads out of bounds."""
    data = (GOLDEN / "3.0.5" / "binary.ubj").read_bytes()
    random = np.random.default_rng(0)
    for _ in range(300):
        changed = bytearray(data)
        changed[random.integers(len(data))] = random.integers(256)
        try:
            read(document(bytes(changed)))
        except Violation:
            continue


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "ends early"),
        (b"{", "ends early"),
        (b"[$d#i\x05ab", "ends early"),
        (b"[$d", "must state its length"),
        (b"[#i\xff", "cannot be"),
        (b"[#d\x00\x00\x00\x00", "length must be an integer"),
        (b"Si\x01\xff", "not UTF-8"),
        (b"{i\x01aTi\x01aT}", "twice"),
        (b"TT", "after the end"),
        (b"q", "not known"),
        (b"[" * 50, "nested deeper"),
    ],
)
def test_broken_ubjson(data: bytes, rule: str) -> None:
    with pytest.raises(Violation, match=rule):
        ubjson.parse(data)


def test_ubjson_of_every_type() -> None:
    parts = (
        b"[ZTFi\xffU\xffI\x01\x00l\x00\x01\x00\x00D\x3f\xf0"
        + bytes(6)
        + b"CaSi\x01b[$U#i\x02\x01\x02N]"
    )
    *plain, array = ubjson.parse(parts)
    assert plain == [None, True, False, -1, 255, 256, 65536, 1.0, "a", "b"]
    assert array.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"left_children": [0, -1, -1]}, "do not form a tree"),
        ({"left_children": [2, -1, -1]}, "do not form a tree"),
        ({"left_children": [9, -1, -1]}, "do not form a tree"),
        ({"right_children": [2, -1]}, "differ in length"),
        ({"split_indices": [7, 0, 0]}, "does not exist"),
        ({"left_children": "x"}, "not the document"),
    ],
    ids=str,
)
def test_broken_trees_are_refused(change: dict[str, Any], rule: str) -> None:
    broken = json.loads((GOLDEN / "2.0.3" / "dart.json").read_bytes())
    booster = broken["learner"]["gradient_booster"]["gbtree"]["model"]
    tree = {
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0],
        "split_conditions": [0.5, 1.0, 2.0],
        "default_left": [0, 0, 0],
        "tree_param": {"size_leaf_vector": "1"},
    }
    booster["trees"][0] = {**tree, **change}
    with pytest.raises(Violation, match=rule):
        read(broken)
