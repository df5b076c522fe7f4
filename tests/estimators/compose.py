"""sklearn.compose, sklearn.pipeline and sklearn.model_selection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import linear_model as lm
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import (
    RandomForestClassifier,
    RandomTreesEmbedding,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from .case import Case


def _hot() -> Any:
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def cases() -> Iterator[Case]:
    def mixed(model: Any, **options: Any) -> Any:
        numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        words = make_pipeline(
            SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
        )
        columns = ColumnTransformer(
            [("num", numeric, ["age", "fare"]), ("cat", words, ["city", "kind"])], **options
        )
        return make_pipeline(columns, model)

    yield Case("mixed + logistic", mixed(lm.LogisticRegression()), "mixed")
    yield Case("mixed + forest", mixed(RandomForestClassifier(5, random_state=0)), "mixed")
    yield Case("mixed dense", mixed(lm.LogisticRegression(), sparse_threshold=0), "mixed")
    yield Case(
        "mixed sparse scaler",
        make_pipeline(
            ColumnTransformer([("cat", OneHotEncoder(), ["kind"])], sparse_threshold=1),
            StandardScaler(with_mean=False),
            MaxAbsScaler(),
            lm.LogisticRegression(),
        ),
        "mixed",
    )
    yield Case(
        "transformer_weights",
        mixed(lm.LogisticRegression(), transformer_weights={"num": 0.5, "cat": 2.0}),
        "mixed",
    )
    yield Case(
        "searches",
        GridSearchCV(mixed(lm.LogisticRegression()), {"logisticregression__C": [1, 2]}, cv=2),
        "mixed",
    )
    yield Case(
        "random search",
        RandomizedSearchCV(lm.Ridge(), {"alpha": [1, 2]}, n_iter=2, cv=2),
        "regression",
    )
    some = ColumnTransformer([("m", MinMaxScaler(), slice(0, 2))])
    yield Case("ColumnTransformer of some float32 columns", some, "float32")
    for selection in ([0, -1], slice(0, 2), [True, False, True, False], slice(-2, None), [2]):
        for remainder in ("passthrough", "drop", StandardScaler()):
            yield Case(
                f"ColumnTransformer({selection}, remainder={remainder})",
                ColumnTransformer([("m", MinMaxScaler(), selection)], remainder=remainder),
                "numbers",
            )
    for named in (
        make_column_selector(dtype_include="number"),
        lambda X: ["age"],
        slice("age", "fare"),
    ):
        yield Case(
            f"ColumnTransformer({type(named).__name__})",
            ColumnTransformer([("m", MinMaxScaler(), named)]),
            "mixed",
        )
    for pattern in ("^a", "e$"):
        chosen = ColumnTransformer(
            [("m", MinMaxScaler(), make_column_selector(pattern, dtype_include="number"))],
            remainder="drop",
            verbose_feature_names_out=False,
        )
        yield Case(f"ColumnTransformer(pattern={pattern})", chosen, "mixed")
    framed = ColumnTransformer(
        [("num", SimpleImputer(), ["age", "fare"]), ("cat", _hot(), ["city"])],
        remainder=_hot(),
        verbose_feature_names_out=True,
    ).set_output(transform="pandas")
    by_name = ColumnTransformer([("s", StandardScaler(), ["num__age"])], remainder="passthrough")
    yield Case("names of a pandas output", make_pipeline(framed, by_name), "mixed")
    yield Case(
        "names of a pandas output + linear",
        make_pipeline(framed, by_name, lm.LogisticRegression()).set_output(transform="pandas"),
        "mixed",
    )
    side_by_side = FeatureUnion(
        [
            ("num", ColumnTransformer([("m", SimpleImputer(), ["fare", "age"])])),
            ("cat", ColumnTransformer([("h", _hot(), [2, 3])])),
        ],
        transformer_weights={"cat": 0.5},
    )
    for model in (lm.LogisticRegression(), VotingClassifier([("l", lm.LogisticRegression())])):
        yield Case(
            f"FeatureUnion of columns + {model}", make_pipeline(side_by_side, model), "mixed"
        )
    for inside in (
        VotingClassifier([("p", mixed(lm.LogisticRegression()))], voting="soft"),
        StackingClassifier([("p", mixed(lm.RidgeClassifier()))], cv=2),
        CalibratedClassifierCV(mixed(lm.LogisticRegression()), cv=2),
        OneVsRestClassifier(mixed(RandomForestClassifier(2, random_state=0))),
        TunedThresholdClassifierCV(mixed(lm.LogisticRegression()), cv=2),
    ):
        yield Case(f"mixed in {type(inside).__name__}", inside, "mixed")
    for step in (
        VotingClassifier([("t", RandomForestClassifier(2, random_state=0))], voting="soft"),
        StackingClassifier([("t", RandomForestClassifier(2, random_state=0))], cv=2),
        RandomTreesEmbedding(3, max_depth=2, random_state=0),
    ):
        several = make_pipeline(step, StandardScaler(with_mean=False), lm.LogisticRegression())
        yield Case(f"{type(step).__name__} mid-pipeline", several, "three classes")
        union = FeatureUnion([("s", StandardScaler()), ("c", step)])
        several = make_pipeline(union, lm.LogisticRegression())
        yield Case(f"{type(step).__name__} in a union", several, "three classes")
    yield Case(
        "ColumnTransformer passthrough",
        ColumnTransformer([("a", "passthrough", ["age"]), ("b", "drop", ["fare"])]),
        "mixed",
    )
    yield Case(
        "FeatureUnion",
        FeatureUnion(
            [("a", StandardScaler()), ("b", "passthrough"), ("c", "drop"), ("d", MinMaxScaler())],
            transformer_weights={"a": 3.0},
        ),
        "numbers",
    )
    yield Case(
        "passthrough step",
        make_pipeline("passthrough", StandardScaler(), None, lm.Ridge()),
        "regression",
    )
    for transformer in (StandardScaler(), MinMaxScaler(), RobustScaler()):
        yield Case(
            f"TransformedTargetRegressor({transformer})",
            TransformedTargetRegressor(lm.Ridge(), transformer=transformer),
            "regression",
        )
    for transformer in (
        PowerTransformer(),
        PowerTransformer("box-cox", standardize=False),
        QuantileTransformer(n_quantiles=20),
        QuantileTransformer(n_quantiles=30, output_distribution="normal"),
    ):
        yield Case(
            f"TransformedTargetRegressor({transformer})",
            TransformedTargetRegressor(lm.Ridge(), transformer=transformer),
            "positive targets",
        )
    yield Case(
        "TransformedTargetRegressor traced",
        TransformedTargetRegressor(
            lm.Ridge(), func=lambda y: np.log(y + 1), inverse_func=lambda y: np.exp(y) - 1
        ),
        "positive targets",
    )
    yield Case(
        "TransformedTargetRegressor(log1p)",
        TransformedTargetRegressor(lm.Ridge(), func=np.log1p, inverse_func=np.expm1),
        "positive targets",
    )
    yield Case(
        "TransformedTargetRegressor two targets",
        TransformedTargetRegressor(lm.Ridge(), transformer=StandardScaler()),
        "two targets",
    )
