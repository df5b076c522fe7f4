"""The input table of a fitted pipeline: names, order and dtypes of its columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle import Blocker, ExportError
from scorebundle.bundle.graph import CATEGORY_INPUTS, Graph
from scorebundle.bundle.verification import Column
from scorebundle.runtime.rows import categories, numbers, read

STORED = {"float32": "float32", "int64": "int64", "int32": "int64", "int16": "int64"}


class InputTable(NamedTuple):
    """What is known of the input columns.

    Attributes:
        names: in order.
        named: whether the pipeline was fitted on a DataFrame.
        dtypes: of numeric columns that real rows show not to be float64.
        categories: of columns that real rows hold as pandas categoricals.
    """

    names: tuple[str, ...]
    named: bool
    dtypes: dict[str, str]
    categories: dict[str, list[Any]]

    def columns(self, X: Any, graph: Graph) -> dict[str, Column]:
        """Real rows as columns of the graph's input types."""
        table = read(X, self.names)
        result: dict[str, Column] = {}
        for name, kind in graph.inputs:
            if kind in CATEGORY_INPUTS:
                result[name] = categories(table.columns[name], kind)
            elif kind != "any":
                result[name] = numbers(table.columns[name], kind)
        return result


def unwrapped(pipeline: Any) -> Any:
    """The estimator behind a search."""
    return getattr(pipeline, "best_estimator_", pipeline)


def input_table(pipeline: Any, X: Any) -> InputTable:
    """Names from the fitted pipeline, else from X, else x0, x1, …

    Raises:
        ExportError: if not even the number of columns is known.
    """
    names = _fitted_names(pipeline)
    if names is not None:
        return InputTable(names, True, _dtypes(names, X), _categories(X))
    if X is not None and hasattr(X, "columns"):
        names = tuple(str(name) for name in X.columns)
        return InputTable(names, True, _dtypes(names, X), _categories(X))
    count = _fitted_count(pipeline)
    if count is None and X is not None:
        count = np.shape(X)[1]
    if count is None:
        raise ExportError([_unknown(pipeline)])
    names = tuple(f"x{i}" for i in range(count))
    dtypes = {}
    if isinstance(X, np.ndarray) and X.dtype.name in STORED:
        dtypes = dict.fromkeys(names, STORED[X.dtype.name])
    return InputTable(names, False, dtypes, {})


def _unknown(pipeline: Any) -> Blocker:
    if getattr(pipeline, "refit", True) is False:
        return Blocker("", "refit=False leaves no best_estimator_", "set refit=True and fit again")
    return Blocker(
        "",
        "the number of input columns is not known: it is not fitted, or no step looked at them",
        "fit it, or pass some rows as X=",
    )


def _dtypes(names: tuple[str, ...], X: Any) -> dict[str, str]:
    if X is None or not hasattr(X, "dtypes"):
        return {}
    kinds = {str(name): str(kind).lower() for name, kind in zip(X.columns, X.dtypes, strict=True)}
    return {name: STORED[kinds[name]] for name in names if kinds.get(name) in STORED}


def _categories(X: Any) -> dict[str, list[Any]]:
    if X is None or not hasattr(X, "dtypes"):
        return {}
    return {
        str(name): kind.categories.tolist()
        for name, kind in zip(X.columns, X.dtypes, strict=True)
        if hasattr(kind, "categories")
    }


def _fitted_names(pipeline: Any) -> tuple[str, ...] | None:
    for part in _front(pipeline):
        names = getattr(part, "feature_names_in_", None)
        if names is None and hasattr(part, "save_raw"):
            names = part.feature_names
        if names is not None:
            return tuple(str(name) for name in names)
    return None


def _fitted_count(pipeline: Any) -> int | None:
    for part in _front(pipeline):
        count = getattr(part, "n_features_in_", None)
        if count is None and hasattr(part, "num_features"):
            count = part.num_features()
        if count is not None:
            return int(count)
    return None


def _front(pipeline: Any) -> list[Any]:
    """The pipeline, and the steps that see its input first."""
    found = [pipeline]
    inner = unwrapped(pipeline)
    if inner is not pipeline:
        found += _front(inner)
    for _, step in getattr(pipeline, "steps", ()):
        if step not in (None, "passthrough"):
            found += _front(step)
            if type(step).__name__ != "FunctionTransformer":
                break
    return found
