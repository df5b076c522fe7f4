"""What the runtime must live without: training libraries, numba once built, places to write."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from scorebundle.exporters import export_bundle
from scorebundle.runtime import library
from scorebundle.runtime.kernels import codes, elementwise
from scorebundle.runtime.store import Store, linker, stores

GOLDEN = Path(__file__).parent / "golden"

SCORE = """
import json, sys, numpy as np
from pathlib import Path
blocked = {"sklearn", "xgboost", "scipy", "pandas", "polars", "pyarrow", "lxml", "joblib"}
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked | set(sys.argv[2].split(",")):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Wall())
from scorebundle.runtime import Runtime, library
rows = 0
for path in sorted(Path(sys.argv[1]).glob("*.zip")):
    rows += Runtime.load(path, verify=True).verify()
loaded = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({"rows": rows, "tier": library.load().tier, "notes": library.load().notes,
                  "numba": "numba" in loaded, "llvmlite": "llvmlite" in loaded,
                  "lxml": "lxml" in loaded}))
"""


def score(folder: Path, block: str = "", **environment: str) -> dict[str, Any]:
    """Verify every bundle of a folder in a process that cannot import the blocked modules."""
    result = subprocess.run(
        [sys.executable, "-c", SCORE, str(folder), block],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    X = np.random.default_rng(0).normal(size=(40, 3))
    export_bundle(LogisticRegression().fit(X, X[:, 0] > 0), folder / "linear.zip")
    return folder


def test_golden_bundles_score_without_any_training_library() -> None:
    answer = score(GOLDEN)
    assert answer["rows"] > 0
    assert not answer["lxml"]


@pytest.mark.skipif(linker() is None, reason="without a C linker the best tier is not built")
def test_built_kernels_need_neither_numba_nor_llvmlite(models: Path) -> None:
    library.load()
    answer = score(models, "numba,llvmlite")
    assert answer["tier"] == "shared library"


def object_code_alone(folder: Path) -> Path:
    """A store that holds the object code, but no shared library."""
    key = library.build_key()
    built = next((s for s in stores() if s.find(key, "o", [])), None)
    assert built is not None, "the first process on this machine builds the kernels"
    folder.mkdir(mode=0o700)
    code = Path(built.folder, f"{key}.o").read_bytes()
    digests = json.loads(Path(built.folder, f"{key}.json").read_text())
    (folder / f"{key}.o").write_bytes(code)
    (folder / f"{key}.json").write_text(json.dumps({"o": digests["o"]}))
    return folder


def test_object_code_is_the_tier_without_a_linker(models: Path, tmp_path: Path) -> None:
    store = object_code_alone(tmp_path / "store")
    answer = score(models, "numba", SCOREBUNDLE_CACHE=str(store), PATH="", CC="")
    assert answer["tier"] == "object code"


@pytest.mark.skipif(linker() is None, reason="there is no C linker to find")
def test_linker_that_came_later_is_used(models: Path, tmp_path: Path) -> None:
    store = object_code_alone(tmp_path / "store")
    answer = score(models, "numba,llvmlite", SCOREBUNDLE_CACHE=str(store))
    assert answer["tier"] == "shared library"


def test_without_a_store_numba_compiles_in_memory(models: Path) -> None:
    answer = score(models, SCOREBUNDLE_CACHE="/proc/no/such/folder")
    assert answer["tier"] == "in memory"
    assert "cannot be made" in answer["notes"][0]


@pytest.mark.parametrize("damage", ["cut", "flipped", "no listing", "listing is text"])
def test_damaged_store_only_costs_time(tmp_path: Path, damage: str) -> None:
    store = Store(str(tmp_path / "store"))
    assert store.usable([])
    (tmp_path / "store" / "key.so").write_bytes(b"machine code")
    listing = tmp_path / "store" / "key.json"
    listing.write_text(json.dumps({"so": "0" * 64}))
    if damage == "no listing":
        listing.unlink()
    elif damage == "listing is text":
        listing.write_text("{")
    notes: list[str] = []
    assert store.find("key", "so", notes) is None
    assert bool(notes) == (damage != "no listing")


def test_store_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    notes: list[str] = []
    assert not Store(str(folder)).usable(notes)
    assert "others may write" in notes[0]


def test_op_codes_are_those_of_the_kernels() -> None:
    for name, code in codes.UNARY.items():
        assert getattr(elementwise, name.upper()) == code


def test_prebuilt_kernels_are_those_of_the_newest_level_that_the_cpu_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = library.load()
    if built.tier != "shared library":
        pytest.skip("there is no linker here, so that nothing can be shipped")
    code = Path(built.origin).read_bytes()
    tmp_path.chmod(0o700)
    for level in ("x86-64-v2", "x86-64-v3"):
        key = library.portable_key(level)
        (tmp_path / f"{key}.so").write_bytes(code)
        (tmp_path / f"{key}.so").chmod(0o700)
        listing = json.dumps({"so": hashlib.sha256(code).hexdigest()})
        (tmp_path / f"{key}.json").write_text(listing)
    monkeypatch.setattr(library, "PREBUILT", str(tmp_path))
    for own, taken in (
        ("x86-64-v4", "x86-64-v3"),
        ("x86-64-v3", "x86-64-v3"),
        ("x86-64-v2", "x86-64-v2"),
        ("x86-64", None),
        ("generic", None),
    ):
        monkeypatch.setattr(library, "cpu_level", lambda own=own: own)
        found = library._prebuilt([])
        assert (found is None) == (taken is None)
        if found and taken:
            assert found.origin.endswith(f"{taken}.so")
    # A damaged file is passed over, and the next level is taken.
    (tmp_path / f"{library.portable_key('x86-64-v3')}.so").write_bytes(b"damaged")
    monkeypatch.setattr(library, "cpu_level", lambda: "x86-64-v3")
    notes: list[str] = []
    found = library._prebuilt(notes)
    assert found is not None
    assert found.origin.endswith("x86-64-v2.so")
    assert notes
