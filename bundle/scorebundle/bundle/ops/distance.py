"""Distances of a row to stored points."""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, require, tensor
from ..types import Type

METRICS = [
    "euclidean",
    "sqeuclidean",
    "seuclidean",
    "mahalanobis",
    "manhattan",
    "chebyshev",
    "minkowski",
    "canberra",
    "braycurtis",
    "cosine",
    "hamming",
    "matching",
    "jaccard",
    "dice",
    "rogerstanimoto",
    "russellrao",
    "sokalsneath",
    "haversine",
    "nan_euclidean",
]
"""Named as in scikit-learn's DistanceMetric and scipy.spatial.distance. With d = x − p:

    euclidean       √Σ dᵢ²                      sqeuclidean   Σ dᵢ²
    seuclidean      √Σ dᵢ² / vᵢ                 mahalanobis   √Σᵢ (Σⱼ vᵢⱼ dⱼ) dᵢ
    manhattan       Σ |dᵢ|                      chebyshev     max |dᵢ|
    minkowski       (Σ wᵢ |dᵢ|ᵒ)^(1/o), o the order
    canberra        Σ |dᵢ| / (|xᵢ| + |pᵢ|), 0 where both are 0
    braycurtis      Σ |dᵢ| / Σ (|xᵢ| + |pᵢ|), 0 where that is 0
    cosine          1 − x·p / (|x| |p|) within [0, 2]; 1 if x or p is 0
    hamming         share of i where xᵢ ≠ pᵢ
    haversine       of (latitude, longitude) in radians, on the unit sphere
    nan_euclidean   √(n/m Σ dᵢ²) over the m of n columns where neither is NaN; NaN if m = 0

and, with t columns where both are not 0, f where just one is not 0, of n:

    matching        f / n                       jaccard       f / (t + f), 0 for 0 / 0
    dice            f / (2t + f)                rogerstanimoto  2f / (n + f)
    russellrao      (n − t) / n                 sokalsneath   f / (f + t/2)
"""

LIBM = ("minkowski", "haversine")
PRODUCTS = ("euclidean", "sqeuclidean", "nan_euclidean")
WEIGHTS = {"seuclidean": 1, "minkowski": 1}


class Measure(Operator):
    """What operators on distances have in common; see `METRICS` for the formulas.

    Fields:
        points: one per row.
        metric: which distance.
        order: the power of minkowski.
        weights: w of minkowski, v of seuclidean (one row); v of mahalanobis (as many as
            columns); no row for every other metric.
        arithmetic: how the library adds. `ordered` is left to right, as here. `any order`
            leaves that to its BLAS. `products` is |x|² − 2 x·p + |p|², whose rounding errors
            are those of the squares, however small the distance is: differences, as here,
            are within them.
    """

    points: Array = tensor("float64", "points", "width")
    metric: str = choice(*METRICS)
    order: Array = tensor("float64", "one")
    weights: Array = tensor("float64", "rows", "width")
    arithmetic: str = choice("ordered", "any order", "products")

    def validate(self) -> None:
        count, width = self.points.shape
        require(count > 0 and width > 0, "points: must not be empty")
        require(self.order.shape == (1,), "order: must hold one number")
        require(0 < float(self.order[0]) < np.inf, "order: must be above 0 and finite")
        rows = width if self.metric == "mahalanobis" else WEIGHTS.get(self.metric, 0)
        require(len(self.weights) == rows, f"weights: {self.metric} needs {rows} rows")
        if self.metric == "haversine":
            require(width == 2, "points: haversine needs latitude and longitude")
        if self.arithmetic == "products":
            require(self.metric in PRODUCTS, f"arithmetic: {self.metric} is not made of products")
        if self.arithmetic == "ordered":
            require(self.metric != "cosine", "arithmetic: cosine is added in any order")

    def bound(self) -> tuple[int, str]:
        if self.metric in LIBM:
            return 16, f"{self.metric} needs the platform's libm"
        if self.arithmetic == "products":
            return 16, "distances are computed from dot products by BLAS"
        if self.arithmetic == "any order":
            return 16, "BLAS chooses the order of the sum"
        return 0, ""

    def measured(self, x: Type) -> None:
        """Refuse an input that the points do not fit."""
        needed = Type("float64", self.points.shape[1])
        require(x == needed, f"needs {needed}, not {x}")


class Distance(Measure):
    """The distance of a row to each point, in the points' order.

    Contract: exact where the library adds left to right; else 16 ulp, of the squares
    |x|² + |p|² where it works with dot products.
    """

    def output(self, *inputs: Type) -> Type:
        self.measured(*inputs)
        return Type("float64", len(self.points))
