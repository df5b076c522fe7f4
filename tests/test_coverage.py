"""No estimator of scikit-learn is forgotten: each has a row in the table, or a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils import all_estimators

from scorebundle.exporters.registry import exporter_of

from .estimators import cases
from .estimators.scope import OUT_OF_SCOPE


def inside(estimator: Any) -> Iterator[Any]:
    """An estimator and all that its parameters hold."""
    if isinstance(estimator, BaseEstimator):
        yield estimator
        for value in vars(estimator).values():
            yield from inside(value)
    elif isinstance(estimator, (list, tuple)):
        for item in estimator:
            yield from inside(item)


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    """Every estimator in the table, alone or inside another, by its class's name."""
    return {type(each).__name__: each for case in cases() for each in inside(case.estimator)}


def test_every_estimator_is_in_the_table(table: dict[str, Any]) -> None:
    known = {name for name, _ in all_estimators()}
    missing = known - set(table) - set(OUT_OF_SCOPE)
    assert not missing, f"without a row in tests/estimators or a reason here: {sorted(missing)}"


def test_every_estimator_has_a_row_of_its_own() -> None:
    """The page of coverage files a row under its estimator, not under what that holds."""
    own = {type(case.estimator).__name__ for case in cases()}
    known = {name for name, _ in all_estimators()}
    assert known - own == set(OUT_OF_SCOPE)


def test_what_is_in_the_table_has_an_exporter(table: dict[str, Any]) -> None:
    without = [name for name, each in table.items() if exporter_of(each) is None]
    assert not without


def test_the_exceptions_are_none(table: dict[str, Any]) -> None:
    done = set(OUT_OF_SCOPE) & set(table)
    assert not done, f"exported, and still listed as an exception: {sorted(done)}"
