"""Special functions composed of elementwise ones."""

from __future__ import annotations

import math

from .make import Maker
from .values import Real

SQRT2 = math.sqrt(2.0)


def normal_cdf(x: Real, maker: Maker) -> Real:
    """Φ(x) = erfc(−x / √2) / 2."""
    scaled = maker.over(maker.times(x, -1.0), SQRT2)
    return maker.times(erfc(scaled, maker), 0.5)


def erfc(x: Real, maker: Maker) -> Real:
    """1 − erf(x)."""
    return maker.unary("erfc", x)


def erf(x: Real, maker: Maker) -> Real:
    """2 / √π · ∫₀ˣ exp(−t²) dt."""
    return maker.unary("erf", x)
