"""The operator set: what a graph node can compute, each a frozen dataclass of what is stored."""

from __future__ import annotations

from ..fields import Operator
from .barycenter import Barycenter
from .categories import BinCount, Lookup, LookupSum, Match, OneHot
from .columns import (
    Cast,
    Concat,
    Constant,
    Encode,
    Labels,
    Numbers,
    OptionalLabels,
    Require,
    Select,
)
from .contributions import TreeContributions
from .coupling import Coupling
from .curves import Bin, Interpolate, Spline
from .distance import Distance
from .elementwise import Binary, Missing, Unary, Where, missing
from .items import Items
from .iterative import Multiplicative, NonNegative, SparseCode, Topics
from .linear import Affine, Solve
from .nearest import Nearest
from .phrases import Parse, Phrase
from .rows import ArgMax, Normalize, Order, Reduce, Softmax, WeightedMedian
from .text import Terms
from .tolerance import Tolerance
from .trees import Forest, Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Cast, Concat, Constant, Encode, Labels, Numbers, Require, Select, OptionalLabels),
        *(Terms, Items),
        *(Binary, Missing, Unary, Where),
        *(BinCount, Lookup, LookupSum, Match, OneHot),
        *(ArgMax, Normalize, Order, Reduce, Softmax, WeightedMedian),
        *(Affine, Solve),
        *(Trees, TreeContributions),
        *(Barycenter,),
        *(Coupling,),
        *(Bin, Interpolate, Spline),
        *(Distance,),
        *(Multiplicative, NonNegative, SparseCode, Topics),
        *(Nearest,),
        *(Tolerance,),
        *(Parse, Phrase),
    )
}
"""Every operator by the name that `graph.json` uses."""

__all__ = [
    "OPERATORS",
    "Affine",
    "ArgMax",
    "Barycenter",
    "Bin",
    "BinCount",
    "Binary",
    "Cast",
    "Concat",
    "Constant",
    "Coupling",
    "Distance",
    "Encode",
    "Forest",
    "Interpolate",
    "Items",
    "Labels",
    "Lookup",
    "LookupSum",
    "Match",
    "Missing",
    "Multiplicative",
    "Nearest",
    "NonNegative",
    "Normalize",
    "Numbers",
    "OneHot",
    "Operator",
    "OptionalLabels",
    "Order",
    "Parse",
    "Phrase",
    "Reduce",
    "Require",
    "Select",
    "Softmax",
    "Solve",
    "SparseCode",
    "Spline",
    "Terms",
    "Tolerance",
    "Topics",
    "TreeContributions",
    "Trees",
    "Unary",
    "WeightedMedian",
    "Where",
    "missing",
]
