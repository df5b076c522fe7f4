"""The quantile function of the standard normal distribution.

S. Moshier's rational approximations (Cephes, 1984–1992), which scipy.special.ndtri computes:
around the median p + p³·R(p²) with p less ½, times √2π; in the tails z − ln z / z − R(1/z) / z with
z = √(−2 ln p), of one R up to z = 8 and another beyond.
"""

from __future__ import annotations

import math

from numba import types

from .native import inline, libm

log = libm("log", types.float64)
EXP_MINUS_2 = 0.13533528323661269189
ROOT_TWO_PI = 2.50662827463100050242e0


@inline
def _middle(y: float) -> float:
    p = -5.99633501014107895267e1
    p = p * y + 9.80010754185999661536e1
    p = p * y + -5.66762857469070293439e1
    p = p * y + 1.39312609387279679503e1
    p = p * y + -1.23916583867381258016e0
    q = y + 1.95448858338141759834e0
    q = q * y + 4.67627912898881538453e0
    q = q * y + 8.63602421390890590575e1
    q = q * y + -2.25462687854119370527e2
    q = q * y + 2.00260212380060660359e2
    q = q * y + -8.20372256168333339912e1
    q = q * y + 1.59056225126211695515e1
    q = q * y + -1.18331621121330003142e0
    return y * p / q


@inline
def _tail(z: float) -> float:
    p = 4.05544892305962419923e0
    p = p * z + 3.15251094599893866154e1
    p = p * z + 5.71628192246421288162e1
    p = p * z + 4.40805073893200834700e1
    p = p * z + 1.46849561928858024014e1
    p = p * z + 2.18663306850790267539e0
    p = p * z + -1.40256079171354495875e-1
    p = p * z + -3.50424626827848203418e-2
    p = p * z + -8.57456785154685413611e-4
    q = z + 1.57799883256466749731e1
    q = q * z + 4.53907635128879210584e1
    q = q * z + 4.13172038254672030440e1
    q = q * z + 1.50425385692907503408e1
    q = q * z + 2.50464946208309415979e0
    q = q * z + -1.42182922854787788574e-1
    q = q * z + -3.80806407691578277194e-2
    q = q * z + -9.33259480895457427372e-4
    return z * p / q


@inline
def _far_tail(z: float) -> float:
    p = 3.23774891776946035970e0
    p = p * z + 6.91522889068984211695e0
    p = p * z + 3.93881025292474443415e0
    p = p * z + 1.33303460815807542389e0
    p = p * z + 2.01485389549179081538e-1
    p = p * z + 1.23716634817820021358e-2
    p = p * z + 3.01581553508235416007e-4
    p = p * z + 2.65806974686737550832e-6
    p = p * z + 6.23974539184983293730e-9
    q = z + 6.02427039364742014255e0
    q = q * z + 3.67983563856160859403e0
    q = q * z + 1.37702099489081330271e0
    q = q * z + 2.16236993594496635890e-1
    q = q * z + 1.34204006088543189037e-2
    q = q * z + 3.28014464682127739104e-4
    q = q * z + 2.89247864745380683936e-6
    q = q * z + 6.79019408009981274425e-9
    return z * p / q


@inline
def ndtri(p: float) -> float:
    """x with P(X ≤ x) = p; −inf at 0, inf at 1, NaN outside."""
    if not 0.0 < p < 1.0:
        return -math.inf if p == 0.0 else math.inf if p == 1.0 else math.nan
    upper = p > 1.0 - EXP_MINUS_2
    y = 1.0 - p if upper else p
    if y > EXP_MINUS_2:
        y = y - 0.5
        return (y + y * _middle(y * y)) * ROOT_TWO_PI
    x = math.sqrt(-2.0 * log(y))
    z = 1.0 / x
    far = _tail(z) if x < 8.0 else _far_tail(z)
    x = float(x - log(x) / x - far)
    return x if upper else -x
