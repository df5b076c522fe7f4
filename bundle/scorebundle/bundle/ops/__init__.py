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
from .curves import Bin, Interpolate, Spline
from .distance import Distance
from .elementwise import Binary, Missing, Unary, Where, missing
from .linear import Affine
from .nearest import Nearest
from .phrases import Parse, Phrase
from .rows import ArgMax, Normalize, Reduce, Softmax
from .text import Terms
from .trees import Trees

OPERATORS: dict[str, type[Operator]] = {
    operator.__name__: operator
    for operator in (
        *(Numbers, Encode, Constant, Select, Concat, Cast, Require, Labels, OptionalLabels),
        *(Unary, Binary, Missing, Where),
        *(Match, Lookup, LookupSum, OneHot),
        *(Bin, Interpolate, Spline, Terms, Phrase, Parse),
        *(Reduce, ArgMax, Softmax, Normalize),
        *(Affine, Trees, Distance, Nearest),
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
    "Distance",
    "Encode",
    "Interpolate",
    "Labels",
    "Lookup",
    "LookupSum",
    "Match",
    "Missing",
    "Nearest",
    "Normalize",
    "Numbers",
    "OneHot",
    "Operator",
    "OptionalLabels",
    "Parse",
    "Phrase",
    "Reduce",
    "Require",
    "Select",
    "Softmax",
    "Spline",
    "Terms",
    "Trees",
    "Unary",
    "Where",
    "missing",
]
