"""Kernels are built in parts, so that no model waits for what it does not need."""

from __future__ import annotations

import pytest

from scorebundle.runtime import library
from scorebundle.runtime.kernels import build
from scorebundle.runtime.kernels.parts import BEYOND, PART_OF, PARTS
from scorebundle.runtime.kernels.registry import all_kernels


@pytest.mark.parametrize("part", BEYOND)
def test_the_kernels_of_a_part_are_listed(part: str) -> None:
    """Where a kernel is must be known without numba."""
    assert build.names(part) == ["execute", *sorted(BEYOND[part])]


def test_all_other_kernels_are_in_core() -> None:
    own = {name for name in all_kernels() if "." not in name}  # a plug-in's have a dot
    assert {*build.names("core")} == {"execute", *own} - {*PART_OF}


def test_each_part_has_words_for_its_build() -> None:
    assert {*library.WORDS} == {*PARTS}
