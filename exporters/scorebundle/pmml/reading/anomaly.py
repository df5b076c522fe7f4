"""AnomalyDetectionModel and BaselineModel: how far a row is from what is usual."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from .expressions import numeric
from .models import is_model, predict
from .output import feature, of_category
from .prediction import Prediction, model
from .scope import Scope
from .values import Field, Number, Real, Text
from .xml import Element, child, children, needed, real, reals, refuse, tag, text

EULER: Final = 0.57721566490153286

Score = Callable[[Prediction, Element, Scope], Real]


@model("AnomalyDetectionModel")
def anomaly_detection(element: Element, scope: Scope) -> Prediction:
    """The score that algorithmType makes of what the inner model predicts."""
    inner = next((each for each in children(element) if is_model(each)), None)
    if inner is None:
        refuse(element, "holds no model")
    kind = text(element, "algorithmType")
    made = ANOMALIES.get(kind)
    if made is None:
        refuse(element, f"algorithmType {kind!r:.40} is not supported")
    prediction = predict(inner, scope)
    result = Prediction("regression", Number(made(prediction, element, scope)))
    result.target = prediction.target
    result.features["anomaly"] = "less" if kind == "ocsvm" else "greater"
    return result


@feature("anomaly")
def _anomaly(element: Element, prediction: Prediction, scope: Scope) -> Field:
    """R's pmml: whether the score lies beyond the `threshold`, which is its own attribute."""
    beyond = prediction.features.get("anomaly")
    if beyond is None:
        refuse(element, "only an AnomalyDetectionModel finds anomalies")
    score, maker = _value(prediction, element, scope), scope.maker
    found = maker.indicator(maker.compare(beyond, score, real(element, "threshold")))
    return Number(maker.choose(maker.absent(score), math.nan, found), "boolean")


def _value(prediction: Prediction, element: Element, scope: Scope) -> Real:
    """What the inner model predicts, as it is."""
    if prediction.value is None:
        refuse(element, "its model predicts no value")
    return numeric(prediction.value, scope.maker)


def _isolation(prediction: Prediction, element: Element, scope: Scope) -> Real:
    """2^(−h / c(n)), h the mean path length (Liu, Ting and Zhou, Isolation Forest, 2008).

    c(n) = 2 (ln(n − 1) + γ) − 2 (n − 1) / n is the mean path length of n rows' search trees.
    """
    maker, count = scope.maker, _sample_size(element)
    if not 2 <= count < math.inf:
        refuse(element, "sampleDataSize must be 2 or more")
    usual = 2 * (math.log(count - 1) + EULER) - 2 * (count - 1) / count if count > 2 else 1.0
    share = maker.over(_value(prediction, element, scope), usual)
    return maker.power(2.0, maker.times(share, -1.0))


def _sample_size(element: Element) -> float:
    """The rows that each tree was grown on; R's pmml before 4.4 states them as a parameter."""
    parameters = child(element, "ParameterList")
    for each in () if parameters is None else children(parameters, "Parameter"):
        if each.get("name") == "training_data_count":
            return real(each, "value")
    return real(element, "sampleDataSize")


def _cluster(prediction: Prediction, element: Element, scope: Scope) -> Real:
    """The distance to the nearest cluster, divided by that cluster's mean distance."""
    distances: dict[str, Real] = prediction.features.get("affinity", {})
    means = reals(needed(needed(element, "MeanClusterDistances"), "Array"))
    if not isinstance(prediction.value, Text) or len(distances) != len(means):
        refuse(element, "needs a ClusteringModel, and the mean distance of each cluster")
    pairs = zip(distances.items(), means, strict=True)
    scores = {name: scope.maker.over(distance, mean) for (name, distance), mean in pairs}
    return of_category(None, scores, prediction, scope)


ANOMALIES: Final[dict[str, Score]] = {
    "iforest": _isolation,
    "ocsvm": _value,
    "clusterMeanDist": _cluster,
    "other": _value,
}
"""What algorithmType makes of the inner model's prediction."""


@model("BaselineModel")
def baseline(element: Element, scope: Scope) -> Prediction:
    """zValue: (x − μ) / σ of the baseline's distribution."""
    test = needed(element, "TestDistributions")
    if text(test, "testStatistic") != "zValue":
        refuse(test, "only the testStatistic zValue is a function of one row")
    if real(test, "windowSize", 0.0) > 1 or test.get("weightField") is not None:
        refuse(test, "a window of rows is not supported")
    mean, variance = _moments(needed(test, "Baseline"))
    if not 0 < variance < math.inf:
        refuse(test, "needs a variance above 0")
    x = numeric(scope.get(text(test, "field"), test), scope.maker)
    z = scope.maker.over(scope.maker.minus(x, mean), math.sqrt(variance))
    return Prediction("regression", Number(z))


def _moments(element: Element) -> tuple[float, float]:
    """Mean and variance of a distribution."""
    found = child(element)
    kind = "" if found is None else tag(found)
    if found is not None and kind in ("GaussianDistribution", "AnyDistribution"):
        return real(found, "mean"), real(found, "variance")
    if found is not None and kind == "PoissonDistribution":
        return real(found, "mean"), real(found, "mean")
    if found is not None and kind == "UniformDistribution":
        low, high = real(found, "lower"), real(found, "upper")
        return (low + high) / 2, (high - low) ** 2 / 12
    refuse(element, "needs a continuous distribution")
