"""The operator set: what a graph node can compute, each a frozen dataclass of what is stored."""

from __future__ import annotations

from ..fields import Operator
from .categories import Lookup, Match, OneHot
from .columns import Cast, Concat, Constant, Encode, Labels, Numbers, Require, Select
from .coupling import Coupling
from .distance import Distance
from .elementwise import Binary, Missing, Unary, Where, missing
from .linear import Affine, Solve
from .rows import ArgMax, Reduce, Softmax, WeightedMedian
from .trees import Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Numbers, Encode, Constant, Select, Concat, Cast, Require, Labels),
        *(Unary, Binary, Missing, Where),
        *(Match, Lookup, OneHot),
        *(Reduce, ArgMax, Softmax, WeightedMedian, Coupling),
        *(Affine, Solve, Trees),
        Distance,
    )
}
"""Every operator by the name that `graph.json` uses."""

__all__ = [
    "OPERATORS",
    "Affine",
    "ArgMax",
    "Binary",
    "Cast",
    "Concat",
    "Constant",
    "Coupling",
    "Distance",
    "Encode",
    "Labels",
    "Lookup",
    "Match",
    "Missing",
    "Numbers",
    "OneHot",
    "Operator",
    "Reduce",
    "Require",
    "Select",
    "Softmax",
    "Solve",
    "Trees",
    "Unary",
    "WeightedMedian",
    "Where",
    "missing",
]
