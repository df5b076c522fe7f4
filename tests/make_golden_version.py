"""Writes bundles with the scikit-learn and XGBoost that run it.

`python -m tests.make_golden_version`, in an environment of `make compat`.
One folder per pair under golden/versions/; what was committed stays and must load for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scorebundle.exporters import export_bundle

VERSIONS = Path(__file__).parent / "golden" / "versions"


def models() -> dict[str, tuple[Any, Any]]:
    """Small fitted models, with rows if the export needs them."""
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 3))
    X[::7, 1] = np.nan
    y = np.nan_to_num(X).sum(axis=1)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame["word"] = random.choice(["red", "green", ""], 60)
    mixed = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["a", "b", "c"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["word"]),
        ]
    )
    small = {"n_estimators": 3, "max_depth": 2}
    return {
        "logistic": (make_pipeline(mixed, LogisticRegression()).fit(frame, y > 0), None),
        "boosting": (
            make_pipeline(SimpleImputer(), GradientBoostingClassifier(**small)).fit(
                X, np.digitize(y, [-1, 1])
            ),
            None,
        ),
        "histogram": (HistGradientBoostingRegressor(max_iter=3, max_depth=2).fit(X, y), None),
        "xgboost": (xgboost.XGBClassifier(**small).fit(X, y > 0), None),
        "float32": (StandardScaler().fit(X.astype(np.float32)), X.astype(np.float32)),
    }


def main() -> None:
    """Write all of them."""
    folder = VERSIONS / f"sklearn-{sklearn.__version__}-xgboost-{xgboost.__version__}"
    folder.mkdir(parents=True)
    for name, (model, rows) in models().items():
        export_bundle(model, folder / f"{name}.zip", X=rows, name=name)


if __name__ == "__main__":
    main()
