"""sklearn.pipeline and the searches: parts one after another, side by side, or inside."""

from __future__ import annotations

from typing import Any

from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import FeatureUnion, Pipeline

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..export import Blocked, Export
from ..registry import INVERSES, Outputs, exports, inverted
from .members import passed_on


@exports(Pipeline)
def pipeline(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Each step takes the columns of the step before."""
    steps = [(name, step) for name, step in estimator.steps if step not in (None, "passthrough")]
    for position, (name, step) in enumerate(steps):
        last = position == len(steps) - 1
        try:
            if last:
                return to.export(step, x, name)
            x = to.transform(step, x, name)
        except Blocked:
            if last:
                raise
            after = steps[position + 1][1]
            x = to.placeholder(getattr(after, "n_features_in_", 1))
    return {"transform": x}


@exports(FeatureUnion)
def feature_union(estimator: Any, x: Columns, to: Export) -> Outputs:
    """All transformers see all columns; their outputs lie side by side."""
    weights = estimator.transformer_weights or {}
    parts = []
    for name, step in estimator.transformer_list:
        if step == "drop":
            continue
        with to.survey():
            part = x if step == "passthrough" else to.transform(step, x, name)
            parts.append(weighted(part, weights.get(name), to))
    sparse = any(part.sparse for part in parts)
    return {"transform": Columns(to, ()).joined(parts, sparse)}


def weighted(x: Columns, weight: float | None, to: Export) -> Columns:
    """transformer_weights: the transformer's output times a number."""
    if weight is None:
        return x
    return Columns.of(to, to.binary("multiply", x.floats(), weight), x.sparse)


@exports(GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV, HalvingRandomSearchCV)
def search(estimator: Any, x: Columns, to: Export) -> Outputs:
    """A search scores with its refitted best_estimator_."""
    if not hasattr(estimator, "best_estimator_"):
        to.block("refit=False leaves no best_estimator_", "set refit=True and fit again")
    return passed_on(to.export(estimator.best_estimator_, x))


def _undone(estimator: Pipeline, value: Value, to: Export) -> Value:
    """inverse_transform: each step's, from the last to the first."""
    for _, step in reversed(estimator.steps):
        if step is not None and step != "passthrough":
            value = inverted(step, value, to)
    return value


INVERSES[Pipeline] = _undone
