"""The operator set: what a graph node can compute, each a frozen dataclass of what is stored."""

from __future__ import annotations

from ..fields import Operator
from .barycenter import Barycenter
from .categories import BinCount, Lookup, LookupSum, Match, OneHot
from .columns import Cast, Concat, Constant, Encode, Labels, Numbers, Require, Select
from .coupling import Coupling
from .distance import Distance
from .elementwise import Binary, Missing, Unary, Where, missing
from .linear import Affine, Solve
from .nearest import Nearest
from .rows import ArgMax, Reduce, Softmax, WeightedMedian
from .tolerance import Tolerance
from .trees import Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Cast, Concat, Constant, Encode, Labels, Numbers, Require, Select),
        *(Binary, Missing, Unary, Where),
        *(BinCount, Lookup, LookupSum, Match, OneHot),
        *(ArgMax, Reduce, Softmax, WeightedMedian),
        *(Affine, Solve),
        *(Trees,),
        *(Barycenter,),
        *(Coupling,),
        *(Distance,),
        *(Nearest,),
        *(Tolerance,),
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
    "Coupling",
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
    "Solve",
    "Tolerance",
    "Trees",
    "Unary",
    "WeightedMedian",
    "Where",
    "missing",
]
