"""The operator set: what a graph node can compute, each a frozen dataclass of what is stored."""

from __future__ import annotations

from ..fields import Operator
from .categories import Lookup, LookupSum, Match, OneHot
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
from .distance import Distance
from .elementwise import Binary, Missing, Unary, Where, missing
from .linear import Affine
from .nearest import Nearest
from .rows import ArgMax, Reduce, Softmax
from .trees import Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Numbers, Encode, Constant, Select, Concat, Cast, Require, Labels, OptionalLabels),
        *(Unary, Binary, Missing, Where),
        *(Match, Lookup, LookupSum, OneHot),
        *(Reduce, ArgMax, Softmax),
        *(Affine, Trees),
        *(Distance, Nearest),
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
    "OptionalLabels",
    "Reduce",
    "Require",
    "Select",
    "Softmax",
    "Trees",
    "Unary",
    "Where",
    "missing",
]
