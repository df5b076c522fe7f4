"""Operators across the numbers of one row."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, integer, require, tensor
from ..types import FLOATS, MAX_WIDTH, Type


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


class Order(Operator):
    """Positions of a row's `count` smallest numbers, in ascending order.

    Numbers that are equal keep their order; NaN comes last (numpy.argsort, kind="stable").
    """

    count: int = integer(1, MAX_WIDTH)

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        width = _floats(x).width
        require(self.count <= width, f"count: must be at most the width {width}")
        return Type("int64", self.count)


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


class WeightedMedian(Operator):
    """The number of a row at which the weights of its numbers, taken in ascending order and
    added one by one, first reach half of all weights.

    Numbers that are equal keep their order; NaN comes last. (Drucker, Improving Regressors
    using Boosting Techniques, 1997; PMML's multipleModelMethod="weightedMedian".)
    """

    weights: Array = tensor("float64", "width")

    def validate(self) -> None:
        require(bool(np.isfinite(self.weights).all()), "weights: must be finite")
        require(bool((self.weights >= 0).all()), "weights: must not be negative")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        dtype, width = _floats(x)
        require(width == len(self.weights), f"weights: must be {width}, one per number")
        return Type(dtype, 1)


class Normalize(Operator):
    """x / ‖x‖ of each row; a row whose norm is 0 stays as it is.

    ‖x‖ is Σ|x| (`l1`), √Σx² (`l2`) or max|x| (`max`): terms in x's dtype, added left to right in
    float64; the quotient is rounded once (scikit-learn's normalisation of sparse rows).
    """

    norm: str = choice("l1", "l2", "max")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return _floats(x)
