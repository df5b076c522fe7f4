"""ExponentialSmoothing and ARIMA: forecasts from what a TimeSeriesModel stores."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array

from .matrices import matrix_below
from .statespace import measured_ahead, state_of
from .timeseries import MAX_HORIZON, Forecast, algorithm, observed, only, restored, transformed
from .xml import Element, child, children, needed, real, reals, refuse, whole

MAX_ORDER: Final = 100
STEPS: Final = np.arange(1, MAX_HORIZON + 1, dtype=np.float64)


@algorithm("ExponentialSmoothing")
def exponential_smoothing(element: Element, model: Element) -> Forecast:
    """Level, trend and season, each as last smoothed: (l + b · h) + s, or with · and powers."""
    only(element, "Level", "Trend_ExpoSmooth", "Seasonality_ExpoSmooth", "TimeValue")
    level = real(needed(element, "Level"), "smoothedValue")
    means = np.full(MAX_HORIZON, level)
    trend = child(element, "Trend_ExpoSmooth")
    if trend is not None:
        means = _with_trend(means, trend)
    season = child(element, "Seasonality_ExpoSmooth")
    if season is not None:
        factors = _seasonal(season, model)
        means = means + factors if season.get("type") == "additive" else means * factors
    return Forecast(restored(means, element)[None])


def _with_trend(means: Array, element: Element) -> Array:
    """Additive: l + b · t; multiplicative: l · bᵗ; t is h, or damped φ + φ² + … φʰ."""
    kind, phi = element.get("trend", "additive"), real(element, "phi", 1.0)
    slope = real(element, "smoothedValue")
    times = np.cumsum(phi**STEPS) if kind.startswith("damped_") else STEPS
    if kind.endswith("additive"):
        return means + slope * times
    if kind.endswith("multiplicative"):
        return means * slope**times
    refuse(element, f"trend {kind!r:.40} is not supported")


def _seasonal(element: Element, model: Element) -> Array:
    """The factor of each step; `phase` is the last observation's place in the period."""
    period, factors = whole(element, "period"), np.array(reals(needed(element, "Array")))
    if not 0 < period == len(factors):
        refuse(element, "needs as many factors as its period is long")
    if element.get("type") not in ("additive", "multiplicative"):
        refuse(element, "type must be additive or multiplicative")
    if element.get("phase") is None and len(observed(model)) % period:
        refuse(element, "needs a phase: the series ends within a period")
    phase = whole(element, "phase", period)
    return factors[(phase + np.arange(MAX_HORIZON)) % period]


@algorithm("ARIMA")
def arima(element: Element, model: Element) -> Forecast:
    """φ(B) Φ(Bˢ) ((1 − B)ᵈ (1 − Bˢ)ᴰ y − μ) = θ(B) Θ(Bˢ) e, future errors being 0.

    φ(B) = 1 − φ₁B − …, θ(B) = 1 + θ₁B + …, and μ is the constantTerm, as the exports of R's
    forecast package and of statsmodels mean them. Past errors are the stored Residuals.
    """
    if element.get("predictionMethod", "conditionalLeastSquares") == "exactLeastSquares":
        return _exact(element, model)
    only(element, "NonseasonalComponent", "SeasonalComponent")
    lags = _polynomials(element)
    if len(lags.errors) < len(lags.moving) - 1:
        refuse(element, "stores too few Residuals")
    past = transformed(np.array(observed(model)), element)
    recursion = np.convolve(lags.autoregressive, lags.difference)
    if len(past) < len(recursion) - 1:
        refuse(element, "the TimeSeries is too short")
    mean = real(element, "constantTerm", 0.0) * float(lags.autoregressive.sum())
    future = _continued(past, lags.errors, recursion, lags.moving, mean)
    means = restored(future, element)[None]
    if element.get("RMSE") is None or element.get("transformation", "none") != "none":
        return Forecast(means)
    return Forecast(means, real(element, "RMSE") * _spread(recursion, lags.moving))


def _exact(element: Element, model: Element) -> Forecast:
    """yₕ = Z · sₕ + μ, sₕ₊₁ = T · sₕ, from the KalmanState that R's pmml 2.0 to 2.2 writes.

    The FinalStateVector is the state at the first step ahead. Of a series that is differenced,
    the constantTerm is the slope of a line through 0, one step before the series begins.
    """
    only(element, "NonseasonalComponent", "SeasonalComponent", "MaximumLikelihoodStat")
    state = needed(needed(element, "MaximumLikelihoodStat"), "KalmanState")
    means = measured_ahead(
        np.array(state_of(state, "FinalStateVector")),
        matrix_below(needed(state, "TransitionMatrix")),
        matrix_below(needed(state, "MeasurementMatrix")),
        state,
    )
    constant = real(element, "constantTerm", 0.0)
    differenced = any(
        whole(each, order, 0)
        for name, order in (("NonseasonalComponent", "d"), ("SeasonalComponent", "D"))
        for each in children(element, name)
    )
    line = constant * (len(observed(model)) + STEPS) if differenced else constant
    return Forecast(restored(means + line, element))


class _Polynomials(NamedTuple):
    """Of B, by ascending powers: φΦ, θΘ, and (1 − B)ᵈ (1 − Bˢ)ᴰ; and the last errors."""

    autoregressive: Array
    moving: Array
    difference: Array
    errors: list[float]


def _polynomials(element: Element) -> _Polynomials:
    found = _Polynomials(np.ones(1), np.ones(1), np.ones(1), [])
    for kind, names in (("NonseasonalComponent", "pdq"), ("SeasonalComponent", "PDQ")):
        part = child(element, kind)
        if part is None:
            continue
        lag = whole(part, "period") if kind == "SeasonalComponent" else 1
        orders = [whole(part, name, 0) for name in names]
        if not 0 < lag <= 4096 or orders[1] not in range(8) or max(orders) > MAX_ORDER:
            refuse(part, "its period or an order is too large")
        ar, ma, residuals = _coefficients(part)
        if (len(ar), len(ma)) != (orders[0], orders[2]):
            refuse(part, "coefficients do not fit its orders")
        difference = found.difference
        for _ in range(orders[1]):
            difference = np.convolve(difference, _polynomial(np.array([-1.0]), lag))
        found = _Polynomials(
            np.convolve(found.autoregressive, _polynomial(-np.array(ar), lag)),
            np.convolve(found.moving, _polynomial(np.array(ma), lag)),
            difference,
            residuals if len(residuals) > len(found.errors) else found.errors,
        )
    return found


def _coefficients(part: Element) -> tuple[list[float], list[float], list[float]]:
    """Of AR and of MA, and the residuals, the last one at the end."""
    ar, ma = child(part, "AR"), child(part, "MA")
    weights = None if ma is None else child(ma, "MACoefficients")
    residuals = None if ma is None else child(ma, "Residuals")
    return (
        [] if ar is None else reals(needed(ar, "Array")),
        [] if weights is None else reals(needed(weights, "Array")),
        [] if residuals is None else reals(needed(residuals, "Array")),
    )


def _polynomial(coefficients: Array, lag: int) -> Array:
    """1 + c₁ Bˡᵃᵍ + c₂ B²ˡᵃᵍ + …"""
    result = np.zeros(len(coefficients) * lag + 1)
    result[0] = 1.0
    result[lag::lag] = coefficients
    return result


def _spread(ar: Array, ma: Array) -> Array:
    """√(ψ₀² + … + ψₕ₋₁²), ψ(B) = θ(B) / φ(B): the errors of the steps ahead, if each is 1."""
    weights = np.zeros(MAX_HORIZON)
    for step in range(MAX_HORIZON):
        recent = weights[max(0, step - len(ar) + 1) : step][::-1]
        weights[step] = (ma[step] if step < len(ma) else 0.0) - ar[1 : 1 + len(recent)] @ recent
    return np.sqrt(np.cumsum(weights**2))


def _continued(past: Array, errors: list[float], ar: Array, ma: Array, mean: float) -> Array:
    """yₜ = mean − Σ arᵢ · yₜ₋ᵢ + Σ maᵢ · eₜ₋ᵢ for the steps ahead."""
    known, size = len(past), len(ma) - 1
    series = np.concatenate([past, np.zeros(MAX_HORIZON)])
    noise = np.concatenate([errors[len(errors) - size :], np.zeros(MAX_HORIZON)])
    for step in range(MAX_HORIZON):
        now = known + step
        value = mean - ar[1:] @ series[now - len(ar) + 1 : now][::-1]
        series[now] = value + ma[1:] @ noise[step : step + size][::-1]
    return series[known:]
