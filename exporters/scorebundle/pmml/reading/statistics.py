"""Functions of the normal distribution (PMML, Built-in functions)."""

from __future__ import annotations

import math
from typing import Final

from .functions import Call, function
from .special import erf, ndtri, normal_cdf
from .values import Field, Real
from .xml import refuse

SQRT_2PI: Final = math.sqrt(2 * math.pi)


def _standard(call: Call) -> Real:
    """(x − mean) / deviation."""
    maker = call.maker
    return maker.over(maker.minus(call.number(0), call.number(1)), call.number(2))


@function("normalCDF")
def _normal_cdf(call: Call) -> Field:
    return call.result(normal_cdf(_standard(call), call.maker))


@function("stdNormalCDF")
def _standard_cdf(call: Call) -> Field:
    return call.result(normal_cdf(call.number(0), call.maker))


def _density(z: Real, call: Call) -> Real:
    maker = call.maker
    half = maker.times(maker.times(z, z), -0.5)
    return maker.over(maker.unary("exp", half), SQRT_2PI)


@function("normalPDF")
def _normal_pdf(call: Call) -> Field:
    return call.result(call.maker.over(_density(_standard(call), call), call.number(2)))


@function("stdNormalPDF")
def _standard_pdf(call: Call) -> Field:
    return call.result(_density(call.number(0), call))


@function("stdNormalIDF")
def _standard_idf(call: Call) -> Field:
    return call.result(ndtri(call.number(0), call.maker))


@function("normalIDF")
def _normal_idf(call: Call) -> Field:
    maker = call.maker
    z = ndtri(call.number(0), maker)
    return call.result(maker.plus(maker.times(z, call.number(2)), call.number(1)))


@function("erf")
def _erf(call: Call) -> Field:
    return call.result(erf(call.number(0), call.maker))


@function("stats::ppois")
def _poisson_above(call: Call) -> Field:
    """JPMML-R: ln P(X > 0) = ln(1 − exp(−λ)) of a Poisson distribution, for its hurdle models."""
    if not isinstance(call.number(0), float | int) or call.number(0) != 0:
        refuse(call.where, "is supported for the constant 0 only")
    maker, rate = call.maker, call.number(1)
    above = maker.times(maker.unary("expm1", maker.times(rate, -1.0)), -1.0)
    return call.result(maker.unary("log", above))
