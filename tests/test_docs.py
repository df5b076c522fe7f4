"""Public examples in the documents run as printed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from .servers import Server

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(), flags=re.M | re.S)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(path), "exec"), names)
    if path.name == "README.md":
        assert os.path.exists("model.zip")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_commands_of_the_serving_guide_print_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "serving.md").read_text()
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"^```python\n(.*?)^```", text, flags=re.M | re.S):
        exec(compile(block, "serving.md", "exec"), {})
    server = Server("--model-root", str(tmp_path / "models"), "--state", str(tmp_path / "state"))
    commands = 0
    try:
        for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.M | re.S):
            for command, wanted in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.M):
                command = command.replace("localhost:65327", f"127.0.0.1:{server.port}")
                shown = subprocess.run(
                    command.replace("curl", "curl -s"),
                    shell=True,
                    executable="/bin/bash",
                    capture_output=True,
                    text=True,
                    check=False,
                )
                pattern = re.escape(wanted.strip()).replace("…", ".*")
                assert re.fullmatch(pattern, shown.stdout.strip(), flags=re.S), (
                    command,
                    shown.stdout,
                    shown.stderr,
                )
                commands += 1
    finally:
        server.stop()
    assert commands > 30
