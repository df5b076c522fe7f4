"""GaussianProcessModel: regression by the covariance with the training rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Distance, Reduce

from .expressions import numeric
from .make import Maker
from .prediction import Prediction, model
from .scope import Scope
from .values import Number, Real
from .xml import Element, child, children, column, needed, real, reals, refuse, rows, tag, text

MAX_ROWS: Final = 2048
"""Most training rows: their covariances are a matrix of so many rows and columns."""


class Kernel(NamedTuple):
    """γ · exp(−f · d), where d is a distance between scaled points.

    Attributes:
        metric: sqeuclidean, manhattan, or minkowski for Σ |x − z|ᵈᵉᵍʳᵉᵉ.
        factor: f.
        degree: of minkowski.
    """

    metric: str
    factor: float
    degree: float = 1.0


KERNELS: Final[dict[str, Callable[[Element], Kernel]]] = {
    "RadialBasisKernel": lambda _: Kernel("sqeuclidean", 0.5),
    "ARDSquaredExponentialKernel": lambda _: Kernel("sqeuclidean", 0.5),
    "AbsoluteExponentialKernel": lambda _: Kernel("manhattan", 1.0),
    "GeneralizedExponentialKernel": lambda e: Kernel("minkowski", 1.0, real(e, "degree", 1.0)),
}
"""Covariance functions (PMML, Gaussian Process)."""


@model("GaussianProcessModel")
def gaussian_process(element: Element, scope: Scope) -> Prediction:
    """μ = k(x)ᵀ (K + σ²I)⁻¹ y, and its variance k(x, x) − k(x)ᵀ (K + σ²I)⁻¹ k(x)."""
    if element.get("functionName") != "regression":
        refuse(element, "only regression is supported")
    found = next((each for each in children(element) if tag(each) in KERNELS), None)
    if found is None:
        refuse(element, "needs a kernel")
    if not real(found, "degree", 1.0) > 0:
        refuse(found, "degree must be above 0")
    kernel, gamma = KERNELS[tag(found)](found), real(found, "gamma", 1.0)
    names, points, y = _training(element)
    scales = _scales(found, len(names))
    points = points / scales
    inverse = _inverse_factor(kernel, gamma, points, found)
    maker = scope.maker
    fields = [numeric(scope.get(name, element), maker) for name in names]
    x = maker.real(maker.over(maker.matrix(fields), maker.constant(scales)))
    near = maker.times(_measured(kernel, points, x, maker), -kernel.factor)
    k = maker.real(maker.times(maker.unary("exp", near), gamma))
    weights = inverse.T @ (inverse @ y)
    result = Prediction("regression", Number(maker.add(Affine(weights[None], np.zeros(1)), k)))
    _with_deviation(result, element, inverse, k, gamma, maker)
    return result


def _inverse_factor(kernel: Kernel, gamma: float, points: Array, element: Element) -> Array:
    """L⁻¹, where L Lᵀ = K + σ²I."""
    with np.errstate(all="ignore"):
        covariance = gamma * np.exp(-kernel.factor * _distances(kernel, points))
        covariance[np.diag_indices_from(covariance)] += real(element, "noiseVariance", 1.0)
        try:
            inverse = np.linalg.inv(np.linalg.cholesky(covariance))
        except np.linalg.LinAlgError:
            inverse = np.full_like(covariance, np.nan)
    if not np.all(np.isfinite(inverse)):
        refuse(element, "the training rows' covariances are not positive definite")
    return inverse


def _with_deviation(
    result: Prediction, element: Element, inverse: Array, k: Value, gamma: float, maker: Maker
) -> None:
    """√(γ − ‖L⁻¹ k‖²), where the Output asks for it."""
    output = child(element, "Output")
    asked = [] if output is None else [each.get("feature") for each in children(output)]
    if set(asked) <= {None, "predictedValue", "transformedValue"}:
        return
    parts: Real = maker.add(Affine(inverse, np.zeros(len(inverse))), k)
    square = maker.add(Reduce("sum"), maker.real(maker.times(parts, parts)))
    variance = maker.arithmetic("maximum", maker.minus(gamma, square), 0.0)
    deviation = Number(maker.unary("sqrt", variance))
    result.features["standardDeviation"] = result.features["standardError"] = deviation


def _training(element: Element) -> tuple[list[str], Array, Array]:
    """The names of the input fields, their values in the training rows, and the target's."""
    instances = needed(element, "TrainingInstances")
    columns = {
        text(each, "field"): column(each, "column" if each.get("column") else "field")
        for each in children(needed(instances, "InstanceFields"), "InstanceField")
    }
    usages = {
        text(each, "name"): each.get("usageType", "active")
        for each in children(needed(element, "MiningSchema"), "MiningField")
    }
    targets = [name for name in columns if usages.get(name) in ("target", "predicted")]
    names = [name for name in columns if name not in targets]
    table = rows(needed(instances, "InlineTable"))
    if len(targets) != 1 or not names or not 0 < len(table) <= MAX_ROWS:
        refuse(instances, f"needs one target, input fields, and at most {MAX_ROWS} rows")
    try:
        numbers = np.array(
            [[float(cells[columns[name]]) for name in [*names, *targets]] for cells in table]
        )
    except (KeyError, ValueError):
        refuse(instances, "must hold a number for each field in each row")
    if not np.all(np.isfinite(numbers)):
        refuse(instances, "must hold finite numbers")
    return names, numbers[:, :-1], numbers[:, -1]


def _scales(element: Element, width: int) -> Array:
    """λ: one for all fields, or one for each; 1 if the document states none."""
    arrays = [reals(needed(each, "Array")) for each in children(element, "Lambda")]
    stated = [value for values in arrays for value in values] or [real(element, "lambda", 1.0)]
    if len(stated) not in (1, width) or not all(0 < value < math.inf for value in stated):
        refuse(element, "needs a Lambda above 0 for each field")
    return np.broadcast_to(np.array(stated), (width,)).copy()


def _distances(kernel: Kernel, points: Array) -> Array:
    """Between all training rows."""
    degree = {"sqeuclidean": 2.0, "manhattan": 1.0}.get(kernel.metric, kernel.degree)
    total = np.zeros((len(points), len(points)))
    for values in points.T:
        total += np.abs(values[:, None] - values) ** degree
    return total


def _measured(kernel: Kernel, points: Array, x: Value, maker: Maker) -> Real:
    """Of a row to all training rows."""
    none = np.zeros((0, points.shape[1]))
    if kernel.metric != "minkowski":
        return maker.add(Distance(points, kernel.metric, np.ones(1), none, "ordered"), x)
    terms = []
    for index, values in enumerate(points.T):
        apart = maker.unary("absolute", maker.minus(maker.column(x, index), maker.constant(values)))
        terms.append(maker.arithmetic("power", apart, kernel.degree))
    return maker.plus(*terms)
