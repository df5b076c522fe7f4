"""StateSpaceModel: the state, its transition and what is measured of it (PMML 4.4)."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array

from .matrices import matrix_below
from .timeseries import MAX_HORIZON, Forecast, algorithm, only
from .xml import Element, child, children, needed, real, reals, refuse

MAX_STATE: Final = 1024
MAX_COVARIANCE: Final = 256
"""Longest StateVector of which deviations are computed: they take cubes of its length."""


@algorithm("StateSpaceModel")
def state_space(element: Element, model: Element) -> Forecast:
    """yₕ = Z · sₕ + d, where s₁ is the StateVector and sₕ₊₁ = T · sₕ + c.

    So do the exports of R's forecast package and of statsmodels mean it: the StateVector is the
    state at the first step ahead.
    """
    only(
        element,
        "StateVector",
        "TransitionMatrix",
        "MeasurementMatrix",
        "InterceptVector",
        "PredictedStateCovarianceMatrix",
        "SelectedStateCovarianceMatrix",
        "ObservationVarianceMatrix",
        "PsiVector",
    )
    state = np.array(state_of(element, "StateVector"))
    transition = matrix_below(needed(element, "TransitionMatrix"))
    measured = matrix_below(needed(element, "MeasurementMatrix"))
    size = len(state)
    drift, level = _intercepts(element, size, len(measured))
    means = measured_ahead(state, transition, measured, element, drift) + level[:, None]
    deviations = None
    if len(measured) == 1 and size <= MAX_COVARIANCE and _asks_for_deviations(model):
        deviations = _deviations(element, transition, measured)
    return Forecast(means, deviations)


def measured_ahead(
    state: Array, transition: Array, measured: Array, where: Element, drift: Array | float = 0.0
) -> Array:
    """Z · sₕ by step, sₕ₊₁ = T · sₕ + c."""
    size = len(state)
    if transition.shape != (size, size) or measured.shape[1] != size:
        refuse(where, "its matrices do not fit the StateVector")
    means = np.empty((len(measured), MAX_HORIZON))
    for step in range(MAX_HORIZON):
        means[:, step] = measured @ state
        state = transition @ state + drift
    return means


def _asks_for_deviations(model: Element) -> bool:
    output = child(model, "Output")
    asked = [] if output is None else [each.get("feature") or "" for each in children(output)]
    return any(each.startswith(("standard", "confidenceInterval")) for each in asked)


def state_of(element: Element, name: str) -> list[float]:
    """The numbers of a vector below an element."""
    values = reals(needed(needed(element, name), "Array", "REAL-SparseArray"))
    if not 0 < len(values) <= MAX_STATE:
        refuse(element, f"{name} must hold 1 to {MAX_STATE} numbers")
    return values


def _intercepts(element: Element, size: int, targets: int) -> tuple[Array, Array]:
    """What is added to the state at each step, and to what is measured."""
    drift, level = np.zeros(size), np.full(targets, real(element, "intercept", 0.0))
    vector = child(element, "InterceptVector")
    if vector is None:
        return drift, level
    values = np.array(state_of(element, "InterceptVector"))
    observation = vector.get("type", "state") == "observation"
    if len(values) != (targets if observation else size):
        refuse(vector, "does not fit the matrices")
    return (drift, level + values) if observation else (values, level)


def _deviations(element: Element, transition: Array, measured: Array) -> Array | None:
    """√(Z · Pₕ · Zᵀ + H), where Pₕ₊₁ = T · Pₕ · Tᵀ + Q.

    P₁ is the PredictedStateCovarianceMatrix. With a variance, as R writes it, all are multiples
    of that, and the matrix belongs to the last observation: one step before.
    """
    names = ("PredictedStateCovarianceMatrix", "SelectedStateCovarianceMatrix")
    stated = [child(element, name) for name in names]
    noise = child(element, "ObservationVarianceMatrix")
    if stated[0] is None or stated[1] is None:
        return None
    covariance, added = matrix_below(stated[0]), matrix_below(stated[1])
    constant = 0.0 if noise is None else float(matrix_below(noise)[0, 0])
    if covariance.shape != transition.shape or added.shape != transition.shape:
        refuse(element, "its covariance matrices do not fit the StateVector")
    unit = element.get("variance") is None
    variances = np.empty(MAX_HORIZON)
    for step in range(MAX_HORIZON):
        if step or not unit:
            covariance = transition @ covariance @ transition.T + added
        variances[step] = (measured @ covariance @ measured.T)[0, 0] + constant
    return np.sqrt(variances * (1.0 if unit else real(element, "variance")))
