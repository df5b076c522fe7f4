"""treelite's own interpreter, GTIL."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cases import Case
from .base import Prepared, Unsupported, anomaly, peer, takes_arrays


def tree_model(case: Case) -> Any:
    """The model as treelite has it."""
    import treelite

    if hasattr(case.estimator, "get_booster"):
        return treelite.frontend.from_xgboost(case.estimator.get_booster())
    try:
        return treelite.sklearn.import_model(case.estimator)
    except (TypeError, NotImplementedError, AttributeError) as error:
        raise Unsupported(f"treelite: {error}") from error


@peer("treelite GTIL")
def prepare(case: Case) -> Prepared:
    """`treelite.gtil.predict`, which wants rows in the model's dtype."""
    import treelite

    model, threads = tree_model(case), case.threads
    path = case.artefact("model.treelite", lambda to: model.serialize(str(to)))

    def call(rows: Any) -> Any:
        return treelite.gtil.predict(model, rows, nthread=threads)

    dtype = np.dtype(model.input_type)
    return Prepared(
        lambda view: takes_arrays(anomaly(case, call), view, dtype),
        path,
        lambda: treelite.Model.deserialize(str(path)),
    )
