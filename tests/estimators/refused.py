"""What is fitted and yet refused, on principle: each with its reason."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from scorebundle.bundle import Blocker
from scorebundle.exporters import check


class Refused(NamedTuple):
    """A fitted estimator that is refused.

    Attributes:
        name: what is refused.
        fit: makes it from X and y.
        extras: what is asked for beyond the usual.
    """

    name: str
    fit: Callable[[Any, Any], Any]
    extras: tuple[str, ...] = ()

    def blockers(self) -> tuple[Blocker, ...]:
        """Why it is refused; empty if it is not."""
        random = np.random.default_rng(0)
        X = random.normal(size=(40, 3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return check(self.fit(X, X[:, 0]), extras=self.extras).blockers


def refused() -> Iterator[Refused]:
    """Every row."""
    small = {"n_estimators": 2}
    yield Refused(
        "XGBoost: `base_margin` with booster='dart'",
        lambda X, y: XGBRegressor(booster="dart", **small).fit(X, y),
        ("base_margin",),
    )
    yield Refused(
        "XGBoost: `apply` with booster='gblinear'",
        lambda X, y: XGBRegressor(booster="gblinear", **small).fit(X, y),
        ("apply",),
    )
    yield Refused("an extra that no step has", lambda X, y: StandardScaler().fit(X), ("apply",))
    yield Refused(
        "an estimator that is not fitted",
        lambda X, y: make_pipeline(StandardScaler(), XGBClassifier()),
    )
