"""Uploads are opened in a process of their own, whatever they do there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scorebundle.bundle import BundleError
from scorebundle.serving.models.checker import Checker, Report

from .servers import FIRST_BUNDLE, Server, environment, put


@pytest.fixture
def path(tmp_path: Path) -> str:
    FIRST_BUNDLE.save(tmp_path / "a.zip")
    return str(tmp_path / "a.zip")


@pytest.fixture
def checker() -> Iterator[Checker]:
    made = Checker()
    yield made
    made.close()


def test_good_and_bad(checker: Checker, path: str, tmp_path: Path) -> None:
    assert checker.check(path) == Report("1.0", FIRST_BUNDLE.digest)
    (tmp_path / "bad.zip").write_bytes(b"x")
    with pytest.raises(BundleError, match="is not a zip file"):
        checker.check(str(tmp_path / "bad.zip"))
    with pytest.raises(BundleError, match="FileNotFoundError"):
        checker.check(str(tmp_path / "none.zip"))
    assert checker.check(path).digest == FIRST_BUNDLE.digest


def eats_memory(path: str) -> dict[str, str]:
    return {"error": str(len(bytearray(1 << 30)))}


def crashes(path: str) -> dict[str, str]:
    os.abort()


def loops(path: str) -> dict[str, str]:
    while True:
        pass


@pytest.mark.parametrize("provoked", [eats_memory, crashes, loops])
def test_what_a_file_provokes_ends_in_the_child(
    path: str, provoked: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The checker is forked from this process, and takes the change with it.
    monkeypatch.setattr("scorebundle.serving.models.checker._opened", provoked)
    checker = Checker(memory=1 << 28, seconds=1)
    try:
        for _ in range(2):
            with pytest.raises(BundleError, match="cannot be opened within 1 seconds and"):
                checker.check(path)
    finally:
        checker.close()


def test_a_checker_that_is_killed_is_replaced(checker: Checker, path: str) -> None:
    os.kill(checker._pid, signal.SIGKILL)
    assert checker.check(path).digest == FIRST_BUNDLE.digest


def test_two_servers_cannot_share_a_state_directory(tmp_path: Path) -> None:
    server = Server("--state", str(tmp_path))
    try:
        assert put(server, FIRST_BUNDLE, "a").status_code == 201
        command = [sys.executable, "-m", "scorebundle.serving", "--state", str(tmp_path)]
        second = subprocess.run(
            [*command, "--port", "0"],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert second.returncode == 2
        assert "is used by another server" in second.stderr
    finally:
        server.stop()
