"""Exporters of XGBoost's classes: scikit-learn estimators and raw Boosters."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from xgboost import (
    Booster,
    XGBClassifier,
    XGBRanker,
    XGBRegressor,
    XGBRFClassifier,
    XGBRFRegressor,
)

from scorebundle.bundle.graph import Value

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .contributions import contributions_of
from .links import booster_outputs, classifier_outputs
from .margins import base_margin, input_of, leaves_of, margin_of, parsed
from .model import Model
from .starts import calibrated

CUSTOM = "the objective is a function of yours: predictions are margins, without a link"


def saved(booster: Booster) -> Any:
    """The booster's document."""
    return json.loads(booster.save_raw("json"))


def _prepared(estimator: Any, x: Columns, to: Export) -> tuple[Model, Value, Outputs]:
    """The model, its margin, and the extra outputs that were asked for."""
    booster = estimator.get_booster()
    linear = estimator.booster == "gblinear"
    last = 0 if linear else estimator._get_iteration_range(None)[1]
    model = parsed(saved(booster), last, to)
    if callable(estimator.objective):
        to.note(CUSTOM)
    absent = float("nan") if estimator.missing is None else float(estimator.missing)
    value = input_of(model, x, absent, to)
    if linear:  # goes through a DMatrix, which refuses infinities
        value = to.finite(value, allow_nan=True)
    start, given = calibrated(model, booster, inplace=True), base_margin(model, to)
    extras = leaves_of(model, value, to) | contributions_of(model, start, value, given, to)
    return model, margin_of(model, start, value, given, to), extras


@exports(XGBRegressor, XGBRFRegressor, XGBRanker)
def xgb_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The objective's link of the margin."""
    model, margin, extras = _prepared(estimator, x, to)
    return {**booster_outputs(model.objective, margin, to), **extras}


@exports(XGBClassifier, XGBRFClassifier)
def xgb_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Labels and probabilities."""
    model, margin, extras = _prepared(estimator, x, to)
    # Without its wrapper's objective (a function) a booster takes the margin for the value.
    outputs = classifier_outputs(model.objective, int(estimator.n_classes_), margin, to)
    return {**outputs, **extras}


@exports(Booster)
def booster(estimator: Booster, x: Columns, to: Export) -> Outputs:
    """Booster.predict on a DMatrix whose missing value is NaN; all trees."""
    model = parsed(saved(estimator), 0, to)
    # A DMatrix refuses infinities, and what becomes one in float32.
    value = to.finite(input_of(model, x, np.nan, to), allow_nan=True)
    start, given = calibrated(model, estimator, inplace=False), base_margin(model, to)
    extras = leaves_of(model, value, to) | contributions_of(model, start, value, given, to)
    margin = margin_of(model, start, value, given, to)
    return {**booster_outputs(model.objective, margin, to), **extras}
