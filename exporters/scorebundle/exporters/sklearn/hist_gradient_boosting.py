"""sklearn.ensemble.HistGradientBoosting*: float64 trees with missing values and categories."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..ensembles import Tree, grow
from ..export import Export
from ..registry import Outputs, exports
from .compose import column_indices
from .losses import classified, predicted


def _raw(estimator: Any, x: Columns, to: Export) -> Value:
    """_raw_predict: the baseline, then tree by tree in boosting order."""
    preprocessor = getattr(estimator, "_preprocessor", None)
    if preprocessor is not None:
        x = _preprocessed(preprocessor, x, to)
    elif estimator.is_categorical_ is not None:
        to.block(
            "categorical_features without a preprocessor", "refit with scikit-learn 1.4 or newer"
        )
    base = np.asarray(estimator._baseline_prediction, np.float64).ravel()
    trees = [
        _tree(predictor, group)
        for stage in estimator._predictors
        for group, predictor in enumerate(stage)
    ]
    op = grow(trees, compare="le", base=base, values=np.float64, threshold=np.float64)
    return to.add(op, x.numbers("float64"))


def _preprocessed(preprocessor: Any, x: Columns, to: Export) -> Columns:
    """Categories become codes, unknown and missing ones NaN; they come before the numbers.

    The preprocessor is a ColumnTransformer of an OrdinalEncoder, and of a check of the numbers
    that leaves them as they are.
    """
    parts = []
    for name, step, columns in preprocessor.transformers_:
        chosen = x.take(column_indices(preprocessor, columns, x, to))
        parts.append(to.transform(step, chosen) if name == "encoder" else chosen)
    return Columns(to, ()).joined(parts, sparse=False)


def _tree(predictor: Any, group: int) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    category = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf)
    return Tree(
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        default_left=nodes["missing_go_to_left"].astype(bool),
        values=nodes["value"].astype(np.float64)[:, None],
        target=group,
        categories={
            int(node): _codes(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
            for node in category
        },
    )


def _codes(words: Any) -> Any:
    """Category codes whose bits are set in 8 words of 32 bits."""
    return np.flatnonzero(np.unpackbits(np.asarray(words, "<u4").view(np.uint8), bitorder="little"))


@exports(HistGradientBoostingRegressor)
def hist_gradient_boosting_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The loss's inverse link of the raw score."""
    return predicted(estimator, _raw(estimator, x, to), to)


@exports(HistGradientBoostingClassifier)
def hist_gradient_boosting_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The second class where the raw score is above 0."""
    return classified(estimator, _raw(estimator, x, to), "greater", to)
