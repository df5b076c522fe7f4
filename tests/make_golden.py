"""Writes the golden bundles of the current format: `python -m tests.make_golden`.

Run it only when the format gets a new major number, or to add a model; bundles that were
released stay as they are and must load for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from scorebundle.exporters import export_bundle

GOLDEN = Path(__file__).parent / "golden"


def models() -> dict[str, Any]:
    """Fitted models that together use every operator that exporters use."""
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 4))
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])]
    missing = np.where(random.random(X.shape) < 0.2, np.nan, X)
    frame = pd.DataFrame(
        {
            "age": np.where(random.random(60) < 0.2, np.nan, random.integers(1, 90, 60)),
            "city": random.choice(["Oslo", "Bergen", "Troms\u00f8"], 60).astype(object),
        }
    )
    columns = ColumnTransformer(
        [
            ("num", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age"]),
            ("cat", OneHotEncoder(handle_unknown="ignore", min_frequency=2), ["city"]),
            ("ord", OrdinalEncoder(), ["city"]),
        ]
    )
    codes = X.copy()
    codes[:, 1] = random.integers(0, 9, 60)
    return {
        "mixed-logistic": make_pipeline(columns, LogisticRegression()).fit(frame, y),
        "forest": RandomForestClassifier(3, max_depth=4, random_state=0).fit(missing, y),
        "hist-categorical": HistGradientBoostingClassifier(
            max_iter=3, categorical_features=[1]
        ).fit(codes, y),
        "normalised": make_pipeline(Normalizer(), LogisticRegression()).fit(X, y),
        "xgboost-multiclass": XGBClassifier(n_estimators=3, max_depth=3).fit(
            missing, np.unique(y, return_inverse=True)[1]
        ),
        "xgboost-poisson": XGBRegressor(n_estimators=3, max_depth=3, objective="count:poisson").fit(
            missing, np.abs(X[:, 0])
        ),
    }


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, model in models().items():
        export_bundle(model, GOLDEN / f"format-1.0-{name}.zip", name=name)
