"""Options of the test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full`: the long form of tests that are a short slice otherwise."""
    parser.addoption("--full", action="store_true", help="run long tests at full length")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether long tests run at full length."""
    return bool(request.config.getoption("--full"))
