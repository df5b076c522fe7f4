"""The benchmark's harness on one tiny model: results, page and resumption come out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "run.py"
PEERS = ("scorebundle", "scikit-learn", "xgboost inplace", "treelite GTIL")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results and cache of one quick run."""
    results, cache = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("cache")
    run(results, cache)
    return results, cache


def run(results: Path, cache: Path) -> str:
    """What a quick run prints."""
    chosen = [part for peer in PEERS for part in ("--peer", peer)]
    command = [sys.executable, str(SCRIPT), "--quick", "--model", "tiny", *chosen]
    done = subprocess.run(
        [*command, "--out", str(results)],
        env={**os.environ, "BENCH_CACHE": str(cache)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tiny(results: Path) -> Any:
    """The model's results."""
    return json.loads((results / "results.json").read_text())["tiny"]


def test_every_cell_is_compared_and_timed(folders: tuple[Path, Path]) -> None:
    found = tiny(folders[0])
    assert "failed" not in found
    timed = {(cell["peer"], cell["view"], cell["rows"]) for cell in found["cells"]}
    for peer in PEERS[:3]:
        assert found["peers"][peer]["status"] == "ok"
        assert timed >= {(peer, "float32", 1), (peer, "float32", 100), (peer, "dict", 1)}
    checks = found["peers"]["scorebundle"]["checks"]
    assert [check["identical"] for check in checks] == [True] * 3
    assert all(cell["q1"] <= cell["median"] <= cell["q3"] for cell in found["cells"])
    assert all(0 < cell["p50"] <= cell["p99"] for cell in found["cells"] if cell["rows"] == 1)


def test_a_peer_that_is_not_there_is_shown_with_the_reason(folders: tuple[Path, Path]) -> None:
    note = tiny(folders[0])["peers"]["treelite GTIL"]
    assert note["status"] == "ok" or "treelite" in note["reason"]


def test_the_page_stands_alone_and_names_no_place_of_this_machine(
    folders: tuple[Path, Path],
) -> None:
    page = (folders[0] / "index.html").read_text()
    assert "xgboost inplace" in page
    assert "not judged" in page  # goals whose models were not measured are rows all the same
    assert "http" not in page
    assert 'src="/' not in page
    for place in (str(Path.home()), os.uname().nodename, str(folders[1])):
        assert place not in page or len(place) < 4


def test_what_is_measured_is_not_measured_again(folders: tuple[Path, Path]) -> None:
    path = folders[0] / "tasks" / "tiny.json"
    before = path.stat().st_mtime_ns
    assert "measured already" in run(*folders)
    assert path.stat().st_mtime_ns == before
