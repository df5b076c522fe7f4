"""oneDAL through scikit-learn-intelex: the strongest peer for batches."""

from __future__ import annotations

from typing import Any

from .. import data
from ..cases import Case
from .base import Prepared, Unsupported, peer, takes_arrays
from .treelite import tree_model


def _method(converted: Any, case: Case) -> Any:
    if case.spec.method == "decision_function":
        raise Unsupported("oneDAL has no isolation forest scores")
    if not converted.is_classifier_:
        raise Unsupported("oneDAL makes a regression of this classifier: no probabilities")
    return converted.predict_proba


@peer("oneDAL")
def prepare(case: Case) -> Prepared:
    """`daal4py.mb.convert_model`: boosters directly, scikit-learn's trees through treelite."""
    import daal4py

    daal4py.daalinit(case.threads)
    is_booster = hasattr(case.estimator, "get_booster")
    source = case.estimator.get_booster() if is_booster else tree_model(case)
    call = _method(daal4py.mb.convert_model(source), case)
    return Prepared(lambda view: takes_arrays(call, view))


@peer("oneDAL forest", same_model=False)
def forest(case: Case) -> Prepared:
    """A forest that oneDAL grew itself, as it cannot take scikit-learn's."""
    if case.spec.name != "forest":
        raise Unsupported("is no forest")
    import daal4py
    import joblib
    from sklearnex.ensemble import RandomForestClassifier

    daal4py.daalinit(case.threads)

    def train(to: Any) -> None:
        X = data.numbers(20_000, data.TRAIN)
        model = RandomForestClassifier(100, random_state=0, n_jobs=1)
        joblib.dump(model.fit(X, data.classes(X)), to)

    path = case.artefact("onedal-forest.joblib", train)
    model = joblib.load(path).set_params(n_jobs=case.threads)
    return Prepared(
        lambda view: takes_arrays(model.predict_proba, view), path, lambda: joblib.load(path)
    )
