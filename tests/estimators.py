"""The table of exported estimators: one row per estimator and set of options that matters.

A row is a name, an estimator and the data it is fitted on (see `data.py`). It buys equality
with the library, graph round trip, one row = many rows, and behaviour on missing values
(`test_estimators.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn import linear_model as lm
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

NAN = float("nan")


class Case(NamedTuple):
    """One row of the table.

    Attributes:
        name: what is special about it.
        estimator: not fitted.
        data: name of a data set in `data.py`.
    """

    name: str
    estimator: Any
    data: str


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _scalers()
    yield from _imputers()
    yield from _encoders()
    yield from _linear()
    yield from _trees()
    yield from _boosting()
    yield from _compositions()


def _scalers() -> Iterator[Case]:
    for scaler in (
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler(),
        MinMaxScaler((-2, 3), clip=True),
        MaxAbsScaler(),
        RobustScaler(),
        RobustScaler(with_centering=False),
        RobustScaler(with_scaling=False, quantile_range=(10, 90)),
    ):
        for data in ("numbers", "missing", "float32"):
            yield Case(repr(scaler), scaler, data)
    for other in (
        Normalizer("l1"),
        Normalizer("l2"),
        Normalizer("max"),
        Binarizer(threshold=0.25),
        FunctionTransformer(),
        FunctionTransformer(np.log1p, validate=True),
        FunctionTransformer(np.sqrt),
        FunctionTransformer(np.abs),
        FunctionTransformer(np.tanh),
    ):
        yield Case(repr(other), other, "positive")


def _imputers() -> Iterator[Case]:
    for strategy in ("mean", "median", "most_frequent", "constant"):
        for indicate in (False, True):
            yield Case(
                f"SimpleImputer({strategy}, add_indicator={indicate})",
                SimpleImputer(strategy=strategy, add_indicator=indicate),
                "missing",
            )
        yield Case(
            f"SimpleImputer({strategy}, empty column)",
            SimpleImputer(strategy=strategy),
            "empty column",
        )
        yield Case(
            f"SimpleImputer({strategy}, keep_empty_features)",
            SimpleImputer(strategy=strategy, keep_empty_features=True),
            "empty column",
        )
    yield Case("SimpleImputer(-1)", SimpleImputer(missing_values=-1), "minus one")
    yield Case("MissingIndicator()", MissingIndicator(), "missing")
    for indicator in (MissingIndicator(), SimpleImputer(add_indicator=True)):
        yield Case(f"{indicator} refuses what is newly missing", indicator, "one missing column")
    yield Case(
        "SimpleImputer('x') on text refuses NaN",
        make_pipeline(
            SimpleImputer(missing_values="x", strategy="most_frequent"),
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        ),
        "letters",
    )
    yield Case("MissingIndicator(all)", MissingIndicator(features="all"), "missing")
    yield Case(
        "MissingIndicator(error_on_new=False)",
        MissingIndicator(error_on_new=False),
        "missing",
    )
    for strategy, fill in (("most_frequent", None), ("constant", "none")):
        yield Case(
            f"SimpleImputer({strategy}) on text",
            make_pipeline(
                SimpleImputer(strategy=strategy, fill_value=fill),
                OneHotEncoder(handle_unknown="ignore"),
            ),
            "words",
        )
    yield Case(
        "SimpleImputer(None) on text",
        make_pipeline(
            SimpleImputer(missing_values=None, strategy="constant", fill_value="?"),
            OneHotEncoder(handle_unknown="ignore"),
        ),
        "words with None",
    )


def _encoders() -> Iterator[Case]:
    options: list[dict[str, Any]] = [
        {},
        {"handle_unknown": "ignore"},
        {"handle_unknown": "infrequent_if_exist", "min_frequency": 4},
        {"handle_unknown": "infrequent_if_exist", "max_categories": 2},
        {"handle_unknown": "ignore", "max_categories": 3},
        {"drop": "first"},
        {"drop": "if_binary"},
        {"drop": "first", "handle_unknown": "ignore"},
        {"drop": "first", "handle_unknown": "infrequent_if_exist", "min_frequency": 4},
        {"sparse_output": False, "dtype": np.float32},
        {"dtype": np.int64, "handle_unknown": "ignore"},
        {"dtype": bool},
    ]
    for option in options:
        for data in ("words", "words with None", "whole numbers", "numbers with NaN", "booleans"):
            yield Case(f"OneHotEncoder({option})", OneHotEncoder(**option), data)
    ordinal: list[dict[str, Any]] = [
        {},
        {"handle_unknown": "use_encoded_value", "unknown_value": -1},
        {"handle_unknown": "use_encoded_value", "unknown_value": NAN},
        {"encoded_missing_value": -2},
        {"min_frequency": 4, "handle_unknown": "use_encoded_value", "unknown_value": 99},
        {"max_categories": 3, "dtype": np.float32},
    ]
    for option in ordinal:
        for data in ("words", "words with None", "whole numbers", "numbers with NaN", "booleans"):
            yield Case(f"OrdinalEncoder({option})", OrdinalEncoder(**option), data)


def _linear() -> Iterator[Case]:
    for regressor in (
        lm.LinearRegression(),
        lm.LinearRegression(fit_intercept=False),
        lm.Ridge(),
        lm.Lasso(alpha=0.01),
        lm.ElasticNet(alpha=0.01),
        lm.SGDRegressor(random_state=0),
        lm.HuberRegressor(),
    ):
        yield Case(repr(regressor), regressor, "regression")
        yield Case(f"{regressor!r} float32", regressor, "regression float32")
    for several in (lm.LinearRegression(), lm.Ridge(), lm.MultiTaskLasso(alpha=0.01)):
        yield Case(f"{several!r} multi-output", several, "two targets")
    for classifier in (
        lm.LogisticRegression(),
        lm.LogisticRegression(class_weight="balanced", C=0.1),
        lm.LogisticRegression(fit_intercept=False, solver="newton-cg"),
        lm.RidgeClassifier(),
        lm.SGDClassifier(random_state=0),
        lm.SGDClassifier(loss="log_loss", random_state=0),
        lm.SGDClassifier(loss="modified_huber", random_state=0),
        lm.Perceptron(random_state=0),
    ):
        for data in ("two classes", "three classes", "text labels", "bool labels", "float labels"):
            yield Case(repr(classifier), classifier, data)
    yield Case(
        "LogisticRegression(liblinear)",
        lm.LogisticRegression(solver="liblinear"),
        "two classes",
    )
    yield Case("SGDOneClassSVM", lm.SGDOneClassSVM(random_state=0), "numbers")


def _trees() -> Iterator[Case]:
    classifiers = (
        DecisionTreeClassifier(random_state=0),
        DecisionTreeClassifier(max_leaf_nodes=9, class_weight="balanced", random_state=0),
        ExtraTreeClassifier(random_state=0),
        RandomForestClassifier(7, random_state=0),
        RandomForestClassifier(3, class_weight="balanced_subsample", random_state=0, n_jobs=2),
        ExtraTreesClassifier(5, random_state=0),
    )
    for classifier in classifiers:
        for data in ("two classes", "three classes", "text labels", "bool labels", "float labels"):
            yield Case(repr(classifier), classifier, data)
        yield Case(f"{classifier!r} multi-output", classifier, "two label columns")
        yield Case(f"{classifier!r} missing", classifier, "classes with missing")
    regressors = (
        DecisionTreeRegressor(random_state=0),
        DecisionTreeRegressor(criterion="absolute_error", max_depth=4, random_state=0),
        DecisionTreeRegressor(monotonic_cst=[1, 0, -1, 0], random_state=0),
        ExtraTreeRegressor(random_state=0),
        RandomForestRegressor(7, random_state=0),
        ExtraTreesRegressor(5, random_state=0),
    )
    for regressor in regressors:
        yield Case(repr(regressor), regressor, "regression")
        if getattr(regressor, "monotonic_cst", None) is None:
            yield Case(f"{regressor!r} multi-output", regressor, "two targets")
            yield Case(f"{regressor!r} missing", regressor, "regression with missing")


def _boosting() -> Iterator[Case]:
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield Case(
            f"GradientBoostingRegressor({loss})",
            GradientBoostingRegressor(loss=loss, n_estimators=5, random_state=0),
            "regression",
        )
    for init in ("zero", lm.LinearRegression(), DecisionTreeRegressor(max_depth=2)):
        yield Case(
            f"GradientBoostingRegressor(init={init})",
            GradientBoostingRegressor(init=init, n_estimators=5, random_state=0),
            "regression",
        )
    for start in ("zero", lm.LogisticRegression(), DummyClassifier(strategy="prior")):
        for data in ("two classes", "three classes"):
            yield Case(
                f"GradientBoostingClassifier(init={start})",
                GradientBoostingClassifier(init=start, n_estimators=5, random_state=0),
                data,
            )
    yield Case(
        "GradientBoostingClassifier(exponential)",
        GradientBoostingClassifier(loss="exponential", n_estimators=5, random_state=0),
        "text labels of two",
    )
    yield Case(
        "GradientBoostingClassifier(exponential, init)",
        GradientBoostingClassifier(
            loss="exponential", init=lm.LogisticRegression(), n_estimators=5, random_state=0
        ),
        "two classes",
    )
    for loss in ("squared_error", "absolute_error", "quantile"):
        yield Case(
            f"HistGradientBoostingRegressor({loss})",
            HistGradientBoostingRegressor(
                loss=loss, max_iter=5, quantile=0.3 if loss == "quantile" else None
            ),
            "regression with missing",
        )
    for loss in ("gamma", "poisson"):
        yield Case(
            f"HistGradientBoostingRegressor({loss})",
            HistGradientBoostingRegressor(loss=loss, max_iter=5),
            "positive targets",
        )
    yield Case(
        "HistGradientBoostingRegressor(monotonic)",
        HistGradientBoostingRegressor(monotonic_cst=[1, 0, -1, 0], max_iter=5),
        "regression",
    )
    for data in ("two classes", "three classes", "text labels", "classes with missing"):
        yield Case(
            "HistGradientBoostingClassifier",
            HistGradientBoostingClassifier(max_iter=5, early_stopping=False),
            data,
        )
    yield Case(
        "HistGradientBoostingClassifier(categorical codes)",
        HistGradientBoostingClassifier(categorical_features=[0, 2], max_iter=5),
        "codes",
    )
    yield Case(
        "HistGradientBoostingRegressor(from_dtype)",
        HistGradientBoostingRegressor(categorical_features="from_dtype", max_iter=5),
        "categorical frame",
    )


def _compositions() -> Iterator[Case]:
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
