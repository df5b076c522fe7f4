"""The training library through scikit-learn's interface; also XGBoost's estimators."""

from __future__ import annotations

from typing import Any

import joblib
import pandas as pd

from ..cases import Case
from .base import ARRAYS, Call, Prepared, peer, takes_arrays


@peer("scikit-learn")
def prepare(case: Case) -> Prepared:
    """The fitted estimator itself: what all others are compared with."""
    estimator = joblib.load(case.path)
    limit(estimator, case.threads)
    method: Call = getattr(estimator, case.spec.method)

    def bind(view: str) -> Call:
        array = case.spec.views[0] in ARRAYS
        if view == "dict":
            return takes_arrays(method, view) if array else lambda r: method(pd.DataFrame([r]))
        if view == "arrow":
            return lambda table: method(table.to_pandas())
        return method

    return Prepared(bind, case.path, lambda: joblib.load(case.path))


def limit(estimator: Any, threads: int) -> None:
    """Set the estimator's own number of threads, and that of a pipeline's last step."""
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    if "n_jobs" in last.get_params(deep=False):
        last.set_params(n_jobs=threads)
