"""The operator set: what a graph node can compute, each a frozen dataclass of what is stored."""

from __future__ import annotations

from ..fields import Operator
from .barycenter import Barycenter
from .categories import BinCount, Lookup, LookupSum, Match, OneHot
from .columns import Cast, Concat, Constant, Encode, Labels, Numbers, Require, Select
from .distance import Distance
from .elementwise import Binary, Missing, Unary, Where, missing
from .linear import Affine
from .nearest import Nearest
from .rows import ArgMax, Reduce, Softmax
from .tolerance import Tolerance
from .trees import Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Numbers, Encode, Constant, Select, Concat, Cast, Require, Labels),
        *(Unary, Binary, Missing, Where),
        *(Match, Lookup, LookupSum, OneHot, BinCount),
        *(Reduce, ArgMax, Softmax),
        *(Affine, Trees),
        *(Distance, Nearest, Barycenter, Tolerance),
    )
}
"""Every operator by the name that `graph.json` uses."""

__all__ = [
    "OPERATORS",
    "Affine",
    "ArgMax",
    "Barycenter",
    "BinCount",
    "Binary",
    "Cast",
    "Concat",
    "Constant",
    "Distance",
    "Encode",
    "Labels",
    "Lookup",
    "LookupSum",
    "Match",
    "Missing",
    "Nearest",
    "Numbers",
    "OneHot",
    "Operator",
    "Reduce",
    "Require",
    "Select",
    "Softmax",
    "Tolerance",
    "Trees",
    "Unary",
    "Where",
    "missing",
]
