"""Operators across the numbers of one row."""

from __future__ import annotations

from ..fields import Operator, choice, require
from ..types import FLOATS, Type


def _floats(x: Type) -> Type:
    require(x.dtype in FLOATS, f"needs float32 or float64, not {x.dtype}")
    require(x.width > 0, "needs a width of at least 1")
    return x


class Reduce(Operator):
    """Fold of a row into one number, left to right. NaN is passed on.

    logsumexp, with m numbers equal to the largest, x*, is log1p(Σ exp(x − x*) / m) + log(m) + x*,
    the sum over all others (sklearn.naive_bayes, scipy.special.logsumexp).
    Contract: exact for minimum and maximum; for sum 8 ulp, as numpy adds pairwise; for logsumexp
    8 ulp, and 16 ulp of 1 + |x*| as far as the other numbers matter.
    """

    op: str = choice("sum", "minimum", "maximum", "logsumexp")

    def bound(self) -> tuple[int, str]:
        if self.op == "logsumexp":
            return 8, "exp and log are the platform's libm; numpy sums in another order"
        return (8, "numpy sums in another order") if self.op == "sum" else (0, "")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return Type(_floats(x).dtype, 1)


class ArgMax(Operator):
    """Position of a row's first largest number; the first NaN if there is one (numpy.argmax)."""

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        _floats(x)
        return Type("int64", 1)


class Softmax(Operator):
    """exp(x − max) / Σ exp(x − max) of each row.

    For float32 the exponentials are float32 and their sum is float64, as in XGBoost
    (common/math.h, Softmax); for float64 as in scikit-learn (utils.extmath.softmax).
    Contract: 8 ulp (libm; numpy sums pairwise).
    """

    ulp = 8
    reason = "exp is the platform's libm; numpy sums in another order"

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return _floats(x)


class Normalize(Operator):
    """x / ‖x‖ of each row; a row whose norm is 0 stays as it is.

    ‖x‖ is Σ|x| (`l1`), √Σx² (`l2`) or max|x| (`max`): terms in x's dtype, added left to right in
    float64; the quotient is rounded once (scikit-learn's normalisation of sparse rows).
    """

    norm: str = choice("l1", "l2", "max")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return _floats(x)
