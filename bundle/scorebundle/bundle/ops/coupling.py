"""From probabilities of pairs of classes to those of classes."""

from __future__ import annotations

from ..fields import Operator, integer, require
from ..types import Type

MAX_CLASSES = 1024


class Coupling(Operator):
    """Probabilities p of `classes` classes from r, those of each pair, as libsvm couples them.

    Input: r[i, j] = P(i | i or j) for i < j: (0, 1), (0, 2), …, (1, 2), …; r[j, i] = 1 − r[i, j].
    With Q[t, t] = Σ r[j, t]² and Q[t, j] = −r[j, t] r[t, j], p minimises pᵀ Q p: from 1 / classes
    on, coordinate by coordinate, at most max(100, classes) rounds, until no |Q p − pᵀ Q p|
    reaches 0.005 / classes (Wu, Lin, Weng, JMLR 5 (2004), method 2; libsvm's
    multiclass_probability).
    Contract: 16 ulp, for compilers that fuse or reorder; all operations are IEEE arithmetic.
    """

    ulp = 16
    reason = "an iteration carries rounding on"
    classes: int = integer(2, MAX_CLASSES)

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        needed = Type("float64", self.classes * (self.classes - 1) // 2)
        require(x == needed, f"needs {needed}, not {x}")
        return Type("float64", self.classes)
