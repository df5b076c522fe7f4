"""The models that are measured, one entry each. Training happens once; see `cases.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from . import data, training
from .data import mixed, numbers, texts, with_codes

BATCHES: Final = (1, 10, 100, 1_000, 10_000, 100_000)
ENDS: Final = (1, 10_000)
SKETCH: Final = ("scorebundle", "xgboost inplace", "oneDAL", "onnxruntime")
"""Peers of the growth models: the others would compile for minutes each."""


@dataclass(frozen=True)
class Spec:
    """One model.

    Attributes:
        name: of its result file.
        title: on the page.
        train: returns the fitted estimator.
        sample: (rows, seed) → rows it has not seen, as its first view has them.
        views: forms in which rows are given; `dict` has one row only.
        method: of the estimator, whose result the peers must give.
        batches: numbers of rows.
        threads: also measured with two threads.
        growth: what it is a point of, on the growth plots: (axis, value).
        peers: those measured; all if empty.
        shape: trees, depth (0: unlimited), leaves (0: as depth has it), for peers that cannot
            take the model and train one of the same shape.
    """

    name: str
    title: str
    train: Callable[[], Any]
    sample: Callable[[int, int], Any]
    views: tuple[str, ...] = ("float32",)
    method: str = "predict_proba"
    batches: tuple[int, ...] = BATCHES
    threads: bool = False
    growth: tuple[tuple[str, int], ...] = ()
    peers: tuple[str, ...] = ()
    shape: tuple[int, int, int] | None = None

    @property
    def binary(self) -> bool:
        """Whether same-shape peers, which are trained on a binary target, are comparable."""
        return self.shape is not None


gaps = partial(numbers, missing=0.02)
PIPELINE: Final = ("dict", "objects", "categoricals", "arrow")


def _growing(name: str, title: str, train: Any, axes: Any, columns: int = 28) -> Spec:
    sample = partial(numbers, columns=columns, missing=0.02)
    return Spec(name, title, train, sample, batches=ENDS, growth=axes, peers=SKETCH)


ALL: Final = (
    Spec("xgboost-100x6", "XGBoost, 100 trees of depth 6", partial(training.boosted, 100, 6),
         gaps, ("float32", "float64", "dict"), threads=True, shape=(100, 6, 0),
         growth=(("trees", 100), ("depth", 6), ("features", 28))),
    Spec("xgboost-500x8", "XGBoost, 500 trees of depth 8", partial(training.boosted, 500, 8),
         gaps, threads=True, shape=(500, 8, 0)),
    Spec("xgboost-1000x10", "XGBoost, 1000 trees of depth 10",
         partial(training.boosted, 1000, 10), gaps),
    Spec("xgboost-10-class", "XGBoost, 10 classes, 100 rounds of depth 6",
         partial(training.boosted, 100, 6, classes=10), gaps, threads=True),
    Spec("xgboost-distinct", "XGBoost, 100 trees of depth 6, all thresholds distinct",
         partial(training.boosted, 100, 6, tree_method="exact"), gaps),
    Spec("xgboost-categorical", "XGBoost with categorical splits, 100 trees of depth 6",
         training.categorical, partial(with_codes, missing=0.02)),
    Spec("forest", "RandomForest, 100 trees of unlimited depth, 20,000 rows",
         training.forest, numbers, threads=True, shape=(100, 0, 0)),
    Spec("hist", "HistGradientBoosting, 300 trees of 31 leaves", training.hist, gaps,
         ("float64", "float32"), threads=True, shape=(300, 0, 31)),
    Spec("gradient", "GradientBoosting, 100 trees of depth 3", training.gradient, numbers,
         shape=(100, 3, 0)),
    Spec("isolation", "IsolationForest, 100 trees", training.isolation, numbers,
         method="decision_function"),
    Spec("mixed-logistic", "Impute, scale, one-hot, LogisticRegression", training.mixed_logistic,
         mixed, PIPELINE),
    Spec("mixed-xgboost", "Impute, scale, one-hot, XGBoost 100 of depth 6",
         training.mixed_xgboost, mixed, PIPELINE),
    Spec("text", "TF-IDF of words, LogisticRegression", training.tfidf, texts, ("text",),
         batches=BATCHES[:5]),
    Spec("mlp", "MLPClassifier, layers of 64 and 32", training.mlp, numbers),
    _growing("grow-10-trees", "XGBoost, 10 trees of depth 6", partial(training.boosted, 10, 6),
             (("trees", 10),)),
    _growing("grow-300-trees", "XGBoost, 300 trees of depth 6", partial(training.boosted, 300, 6),
             (("trees", 300),)),
    _growing("grow-1000-trees", "XGBoost, 1000 trees of depth 6",
             partial(training.boosted, 1000, 6), (("trees", 1000),)),
    _growing("grow-depth-3", "XGBoost, 100 trees of depth 3", partial(training.boosted, 100, 3),
             (("depth", 3),)),
    _growing("grow-depth-8", "XGBoost, 100 trees of depth 8", partial(training.boosted, 100, 8),
             (("depth", 8),)),
    _growing("grow-depth-10", "XGBoost, 100 trees of depth 10",
             partial(training.boosted, 100, 10), (("depth", 10),)),
    _growing("grow-100-features", "XGBoost, 100 trees of depth 6, 100 features",
             partial(training.boosted, 100, 6, columns=100), (("features", 100),), 100),
    _growing("grow-500-features", "XGBoost, 100 trees of depth 6, 500 features",
             partial(training.boosted, 100, 6, columns=500), (("features", 500),), 500),
    Spec("tiny", "XGBoost, 5 trees of depth 3: for tests of this harness",
         partial(training.boosted, 5, 3, rows=500), gaps, ("float32", "dict"), batches=(1, 100)),
)  # fmt: skip

MODELS: Final = {spec.name: spec for spec in ALL}
ON_REQUEST: Final = ("tiny",)
"""Not part of a run unless named."""

__all__ = ["ALL", "BATCHES", "MODELS", "ON_REQUEST", "Spec", "data"]
