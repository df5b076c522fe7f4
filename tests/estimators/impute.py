"""sklearn.impute."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
)

from .case import Case


def cases() -> Iterator[Case]:
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
