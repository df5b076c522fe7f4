"""sklearn.preprocessing: numbers mapped to a distribution, uniform or normal."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri
from sklearn.preprocessing import PowerTransformer, QuantileTransformer, StandardScaler

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Interpolate

from ..columns import Columns
from ..export import Export
from ..registry import INVERSES, Outputs, exports

THRESHOLD = 1e-7
"""How near to the first and last quantile a number is taken for it, before it becomes normal."""


@exports(QuantileTransformer)
def quantile_transformer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The mean of the interpolations from below and from above; of a normal distribution, the
    quantile of that."""
    value = to.finite(x.floats(), allow_nan=True)
    if x.sparse and not estimator.ignore_implicit_zeros:
        below = to.binary("less", value, 0)
        value = to.require("not infinite", to.where(below, float("inf"), value))
    columns = [
        _quantile(estimator, to.select(value, [position]), quantiles, to)
        for position, quantiles in enumerate(estimator.quantiles_.T)
    ]
    result = to.concat(columns)
    if estimator.output_distribution == "normal":
        result = _normal(result, to)
    result = to.cast(result, value.type.dtype)
    if x.sparse:  # only what a sparse matrix stores is mapped
        result = to.where(to.binary("equal", value, 0), 0, result)
    return {"transform": Columns.of(to, result, x.sparse)}


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
    lambdas = np.asarray(estimator.lambdas_)
    if estimator.method == "box-cox":
        positive = to.binary("less_equal", value, 0)  # NaN is no number below 0
        value = to.require("not infinite", to.where(positive, float("inf"), value))
        power = _box_cox(to.cast(value, "float64"), lambdas.astype(np.float64), to)
    else:
        own = hasattr(estimator, "_yeo_johnson_transform")  # scikit-learn's, before it had scipy's
        power = (_yeo_johnson_of_powers if own else _yeo_johnson)(value, lambdas, to)
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
    log = to.cast(log, np.result_type(log.type.dtype, lambdas).name)
    some = np.where(linear, 1, lambdas)
    grown = to.unary("expm1", to.binary("multiply", log, some))
    power = to.binary("divide", grown, some)
    return to.where(to.constant(linear), log, power) if linear.any() else power


def _yeo_johnson(x: Value, lambdas: Any, to: Export) -> Value:
    """Box and Cox's power λ of x + 1 from 0 up, below minus that of 1 − x with 2 − λ
    (scipy.stats.yeojohnson); the logarithms are of x's dtype, the rest of the wider one."""
    tiny = np.finfo(np.result_type(x.type.dtype, lambdas)).eps
    positive = to.binary("greater_equal", x, 0)
    absolute = to.unary("absolute", x)
    log = to.unary("log1p", absolute)
    up = _powers(log, lambdas, np.abs(lambdas) < tiny, to)
    down = _powers(log, 2 - lambdas, np.abs(lambdas - 2) <= tiny, to)
    return to.where(positive, up, to.unary("negative", down))


def _yeo_johnson_of_powers(x: Value, lambdas: Any, to: Export) -> Value:
    """((x + 1)^λ − 1) / λ from 0 up, below minus that of 1 − x with 2 − λ, and the logarithm where
    the power is 0 (PowerTransformer before 1.9); x + 1 and the logarithm are of x's dtype."""
    absolute = to.unary("absolute", x)
    scalar = lambdas.dtype.type(1)  # numpy 1 does not let it widen float32
    wide = np.result_type(np.empty(1, x.type.dtype), scalar).name
    log = to.cast(to.unary("log1p", absolute), wide)
    base = to.cast(to.binary("add", absolute, 1), wide)

    def power(exponents: Any) -> Value:
        none = np.abs(exponents) < np.spacing(1.0)
        some = np.where(none, 1, exponents)
        grown = to.binary("subtract", to.binary("power", base, some), 1)
        result = to.binary("divide", grown, some)
        return to.where(to.constant(none), log, result) if none.any() else result

    positive = to.binary("greater_equal", x, 0)
    return to.where(positive, power(lambdas), to.unary("negative", power(2 - lambdas)))


def _power_inverse(estimator: PowerTransformer, value: Value, to: Export) -> Value:
    """PowerTransformer.inverse_transform: powers in float64, put back in the value's dtype."""
    if estimator.standardize:
        value = INVERSES[StandardScaler](estimator._scaler, value, to)
    power = _power_undone(estimator, to.cast(value, "float64"), to)
    return to.cast(power, value.type.dtype)


def _power_undone(estimator: PowerTransformer, value: Value, to: Export) -> Value:
    lambdas = np.asarray(estimator.lambdas_, np.float64)
    if estimator.method == "box-cox":  # scipy.special.inv_boxcox
        some = np.where(lambdas == 0, 1, lambdas)
        log = to.unary("log1p", to.binary("multiply", value, some))
        power = to.unary("exp", to.binary("divide", log, some))
        linear = to.constant(lambdas == 0)
        return to.where(linear, to.unary("exp", value), power)
    up = _grown(value, lambdas, np.abs(lambdas) < np.spacing(1.0), to)
    minus = to.unary("negative", value)
    down = _grown(minus, 2 - lambdas, np.abs(lambdas - 2) <= np.spacing(1.0), to)
    below = to.unary("negative", down)
    return to.where(to.binary("greater_equal", value, 0), up, below)


def _grown(x: Value, lambdas: Any, linear: Any, to: Export) -> Value:
    """(λx + 1)^(1/λ) − 1, or e^x − 1 where λ is as good as 0."""
    some = np.where(linear, 1.0, lambdas)
    base = to.binary("add", to.binary("multiply", x, some), 1)
    power = to.binary("power", base, to.constant(1 / some))
    if linear.any():
        power = to.where(to.constant(linear), to.unary("exp", x), power)
    return to.binary("subtract", power, 1)


def _quantile_inverse(estimator: QuantileTransformer, value: Value, to: Export) -> Value:
    """QuantileTransformer.inverse_transform: levels back to quantiles."""
    wide = to.cast(value, "float64")
    columns = [
        _level_inverse(estimator, to.select(wide, [i]), np.asarray(quantiles, np.float64), to)
        for i, quantiles in enumerate(estimator.quantiles_.T)
    ]
    return to.cast(to.concat(columns), value.type.dtype)


def _level_inverse(estimator: QuantileTransformer, x: Value, quantiles: Any, to: Export) -> Value:
    """The quantile at a level; the first and last ones beyond, or very near to, 0 and 1."""
    levels = np.asarray(estimator.references_, np.float64)
    if estimator.output_distribution == "uniform":
        return to.add(Interpolate(levels, quantiles), x)
    level = to.unary("ndtr", x)
    result = to.add(Interpolate(levels, quantiles), level)
    above = to.binary("greater", to.binary("add", level, THRESHOLD), 1)
    below = to.binary("less", to.binary("subtract", level, THRESHOLD), 0)
    result = to.where(above, float(quantiles[-1]), result)
    return to.where(below, float(quantiles[0]), result)


INVERSES[PowerTransformer] = _power_inverse
INVERSES[QuantileTransformer] = _quantile_inverse
