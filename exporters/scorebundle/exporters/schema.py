"""The input table of a fitted pipeline: names, order and dtypes of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle import Blocker, ExportError, InputError
from scorebundle.bundle.graph import CATEGORY_INPUTS, NUMERIC_INPUTS, Graph
from scorebundle.bundle.verification import Column
from scorebundle.runtime.cells import cells
from scorebundle.runtime.rows import read
from scorebundle.runtime.values import categories, numbers

from .registry import Front, front_of

REMEDY = "pass rows like those it was fitted on; functions may ask text for ==, .isin(), .fillna()"

LEARNED = ("coef_", "min_", "scale_", "center_", "components_", "X_thresholds_")
"""Fitted arrays that have the dtype of the training rows, where that was a float."""

SKIPPED = (None, "passthrough")
INNER = ("best_estimator_", "estimator_", "regressor_", "estimator")
"""Where estimators keep the one that they hand their rows to."""


class InputTable(NamedTuple):
    """What is known of the input columns.

    Attributes:
        names: in order.
        named: whether the pipeline was fitted on a DataFrame.
        dtypes: of numeric columns that real rows show not to be float64.
        categories: of columns that real rows hold as pandas categoricals.
        form: `table`, or what the first step takes instead (`registry.Front`).
    """

    names: tuple[str, ...]
    named: bool
    dtypes: dict[str, str]
    categories: dict[str, list[Any]]
    form: str = "table"

    def columns(self, X: Any, graph: Graph) -> dict[str, Column]:
        """Real rows as columns of the graph's input types."""
        items = [name for name, kind in graph.inputs if kind == "items"]
        table = read(_columns_of(X, graph) if self.form == "dicts" else X, self.names, items)
        result: dict[str, Column] = {}
        for name, kind in graph.inputs:
            if name not in self.names:  # an extra input, which the rows do not bring
                result[name] = np.zeros(table.rows, kind)
            elif name not in table.columns:
                raise ExportError([Blocker("", f"X has no column {name!r}", REMEDY)])
            elif kind != "any":
                try:
                    result[name] = _column(table.columns[name], kind)
                except InputError as error:
                    problem = f"column {name!r} of X {'; '.join(error.problems)}"
                    raise ExportError([Blocker("", problem, REMEDY)]) from None
        return result

    def whole(self, X: Any, graph: Graph) -> dict[str, Any]:
        """Columns of whole numbers and truth values that are read as numbers, as X holds them: all
        columns of an array of such, or some of a DataFrame."""
        if self.form != "table":
            return {}
        if isinstance(X, np.ndarray):
            whole = X.dtype.kind in "biu" and X.ndim == 2
            return dict(zip(self.names, X.T, strict=True)) if whole else {}
        if not hasattr(X, "iloc") or not hasattr(X, "dtypes"):
            return {}
        numeric = {name for name, kind in graph.inputs if kind in NUMERIC_INPUTS}
        return {
            str(name): X.iloc[:, place].array
            for place, (name, kind) in enumerate(zip(X.columns, X.dtypes, strict=True))
            if str(name) in numeric and getattr(kind, "kind", "O") in "biu"
        }


def _column(column: Any, kind: str) -> Column:
    if kind in CATEGORY_INPUTS:
        return categories(column, kind)
    return cells(column) if kind == "items" else numbers(column, kind)


def _columns_of(rows: Any, graph: Graph) -> dict[str, list[Any]]:
    """Dicts of any keys as columns: an absent number is 0, an absent word is missing."""
    return {
        name: [row.get(name, None if kind in CATEGORY_INPUTS else 0.0) for row in rows]
        for name, kind in graph.inputs
    }


def unwrapped(pipeline: Any) -> Any:
    """The estimator behind a search."""
    return getattr(pipeline, "best_estimator_", pipeline)


def input_table(pipeline: Any, X: Any) -> InputTable:
    """Names from the fitted pipeline, else from X, else x0, x1, …

    Raises:
        ExportError: if not even the number of columns is known.
    """
    _refuse_float16(X)
    front = _first_front(pipeline)
    if front is not None:
        named = getattr(X, "name", None) if len(getattr(X, "shape", ())) == 1 else None
        given = front.names if named is None else (str(named),)
        return InputTable(given, False, {}, {}, front.form)
    names = _fitted_names(pipeline)
    if names is None and X is not None and hasattr(X, "columns"):
        names = tuple(str(name) for name in X.columns)
    if names is not None:
        return InputTable(names, True, _dtypes(names, pipeline, X), _categories(X))
    count = _fitted_count(pipeline)
    if count is None and X is not None:
        count = np.shape(X)[1]
    if count is None:
        raise ExportError([_unknown(pipeline)])
    names = tuple(f"x{i}" for i in range(count))
    return InputTable(names, False, _dtypes(names, pipeline, X), {})


def _first_front(pipeline: Any) -> Front | None:
    """What the first step takes, if it is not a table with names."""
    for part in _front(pipeline):
        if getattr(part, "feature_names_in_", None) is not None:
            return None
        front = front_of(part)
        if front is not None:
            return front
    return None


def _refuse_float16(X: Any) -> None:
    kinds = getattr(X, "dtypes", None)
    kinds = [X.dtype] if hasattr(X, "dtype") else list(kinds if kinds is not None else ())
    if any(str(kind) in ("float16", "Float16") for kind in kinds):
        problem = "scikit-learn computes float16 rows in float16, which a bundle does not"
        raise ExportError([Blocker("", problem, "train on float32 or float64")])


def _unknown(pipeline: Any) -> Blocker:
    if getattr(pipeline, "refit", True) is False:
        return Blocker("", "refit=False leaves no best_estimator_", "set refit=True and fit again")
    return Blocker(
        "",
        "the number of input columns is not known: it is not fitted, or no step looked at them",
        "fit it, or pass some rows as X=",
    )


def _dtypes(names: tuple[str, ...], pipeline: Any, X: Any) -> dict[str, str]:
    """Columns that are float32: as X has them, else if the pipeline learned float32 arrays."""
    if isinstance(X, np.ndarray):
        return dict.fromkeys(names, "float32") if X.dtype == np.float32 else {}
    if X is not None and hasattr(X, "dtypes"):
        kinds = zip(X.columns, X.dtypes, strict=True)
        return {str(name): "float32" for name, kind in kinds if str(kind).lower() == "float32"}
    return dict.fromkeys(_learned_float32(pipeline, names), "float32")


def _learned_float32(pipeline: Any, names: Sequence[str]) -> Sequence[str]:
    """Columns of which what sees them as they come learned float32 arrays: from nothing but such
    columns. Where that is all that was learned, it goes for the other columns as well.

    Later steps say nothing: what is before them may have made float32 of any rows, as a
    KBinsDiscretizer or GradientBoosting before its init_ do. Nor do XGBoost's estimators, which
    compute in float32 whatever they are given.
    """
    narrow, wide = set[str](), set[str]()
    for part, columns in _first(pipeline, names):
        if type(part).__module__.startswith("sklearn"):
            kinds = {getattr(getattr(part, name, None), "dtype", None) for name in LEARNED}
            narrow |= set(columns) if np.dtype(np.float32) in kinds else set()
            wide |= set(columns) if np.dtype(np.float64) in kinds else set()
    if narrow and not wide:
        return names
    return [name for name in names if name in narrow - wide]


def _first(pipeline: Any, names: Sequence[str]) -> list[tuple[Any, Sequence[str]]]:
    """The pipeline, and all estimators inside it that see its input first, however deep; and the
    columns that each sees."""
    found: list[tuple[Any, Sequence[str]]] = []
    pending = [(pipeline, names)]
    while pending:
        part, seen = pending.pop()
        found.append((part, seen))
        places = getattr(part, "_transformer_to_input_indices", {})
        pending += [
            (step, [seen[i] for i in places.get(name, range(len(seen)))])
            for name, step, *_ in getattr(part, "transformers_", ())
        ]
        steps = [step for _, step in getattr(part, "steps", ()) if step not in SKIPPED]
        inside = steps[:1] + [step for _, step in getattr(part, "transformer_list", ())]
        inside += [getattr(part, name) for name in INNER if hasattr(part, name)]
        member = getattr(part, "estimators_", getattr(part, "calibrated_classifiers_", ()))
        while isinstance(member, (list, tuple, np.ndarray)):
            member = member[0] if len(member) else None
        inside += [] if member is None else [member]
        pending += [(step, seen) for step in inside]
    return found


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
        if count is None and hasattr(part, "X_thresholds_"):
            count = 1  # IsotonicRegression
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
    for name in ("estimator_", "regressor_", "estimator"):
        if hasattr(pipeline, name):
            found += _front(getattr(pipeline, name))
    for each in list(getattr(pipeline, "estimators_", ()))[:1]:
        found += _front(each)
    for _, step in getattr(pipeline, "transformer_list", ()):
        if step not in ("drop", "passthrough"):
            found += _front(step)
            break
    return found
