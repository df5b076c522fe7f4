"""Special functions composed of elementwise ones."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from scorebundle.bundle.graph import Value

from .make import Maker
from .values import Real

SQRT2: Final = math.sqrt(2.0)


def normal_cdf(x: Real, maker: Maker) -> Real:
    """Φ(x) = erfc(−x / √2) / 2."""
    scaled = maker.over(maker.times(x, -1.0), SQRT2)
    return maker.times(erfc(scaled, maker), 0.5)


def erfc(x: Real, maker: Maker) -> Real:
    """1 − erf(x)."""
    return maker.unary("erfc", x) if isinstance(x, Value) else math.erfc(x)


def erf(x: Real, maker: Maker) -> Real:
    """2 / √π · ∫₀ˣ exp(−t²) dt, as 1 − erfc(x), which is absolutely exact only."""
    return maker.minus(1.0, erfc(x, maker))


def ndtri(p: Real, maker: Maker) -> Real:
    """The quantile function of the standard normal distribution."""
    if isinstance(p, Value):
        return maker.unary("ndtri", p)
    return NormalDist().inv_cdf(p) if 0 < p < 1 else math.nan
