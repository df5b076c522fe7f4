"""docs/extending.md: its plug-in, installed as it says, exports and scores."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scorebundle.bundle import Bundle, BundleError

TEXT = (Path(__file__).parent.parent / "docs" / "extending.md").read_text()
FILES = dict(re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```", TEXT, flags=re.M | re.S))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder that a distribution was installed in."""
    for name, content in FILES.items():
        if name.endswith(".py"):
            (tmp_path / name).write_text(content)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(FILES["entry_points.txt"])
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(folder), *sys.path])
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_plug_in_works_and_is_needed(installed: Path) -> None:
    done = run(installed, "use.py")
    assert done.returncode == 0, done.stderr
    shown = run(installed, "-m", "scorebundle.runtime", "inspect", "softened.zip")
    assert "acme.Soften" in shown.stdout, shown.stderr
    with pytest.raises(BundleError, match=r"needs the plug-in 'acme'"):
        Bundle.open(installed / "softened.zip").graph  # noqa: B018  read when asked for


def test_the_operators_rules_hold_for_files(installed: Path) -> None:
    script = """
import numpy as np
from acme_operators import Soften
from scorebundle.bundle.errors import Violation
try:
    Soften(np.array([0.0]))
except Violation as broken:
    print(broken)
"""
    assert "must be positive" in run(installed, "-c", script).stdout


def test_two_plug_ins_of_one_name_are_refused(installed: Path) -> None:
    other = installed / "other-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text("[scorebundle.operators]\nacme = other_operators\n")
    done = run(installed, "use.py")
    assert done.returncode != 0
    assert "all claim to be the plug-in 'acme'" in done.stderr
