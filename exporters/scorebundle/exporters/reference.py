"""The fitted pipeline as a reference: its own answers to probe rows."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.verification import Column, is_missing

CONTRIBUTIONS = ("contribs", "approx_contribs")
"""What XGBoost's columns add to its margins."""

NEIGHBOURS = ("neigh_dist", "neigh_ind")
"""The two parts of what kneighbors returns; an output of a bundle has one dtype."""

Answer = list[Array]
"""One output: its values as (rows, width) arrays; labels as (rows,)."""


class Reference:
    """Asks the fitted pipeline for its outputs.

    Attributes:
        columns: every input column of the pipeline, in order.
        form: what the pipeline takes (`schema.InputTable`).
        categoricals: columns that the pipeline wants as pandas categoricals, with categories.
        missing: category columns whose missing values are handed over as None, or as NaN.
        alone: whether each row is asked for by itself.
    """

    def __init__(
        self,
        pipeline: Any,
        columns: Sequence[str],
        named: bool,
        categoricals: Mapping[str, Sequence[Any]],
        missing: Mapping[str, Any],
        form: str = "table",
        alone: bool = False,
    ) -> None:
        self.pipeline = pipeline
        self.columns = tuple(columns)
        self.named = named
        self.categoricals = categoricals
        self.missing = missing
        self.form = form
        self.alone = alone

    def methods(self, wanted: Sequence[str]) -> list[str]:
        """Which of the outputs the pipeline itself has."""
        return [name for name in wanted if self._method(name) is not None]

    def ask(self, method: str, rows: Mapping[str, Column], table: Any = None) -> Answer:
        """The pipeline's output for rows; whatever it raises is passed on.

        Args:
            method: the output.
            rows: by column.
            table: the same rows as the pipeline takes them, if not as `table` makes them.
        """
        function = self._method(method)
        assert function is not None
        with quiet():
            if self.form == "labels":
                answers = [_parts(function(row)) for row in self._one_by_one(rows)]
                return [np.concatenate(parts) for parts in zip(*answers, strict=True)]
            table = self.table(rows) if table is None else table
            if not self.alone:
                return _parts(function(table, **self._margins(rows)))
            single = [_parts(function(table[i : i + 1])) for i in range(len(table))]
            return [np.concatenate(parts) for parts in zip(*single, strict=True)]

    def _one_by_one(self, rows: Mapping[str, Column]) -> Iterator[Any]:
        (name,) = self.columns
        column = self._handed(name, rows, 0)
        for row in range(len(column)):
            yield column[row : row + 1]

    def _margins(self, rows: Mapping[str, Column]) -> dict[str, Array]:
        """XGBoost's base_margin, from the columns that bring it."""
        names = [name for name in rows if name not in self.columns]
        if not names:
            return {}
        margins = np.column_stack([np.asarray(rows[name]) for name in names])
        return {"base_margin": margins[:, 0] if len(names) == 1 else margins}

    def table(self, rows: Mapping[str, Column]) -> Any:
        """Rows as the pipeline was fitted: a DataFrame, or an array without names."""
        count = len(next(iter(rows.values()))) if rows else 1
        columns = {name: self._handed(name, rows, count) for name in self.columns}
        if self.form in ("column", "labels"):
            (column,) = columns.values()
            return column
        if self.form == "dicts":
            rows_of = zip(*columns.values(), strict=True)
            return [dict(zip(columns, row, strict=True)) for row in rows_of]
        if self.named or self.categoricals:
            return self._frame(columns)
        if all(isinstance(column, np.ndarray) for column in columns.values()):
            return np.column_stack(list(columns.values()))
        result = np.empty((count, len(columns)), object)
        for position, column in enumerate(columns.values()):
            for row, cell in enumerate(column):  # a collection is one cell
                result[row, position] = cell
        return result

    def _handed(self, name: str, rows: Mapping[str, Column], count: int) -> Column:
        column = rows.get(name, _unread(rows, count))
        if isinstance(column, np.ndarray) or name not in self.missing:
            return column
        return [self.missing[name] if is_missing(value) else value for value in column]

    def _frame(self, columns: Mapping[str, Column]) -> Any:
        import pandas

        series = {}
        for name, column in columns.items():
            if name in self.categoricals:
                series[name] = pandas.Series(
                    pandas.Categorical(list(column), categories=list(self.categoricals[name]))
                )
            elif isinstance(column, np.ndarray):
                series[name] = pandas.Series(column)
            else:
                series[name] = pandas.Series(list(column), dtype=object)
        return pandas.DataFrame(series)

    def _method(self, name: str) -> Callable[..., Any] | None:
        if name in CONTRIBUTIONS:
            return self._contributions(name)
        if type(self.pipeline).__module__.startswith("xgboost") and hasattr(
            self.pipeline, "save_raw"
        ):
            return self._booster(name)
        if name == "output_margin":
            return lambda table, **more: self.pipeline.predict(table, output_margin=True, **more)
        if name in NEIGHBOURS and hasattr(self.pipeline, "kneighbors"):
            return lambda table: self.pipeline.kneighbors(table)[NEIGHBOURS.index(name)]
        if name == "predict_std":
            return lambda table: self.pipeline.predict(table, return_std=True)[1]
        if name == "apply" and hasattr(self.pipeline, "steps"):
            return lambda table, **_: self.pipeline[-1].apply(self.pipeline[:-1].transform(table))
        if name == "apply":
            return lambda table, **_: self.pipeline.apply(table)
        function = getattr(self.pipeline, name, None)
        return function if callable(function) else None

    def _contributions(self, name: str) -> Callable[..., Any]:
        """Booster.predict(pred_contribs=True) of a Booster, or of the one that XGBoost's wrapper
        for scikit-learn holds, which may be a pipeline's last step: one matrix per output."""
        from xgboost import Booster, DMatrix

        steps = getattr(self.pipeline, "steps", [])
        last = self.pipeline[-1] if steps else self.pipeline

        def predict(table: Any, base_margin: Any = None) -> Any:
            table = self.pipeline[:-1].transform(table) if steps else table
            booster, how = last, {}
            if not isinstance(last, Booster):
                booster = last.get_booster()
                how = {"iteration_range": last._get_iteration_range(None)}
            matrix = DMatrix(
                table,
                missing=getattr(last, "missing", np.nan),
                feature_types=None if hasattr(table, "dtypes") else booster.feature_types,
                enable_categorical=True,
                base_margin=base_margin,
            )
            how |= {"approx_contribs": name == "approx_contribs", "validate_features": False}
            answer = booster.predict(matrix, pred_contribs=True, **how)
            return answer if answer.ndim == 2 else list(np.moveaxis(answer, 1, 0))

        return predict

    def _booster(self, name: str) -> Callable[..., Any]:
        from xgboost import DMatrix

        def predict(table: Any, base_margin: Any = None) -> Any:
            names = self.pipeline.feature_names
            types = None if hasattr(table, "dtypes") else self.pipeline.feature_types
            matrix = DMatrix(
                table if hasattr(table, "dtypes") else np.asarray(table, np.float64),
                feature_names=names,
                feature_types=types,
                enable_categorical=True,
                base_margin=base_margin,
            )
            how = {"output_margin": "output_margin", "apply": "pred_leaf"}.get(name)
            return self.pipeline.predict(matrix, **({how: True} if how else {}))

        return predict


def _unread(rows: Mapping[str, Column], count: int) -> Array:
    """A column that the graph does not read: 0, of a dtype that does not widen the others."""
    kinds = {column.dtype for column in rows.values() if isinstance(column, np.ndarray)}
    return np.zeros(count, kinds.pop() if len(kinds) == 1 else np.float64)


def _parts(answer: Any) -> Answer:
    if isinstance(answer, list):
        return [np.asarray(part) for part in answer]
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
    array = np.asarray(answer)
    if array.dtype.kind == "f" or (array.ndim == 2 and array.dtype.kind in "ib"):
        return [array.reshape(len(array), -1)]
    return [array]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Sequential and without warnings: a forest adds its trees in order only in one thread."""
    import joblib

    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        joblib.parallel_config(backend="sequential"),
    ):
        warnings.simplefilter("ignore")
        yield
