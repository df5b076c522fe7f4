"""XGBoost's own two interfaces, below scikit-learn's."""

from __future__ import annotations

from typing import Any

from ..cases import Case
from .base import Prepared, Unsupported, peer, takes_arrays


def booster(case: Case) -> Any:
    """A copy of the model's booster with the wanted number of threads."""
    if not hasattr(case.estimator, "get_booster"):
        raise Unsupported("is no XGBoost model")
    found = case.estimator.get_booster().copy()
    found.set_param({"nthread": case.threads})
    return found


def _prepared(case: Case, call: Any) -> Prepared:
    import xgboost

    path = case.artefact("model.ubj", lambda to: case.estimator.get_booster().save_model(to))
    return Prepared(
        lambda view: takes_arrays(call, view), path, lambda: xgboost.Booster(model_file=path)
    )


@peer("xgboost inplace")
def inplace(case: Case) -> Prepared:
    """`Booster.inplace_predict(array)`."""
    model = booster(case)
    return _prepared(case, model.inplace_predict)


@peer("xgboost DMatrix")
def dmatrix(case: Case) -> Prepared:
    """`Booster.predict(DMatrix(array))`: the matrix is part of the call."""
    import xgboost

    model, threads = booster(case), case.threads
    kinds = model.feature_types
    categories = kinds is not None and "c" in kinds

    def call(rows: Any) -> Any:
        matrix = xgboost.DMatrix(
            rows, nthread=threads, feature_types=kinds, enable_categorical=categories
        )
        return model.predict(matrix)

    return _prepared(case, call)
