"""ydf: scikit-learn's forests as they are, and boosted trees of the same shape of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import data
from ..cases import Case
from ..training import ROWS
from .base import Prepared, Unsupported, anomaly, peer, takes_arrays


def _prepared(case: Case, path: Path, finish: bool) -> Prepared:
    import ydf

    model, threads = ydf.deserialize_model(path.read_bytes()), case.threads

    def call(rows: Any) -> Any:
        return model.predict({"features": rows}, num_threads=threads)

    done = anomaly(case, call) if finish else call
    return Prepared(
        lambda view: takes_arrays(done, view, np.float32),
        path,
        lambda: ydf.deserialize_model(path.read_bytes()),
    )


@peer("ydf")
def prepare(case: Case) -> Prepared:
    """`ydf.from_sklearn`."""
    import ydf

    path = case.artefact(
        "ydf.model", lambda to: to.write_bytes(ydf.from_sklearn(case.estimator).serialize())
    )
    return _prepared(case, path, finish=True)


@peer("ydf same shape", same_model=False)
def same_shape(case: Case) -> Prepared:
    """Boosted trees, as many and as deep, trained by ydf on the same rows."""
    import ydf

    if case.spec.shape is None or case.spec.name == "forest":
        raise Unsupported("no model of the same shape is trained for this one")
    trees, depth, leaves = case.spec.shape

    def train(to: Path) -> None:
        X = data.numbers(ROWS, data.TRAIN, missing=0.02)
        table = {"features": X, "label": data.classes(X)}
        ydf.verbose(0)
        learner = ydf.GradientBoostedTreesLearner(
            label="label",
            num_trees=trees,
            # ydf counts levels of nodes, XGBoost levels of splits
            max_depth=depth + 1 if depth else -1,
            growing_strategy="BEST_FIRST_GLOBAL" if leaves else "LOCAL",
            **({"max_num_nodes": leaves} if leaves else {}),
            early_stopping="NONE",
            validation_ratio=0.0,
            num_threads=1,
        )
        to.write_bytes(learner.train(table).serialize())

    return _prepared(case, case.artefact("ydf-same-shape.model", train), finish=False)
