"""The table on older releases of scikit-learn: rows of what they lack are skipped by name."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import sklearn

from .case import Case


class Lacking:
    """Stands for a class that this release does not have; fitting it skips the test."""

    name = ""

    def __init__(self, *values: Any, **options: Any) -> None:
        pass

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """What clone asks for."""
        return {}

    def fit(self, X: Any, y: Any = None, **options: Any) -> Any:
        """Skip, naming the class."""
        pytest.skip(f"scikit-learn {sklearn.__version__} has no {self.name}")

    fit_transform = transform = predict = fit


def imported(name: str) -> Any:
    """Import a file of rows; classes that it imports in vain are stood for."""
    while True:
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith("sklearn"):
                raise
            sys.modules[error.name] = ModuleType(error.name)
        except ImportError as error:
            found = re.match(r"cannot import name '(\w+)' from '(sklearn[\w.]*)'", str(error))
            if found is None:
                raise
            lacked, module = found.groups()
            setattr(sys.modules[module], lacked, type(lacked, (Lacking,), {"name": lacked}))


def until_unknown(file: str, rows: Iterator[Case]) -> Iterator[Case]:
    """The rows of a file; one that names an option unknown here ends it with a row to skip."""
    try:
        yield from rows
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        lacking = type("Lacking", (Lacking,), {"name": f"option of {file}: {error}"})
        yield Case(f"{file}: {error}", lacking(), "two classes")
