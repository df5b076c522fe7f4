"""Pipelines drawn at random from the whole table: never silently wrong."""

from __future__ import annotations

from .random_pipelines import run
from .zoo import TASKS, zoo


def test_the_zoo_is_the_table() -> None:
    assert set(zoo()) >= {"numeric", "words", *TASKS}


def test_random_pipelines_never_differ_silently() -> None:
    result = run(count=400, seconds=60)
    print(result.report())
    assert not result.kinds["silent"], result.report()
    assert not result.kinds["crashed"], result.report()
    assert result.kinds["equal"] >= 5, result.report()
