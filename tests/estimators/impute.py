"""sklearn.impute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.ensemble import ExtraTreesRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import BayesianRidge, LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from .case import Case


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _simple()
    yield from _iterative()


def _iterative() -> Iterator[Case]:
    def case(data: str = "missing", **options: Any) -> Case:
        imputer = IterativeImputer(random_state=0, **{"max_iter": 3, **options})
        return Case(f"IterativeImputer({options})", imputer, data, alone=True)

    for data in (
        "missing",
        "missing float32",
        "one missing column",
        "empty column",
        "one column alone",
    ):
        yield case(data)
    for order in ("roman", "arabic", "descending", "random"):
        yield case(imputation_order=order)
        yield case(imputation_order=order, n_nearest_features=2)
    for strategy in ("median", "most_frequent", "constant"):
        yield case(initial_strategy=strategy)
    for estimator in (
        LinearRegression(),
        Ridge(alpha=0.5),
        DecisionTreeRegressor(max_depth=3, random_state=0),
        ExtraTreesRegressor(3, random_state=0),
        make_pipeline(StandardScaler(), BayesianRidge()),
    ):
        yield case(estimator=estimator)
    yield case(estimator=LinearRegression(), data="missing float32")
    yield case(add_indicator=True)
    yield case("empty column", keep_empty_features=True, add_indicator=True)
    yield case("one missing column", skip_complete=True)
    yield case(min_value=-0.5, max_value=1.5)
    yield case(min_value=[-1, -9, -0.01, -1e4], max_value=[1, 9, 0.01, 1e4])
    yield case(max_iter=0)
    yield case("minus one", missing_values=-1)
    yield case("rows of nothing")


def _simple() -> Iterator[Case]:
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
    for weights in ("uniform", "distance"):
        for k in (1, 3, 100):
            nearest = KNNImputer(n_neighbors=k, weights=weights, add_indicator=k == 3)
            yield Case(f"KNNImputer({k}, {weights})", nearest, "scaled and missing")
        yield Case(
            f"KNNImputer(keep_empty_features, {weights})",
            KNNImputer(weights=weights, keep_empty_features=True),
            "scaled empty column",
        )
        empty = KNNImputer(weights=weights)
        yield Case(f"KNNImputer(empty, {weights})", empty, "scaled empty column")
    yield Case("KNNImputer(-1)", KNNImputer(missing_values=-1), "minus one")
