"""The operator set: what a graph node can compute, each a frozen dataclass of what is stored."""

from __future__ import annotations

from ..fields import Operator
from .categories import Lookup, Match, OneHot
from .columns import Cast, Concat, Constant, Encode, Labels, Numbers, Require, Select
from .curves import Bin, Interpolate, Spline
from .elementwise import Binary, Missing, Unary, Where, missing
from .linear import Affine
from .rows import ArgMax, Normalize, Reduce, Softmax, WeightedMedian
from .text import Terms
from .trees import Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Numbers, Encode, Terms, Constant, Select, Concat, Cast, Require, Labels),
        *(Unary, Binary, Missing, Where),
        *(Match, Lookup, OneHot),
        *(Bin, Interpolate, Spline),
        *(Reduce, ArgMax, Softmax, Normalize, WeightedMedian),
        *(Affine, Trees),
    )
}
"""Every operator by the name that `graph.json` uses."""

__all__ = [
    "OPERATORS",
    "Affine",
    "ArgMax",
    "Bin",
    "Binary",
    "Cast",
    "Concat",
    "Constant",
    "Encode",
    "Interpolate",
    "Labels",
    "Lookup",
    "Match",
    "Missing",
    "Normalize",
    "Numbers",
    "OneHot",
    "Operator",
    "Reduce",
    "Require",
    "Select",
    "Softmax",
    "Spline",
    "Terms",
    "Trees",
    "Unary",
    "WeightedMedian",
    "Where",
    "missing",
]
