"""inverse_transform of the distributions, for the targets that they transform."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import PowerTransformer, QuantileTransformer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Interpolate

from ..export import Export
from ..registry import INVERSES, inverted


def _power(estimator: Any, value: Value, to: Export) -> Value:
    """What Yeo-Johnson's or Box and Cox's power was taken of."""
    dtype = value.type.dtype
    value = to.finite(value, allow_nan=True)
    if estimator.standardize:
        value = inverted(estimator._scaler, value, to)
    undo = _box_cox if estimator.method == "box-cox" else _yeo_johnson
    columns = [
        undo(to.cast(to.select(value, [column]), "float64"), float(power), to)
        for column, power in enumerate(estimator.lambdas_)
    ]
    return to.cast(to.concat(columns), dtype)


def _box_cox(x: Value, power: float, to: Export) -> Value:
    """exp(log1p(λ x) / λ), and exp(x) where λ is 0 (scipy.special.inv_boxcox)."""
    if power == 0:
        return to.unary("exp", x)
    log = to.unary("log1p", to.binary("multiply", x, power))
    return to.unary("exp", to.binary("divide", log, power))


def _yeo_johnson(x: Value, power: float, to: Export) -> Value:
    """(x λ + 1)^(1/λ) − 1 from 0 up, below 1 − (1 − (2 − λ) x)^(1/(2 − λ))."""
    tiny = np.spacing(1.0)
    if abs(power) < tiny:
        up = to.binary("subtract", to.unary("exp", x), 1)
    else:
        base = to.binary("add", to.binary("multiply", x, power), 1)
        up = to.binary("subtract", to.binary("power", base, 1 / power), 1)
    if abs(power - 2) > tiny:
        base = to.binary("add", to.binary("multiply", x, -(2 - power)), 1)
        down = to.complement(to.binary("power", base, 1 / (2 - power)))
    else:
        down = to.complement(to.unary("exp", to.unary("negative", x)))
    return to.where(to.binary("greater_equal", x, 0), up, down)


def _quantile(estimator: Any, value: Value, to: Export) -> Value:
    """The quantile at a level between 0 and 1, which is there already or is the normal's."""
    if estimator.output_distribution == "normal":
        to.block("the inverse of a normal QuantileTransformer", "use output_distribution='uniform'")
    value = to.finite(value, allow_nan=True)
    levels = np.asarray(estimator.references_, np.float64)
    columns = [
        to.add(
            Interpolate(levels, np.asarray(quantiles, np.float64)),
            to.cast(to.select(value, [column]), "float64"),
        )
        for column, quantiles in enumerate(estimator.quantiles_.T)
    ]
    return to.cast(to.concat(columns), value.type.dtype)


INVERSES[PowerTransformer] = _power
INVERSES[QuantileTransformer] = _quantile
