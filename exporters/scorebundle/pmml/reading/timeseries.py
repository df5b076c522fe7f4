"""TimeSeriesModel: forecasts by the number of steps ahead (PMML, TimeSeriesModel).

What a document stores is the series' state after its last observation, so that a forecast is a
function of the horizon alone: the steps are computed while reading, and looked up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value

from .expressions import numeric
from .prediction import Prediction, model
from .scope import Scope
from .types import NUMBERS
from .values import Code, Number
from .xml import Element, children, needed, real, refuse, tag, text

MAX_HORIZON: Final = 1024
"""Most steps ahead; rows that ask for more are refused."""


class Forecast(NamedTuple):
    """What an algorithm says about the steps 1, 2, … MAX_HORIZON ahead.

    Attributes:
        means: of each target, by step.
        deviations: their standard deviations, one for all targets; None if unknown.
    """

    means: Array
    deviations: Array | None = None


Algorithm = Callable[[Element, Element], Forecast]
ALGORITHMS: Final[dict[str, Algorithm]] = {}
"""How each algorithm forecasts, from its element and that of the model."""


def algorithm(name: str) -> Callable[[Algorithm], Algorithm]:
    """Register an algorithm."""

    def register(function: Algorithm) -> Algorithm:
        ALGORITHMS[name] = function
        return function

    return register


@model("TimeSeriesModel")
def time_series_model(element: Element, scope: Scope) -> Prediction:
    """The forecast of the algorithm that fits best, at the horizon that the row asks for."""
    name = text(element, "bestFit")
    made = ALGORITHMS.get(name)
    if made is None:
        refuse(element, f"algorithm {name!r:.40} is not supported")
    with np.errstate(all="ignore"):  # what grows beyond all bounds is infinite
        forecast = made(needed(element, name), element)
    targets = _fields(element, ("target", "predicted"))
    if max(len(targets), 1) != len(forecast.means) or np.any(np.isnan(forecast.means)):
        refuse(element, "its forecasts are not numbers, one for each target")
    step = _step(element, scope)
    several = [
        Prediction("timeSeries", Number(scope.maker.look_up(step, means, math.nan)))
        for means in forecast.means
    ]
    result = several[0] if len(several) == 1 else Prediction("timeSeries")
    if forecast.deviations is not None:
        spread = scope.maker.look_up(step, forecast.deviations, math.nan)
        result.features["standardDeviation"] = Number(spread)
        result.features["standardError"] = Number(spread)
    if len(targets) > 1:
        for name, each in zip(targets, several, strict=True):
            each.target = name
        result.features["targets"] = dict(zip(targets, several, strict=True))
    return result


def _fields(element: Element, usages: tuple[str, ...]) -> list[str]:
    return [
        text(each, "name")
        for each in children(needed(element, "MiningSchema"), "MiningField")
        if each.get("usageType", "active") in usages
    ]


def _step(element: Element, scope: Scope) -> Code:
    """The horizon less one: the value of the model's one input field; without any, 0."""
    names = _fields(element, ("active", "supplementary", "order"))
    if not names:
        return 0
    maker = scope.maker
    field = scope.get(names[0], element)
    if len(names) > 1 or field.kind not in NUMBERS or _fields(element, ("order",)):
        refuse(element, "needs one field, the number of steps ahead")
    horizon = maker.real(numeric(field, maker))
    known = maker.both(
        maker.compare("equal", maker.unary("floor", horizon), horizon),
        maker.compare("greater_equal", horizon, 1.0),
        maker.compare("less_equal", horizon, float(MAX_HORIZON)),
    )
    refused = maker.both(maker.present(horizon), maker.negated(known))
    horizon = maker.refuse_where(refused, horizon)
    step = maker.choose(known, maker.minus(horizon, 1.0), math.nan)
    assert isinstance(step, Value)
    return maker.position(step)


def observed(element: Element) -> list[float]:
    """The values of the model's original TimeSeries."""
    for series in children(element, "TimeSeries"):
        if series.get("usage", "original") == "original":
            return [real(each, "value") for each in children(series, "TimeValue")]
    return []


def transformed(values: Array, element: Element) -> Array:
    """Observations as the algorithm sees them."""
    name = element.get("transformation", "none")
    if name not in _FORWARD:
        refuse(element, f"transformation {name!r:.40} is not known")
    return _FORWARD[name](values)


def restored(values: Array, element: Element) -> Array:
    """Forecasts as the observations are."""
    name = element.get("transformation", "none")
    if name not in _BACK:
        refuse(element, f"transformation {name!r:.40} is not known")
    return _BACK[name](values)


_FORWARD: Final[dict[str, Callable[[Array], Array]]] = {
    "none": lambda x: x,
    "logarithmic": np.log,
    "squareroot": np.sqrt,
}
_BACK: Final[dict[str, Callable[[Array], Array]]] = {
    "none": lambda x: x,
    "logarithmic": np.exp,
    "squareroot": np.square,
}


def only(element: Element, *names: str) -> None:
    """Refuse what else an element holds."""
    for each in children(element):
        if tag(each) not in names:
            refuse(each, "is not supported")
