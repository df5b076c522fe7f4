"""Bundles written under every supported release load, and score what that release answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from scorebundle.runtime import Runtime

FILES = sorted((Path(__file__).parent / "golden" / "versions").glob("*/*.zip"))


@pytest.mark.parametrize("path", FILES, ids=[f"{p.parent.name}-{p.stem}" for p in FILES])
def test_golden_bundles_of_every_release(path: Path) -> None:
    assert Runtime.load(path).verify() > 0


def test_there_are_some() -> None:
    assert len({path.parent for path in FILES}) >= 3
