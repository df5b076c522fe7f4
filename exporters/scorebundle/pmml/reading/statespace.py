"""StateSpaceModel: the state, its transition and what is measured of it (PMML 4.4)."""

from __future__ import annotations

from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array

from .timeseries import MAX_HORIZON, Forecast, algorithm, only
from .xml import Element, child, children, needed, real, reals, refuse, whole

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
    state = np.array(_vector(element, "StateVector"))
    transition = matrix(needed(element, "TransitionMatrix"))
    measured = matrix(needed(element, "MeasurementMatrix"))
    size = len(state)
    if transition.shape != (size, size) or measured.shape[1] != size:
        refuse(element, "its matrices do not fit the StateVector")
    drift, level = _intercepts(element, size, len(measured))
    means = np.empty((len(measured), MAX_HORIZON))
    for step in range(MAX_HORIZON):
        means[:, step] = measured @ state + level
        state = transition @ state + drift
    deviations = None
    if len(measured) == 1 and size <= MAX_COVARIANCE and _asks_for_deviations(model):
        deviations = _deviations(element, transition, measured)
    return Forecast(means, deviations)


def _asks_for_deviations(model: Element) -> bool:
    output = child(model, "Output")
    asked = [] if output is None else [each.get("feature") or "" for each in children(output)]
    return any(each.startswith(("standard", "confidenceInterval")) for each in asked)


def _vector(element: Element, name: str) -> list[float]:
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
    values = np.array(_vector(element, "InterceptVector"))
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
    covariance, added = matrix(stated[0]), matrix(stated[1])
    constant = 0.0 if noise is None else float(matrix(noise)[0, 0])
    if covariance.shape != transition.shape or added.shape != transition.shape:
        refuse(element, "its covariance matrices do not fit the StateVector")
    unit = element.get("variance") is None
    variances = np.empty(MAX_HORIZON)
    for step in range(MAX_HORIZON):
        if step or not unit:
            covariance = transition @ covariance @ transition.T + added
        variances[step] = (measured @ covariance @ measured.T)[0, 0] + constant
    return np.sqrt(variances * (1.0 if unit else real(element, "variance")))


def matrix(parent: Element) -> Array:
    """The Matrix below an element: rows, a triangle, a diagonal, or single cells."""
    element = needed(parent, "Matrix")
    kind = element.get("kind", "any")
    lines = [reals(each) for each in children(element, "Array")]
    height = whole(element, "nbRows", len(lines))
    width = whole(element, "nbCols", max(map(len, lines), default=height))
    if not (0 < height <= MAX_STATE and 0 < width <= MAX_STATE):
        refuse(element, "is empty or too large")
    result = np.full((height, width), real(element, "offDiagDefault", 0.0))
    if height == width:
        np.fill_diagonal(result, real(element, "diagDefault", 0.0))
    if kind == "diagonal" and len(lines) == 1 and len(lines[0]) == height == width:
        np.fill_diagonal(result, lines[0])
        return result
    if lines and len(lines) != height:
        refuse(element, "must have an Array for each row")
    for row, values in enumerate(lines):
        if len(values) != (row + 1 if kind == "symmetric" else width):
            refuse(element, "has an Array that does not fit")
        result[row, : len(values)] = values
        if kind == "symmetric":
            result[: len(values), row] = values
    for cell in children(element, "MatCell"):
        _set(result, cell, kind)
    return result


def _set(result: Array, cell: Element, kind: str) -> None:
    row, place = whole(cell, "row") - 1, whole(cell, "col") - 1
    if not (0 <= row < result.shape[0] and 0 <= place < result.shape[1]):
        refuse(cell, "lies outside the Matrix")
    try:
        result[row, place] = float(cell.text or "")
    except ValueError:
        refuse(cell, "must hold a number")
    if kind == "symmetric":
        result[place, row] = result[row, place]
