"""sklearn.preprocessing: numbers mapped to a distribution, uniform or normal."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri
from sklearn.preprocessing import PowerTransformer, QuantileTransformer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Interpolate

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports

THRESHOLD = 1e-7
"""How near to the first and last quantile a number is taken for it, before it becomes normal."""


@exports(QuantileTransformer)
def quantile_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean of the interpolations from below and from above; of a normal distribution, the
    quantile of that."""
    value = to.finite(x.floats(), allow_nan=True)
    columns = [
        _quantile(estimator, to.select(value, [position]), quantiles, to)
        for position, quantiles in enumerate(estimator.quantiles_.T)
    ]
    result = to.concat(columns)
    if estimator.output_distribution == "normal":
        result = _normal(result, to)
    return {"transform": Columns.of(to, to.cast(result, value.type.dtype), x.sparse)}


def _quantile(estimator: Any, x: Value, quantiles: Any, to: Export) -> Value:
    """QuantileTransformer._transform_col, in x's dtype."""
    knots = np.asarray(quantiles, np.float64)
    levels = np.asarray(estimator.references_, np.float64)
    wide = to.cast(x, "float64")
    up = to.add(Interpolate(knots, levels), wide)
    down = to.add(Interpolate(-knots[::-1], -levels[::-1]), to.unary("negative", wide))
    mean = to.binary("multiply", to.binary("subtract", up, down), 0.5)
    mean = to.cast(mean, x.type.dtype)
    low, high = float(knots[0]), float(knots[-1])
    if estimator.output_distribution == "normal":
        lower = to.cast(to.binary("subtract", x, THRESHOLD), "float64")
        upper = to.cast(to.binary("add", x, THRESHOLD), "float64")
        first, last = to.binary("less", lower, low), to.binary("greater", upper, high)
    else:
        first, last = to.binary("equal", wide, low), to.binary("equal", wide, high)
    return to.where(first, 0.0, to.where(last, 1.0, mean))


def _normal(levels: Value, to: Export) -> Value:
    """The quantiles, cut so that none is infinite."""
    found = to.cast(to.unary("ndtri", levels), "float64")
    least = float(ndtri(THRESHOLD - np.spacing(1)))
    most = float(ndtri(1 - (THRESHOLD - np.spacing(1))))
    return to.binary("minimum", to.binary("maximum", found, least), most)


@exports(PowerTransformer)
def power_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Yeo-Johnson's or Box and Cox's power of each column, then standardised if asked."""
    value = to.finite(x.floats(), allow_nan=True)
    lambdas = np.asarray(estimator.lambdas_, np.float64)
    if estimator.method == "box-cox":
        positive = to.binary("less_equal", value, 0)  # NaN is no number below 0
        value = to.require("not infinite", to.where(positive, float("inf"), value))
        power = _box_cox(to.cast(value, "float64"), lambdas, to)
    else:
        power = _yeo_johnson(value, lambdas, to)
    result = Columns.of(to, to.cast(power, value.type.dtype), x.sparse)
    if estimator.standardize:
        result = to.transform(estimator._scaler, result)
    return {"transform": result}


def _box_cox(x: Value, lambdas: Any, to: Export) -> Value:
    """(x^λ − 1) / λ as expm1(λ ln x) / λ, and ln x where λ is 0 (scipy.special.boxcox)."""
    log = to.unary("log", x)
    return _powers(log, lambdas, np.abs(lambdas) < 1e-19, to)


def _powers(log: Value, lambdas: Any, linear: Any, to: Export) -> Value:
    """expm1(λ · log) / λ, or log itself where λ is as good as 0."""
    log = to.cast(log, "float64")
    some = np.where(linear, 1.0, lambdas)
    grown = to.unary("expm1", to.binary("multiply", log, some))
    power = to.binary("divide", grown, some)
    return to.where(to.constant(linear), log, power) if linear.any() else power


def _yeo_johnson(x: Value, lambdas: Any, to: Export) -> Value:
    """Box and Cox's power λ of x + 1 from 0 up, below minus that of 1 − x with 2 − λ
    (scipy.stats.yeojohnson); the logarithms are of x's dtype, all else float64."""
    tiny = np.finfo(np.float64).eps
    positive = to.binary("greater_equal", x, 0)
    absolute = to.unary("absolute", x)
    log = to.unary("log1p", absolute)
    up = _powers(log, lambdas, np.abs(lambdas) < tiny, to)
    down = _powers(log, 2 - lambdas, np.abs(lambdas - 2) <= tiny, to)
    return to.where(positive, up, to.unary("negative", down))
