"""sklearn.neighbors._base: the search that a fitted neighbours model uses, as operators.

Three ways lead to the neighbours, and each adds and ties in its own way:

- a KDTree or BallTree: differences, added from left to right; ties as its heap has them;
- brute force by ArgKmin and RadiusNeighbors: the same, but (squared) Euclidean distances come
  from dot products, and ties hang on the numbers of threads and of rows asked at once;
- brute force by pairwise_distances and numpy.argpartition, for what ArgKmin does not know: ties
  hang on the CPU.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax, Distance, Nearest
from scorebundle.bundle.ops.distance import METRICS
from scorebundle.bundle.ops.nearest import everything

from ..columns import Columns
from ..export import Export

SAME = {
    "l2": "euclidean",
    "p": "minkowski",
    "cityblock": "manhattan",
    "l1": "manhattan",
    "infinity": "chebyshev",
    "sokalmichener": "rogerstanimoto",
}
"""Other names of metrics."""
REDUCED = {
    *("euclidean", "sqeuclidean", "seuclidean", "manhattan", "chebyshev", "minkowski"),
    *("canberra", "braycurtis", "haversine"),
}
"""Metrics of ArgKmin and RadiusNeighbors."""
COUNTED = {
    *("hamming", "matching", "jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath")
}
"""Metrics that count columns: exact in every dtype."""


class Search(NamedTuple):
    """What to measure, where, and how.

    Attributes:
        points: in the order in which they are searched.
        metric, order, weights, arithmetic: fields of `Distance`.
        tree: fields of `Nearest`.
        ties: who settles them.
        reduced: whether ArgKmin searches: a distance that overflows is then the largest number.
        single: whether distances are rounded to float32.
    """

    points: Array
    metric: str
    order: Array
    weights: Array
    arithmetic: str
    tree: dict[str, Array]
    ties: str
    reduced: bool
    single: bool

    def in_order(self) -> Search:
        """The same with the points in the order they were given to fit."""
        points = np.empty_like(self.points)
        points[self.tree["positions"]] = self.points
        return self._replace(points=points, tree=everything(*points.shape), ties="any")

    def distance(self, metric: str | None = None) -> Distance:
        """The distances to all points."""
        return Distance(
            self.points, metric or self.metric, self.order, self.weights, self.arithmetic
        )

    def nearest(self, k: int) -> Nearest:
        """The k nearest."""
        return Nearest(
            self.points,
            self.metric,
            self.order,
            self.weights,
            self.arithmetic,
            k,
            **self.tree,
            ties=self.ties,
        )


def search_of(estimator: Any, dtype: str, to: Export) -> Search:
    """The search of a fitted NeighborsBase for rows of that dtype."""
    name = estimator.effective_metric_
    metric = SAME.get(name, name) if isinstance(name, str) else ""
    if metric not in METRICS:
        to.block(
            f"metric {name!r} is not exported",
            "use one of " + ", ".join(METRICS),
        )
    parameters = estimator.effective_metric_params_
    if estimator._tree is not None:
        points, tree = ranges_of(estimator._tree)
        order, weights = extras(metric, parameters, points, to)
        return Search(points, metric, order, weights, "ordered", tree, "heap", False, False)
    stored = estimator._fit_X
    points = dense(stored)
    order, weights = extras(metric, parameters, points, to)
    reduced = metric in REDUCED and stored.dtype == dtype and stored.dtype.kind == "f"
    arithmetic = _brute(name, metric, reduced)
    if "float32" in (stored.dtype.name, dtype) and metric not in COUNTED:
        if not (reduced and arithmetic == "products"):
            to.block(
                f"brute force takes {metric} differences in float32 and then adds in float64",
                "fit on float64, or use algorithm='ball_tree'",
            )
    tree, single = everything(*points.shape), "float32" in (stored.dtype.name, dtype)
    return Search(points, metric, order, weights, arithmetic, tree, "any", reduced, single)


def _brute(name: str, metric: str, reduced: bool) -> str:
    """How brute force adds."""
    if name in ("euclidean", "nan_euclidean") or (name == "sqeuclidean" and reduced):
        return "products"
    return "any order" if metric in ("cosine", "mahalanobis") else "ordered"


def dense(points: Any) -> Array:
    """Stored rows, which may be sparse, as float64."""
    return np.asarray(points.toarray() if issparse(points) else points, np.float64)


def extras(metric: str, parameters: Any, points: Array, to: Export) -> tuple[Array, Array]:
    """The order of minkowski, and the weights of the metrics that have them."""
    width = points.shape[1]
    order, weights = 2.0, np.zeros((0, width))
    if metric == "minkowski":
        order, given = float(parameters.get("p", 2)), parameters.get("w")
        weights = np.ones((1, width)) if given is None else np.asarray(given, np.float64)[None]
    elif metric == "seuclidean":
        if "V" not in parameters:
            to.block("seuclidean without V depends on the rows asked", "give metric_params V")
        weights = np.asarray(parameters["V"], np.float64)[None]
    elif metric == "mahalanobis":
        if "VI" not in parameters and "V" not in parameters:
            to.block("mahalanobis without VI depends on the rows asked", "give metric_params VI")
        inverse = parameters.get("VI")
        inverse = np.linalg.inv(parameters["V"]) if inverse is None else inverse
        weights = np.asarray(inverse, np.float64)
    if weights.shape[1] != width:
        # scipy does not look, and reads what lies behind the matrix.
        problem = f"{metric} is given for {weights.shape[1]} columns and the points have {width}"
        to.block(problem, "give metric_params for the columns that this step sees")
    return np.array([order]), weights


def ranges_of(tree: Any) -> tuple[Array, dict[str, Array]]:
    """The points of a KDTree or BallTree in its order, and the fields of `Nearest` that say
    how it lies over them."""
    data, order, nodes, bounds = (np.asarray(part) for part in tree.get_arrays())
    return data[order].astype(np.float64), {
        "positions": order.astype(np.int64),
        "starts": nodes["idx_start"].astype(np.int64),
        "ends": nodes["idx_end"].astype(np.int64),
        "regions": bounds.astype(np.float64),
        "radii": nodes["radius"].astype(np.float64),
    }


def rows_of(estimator: Any, x: Columns, to: Export) -> tuple[Value, str]:
    """The rows as float64, checked, and the dtype that the library sees."""
    value = to.finite(x.numbers(), allow_nan=estimator.metric == "nan_euclidean")
    return to.cast(value, "float64"), value.type.dtype


def neighbours(estimator: Any, x: Columns, k: int, to: Export) -> tuple[Value, Value]:
    """kneighbors: the distances of the k nearest, ascending, and their positions."""
    rows, dtype = rows_of(estimator, x, to)
    search = search_of(estimator, dtype, to)
    if k > len(search.points):
        to.block(f"it asks for {k} neighbours of {len(search.points)} points", "lower n_neighbors")
    single = search.single and search.metric == "euclidean"
    if single:  # ArgKmin32 rounds the squares, and then the roots
        search = search._replace(metric="sqeuclidean")
    both = to.add(search.nearest(k), rows)
    distances, positions = to.select(both, range(k)), to.select(both, range(k, 2 * k))
    if search.metric == "nan_euclidean":  # no column in common
        far = to.binary("equal", distances, float("inf"))
        distances = to.where(far, float("nan"), distances)
    if search.reduced and not (x.sparse and issparse(estimator._fit_X)):  # not by ArgKmin
        distances = to.binary("minimum", distances, _largest(search))
    if single:
        distances = to.cast(to.unary("sqrt", to.cast(distances, "float32")), "float64")
    return distances, to.cast(positions, "int64")


def euclidean(x: Value, points: Array, to: Export, squared: bool = False) -> Value:
    """euclidean_distances: from dot products in float64; if rows or points are float32, then
    rounded to float32 before the root."""
    single = "float32" in (x.type.dtype, points.dtype.name)
    rows, points = to.cast(x, "float64"), np.asarray(points, np.float64)
    none, order = np.zeros((0, points.shape[1])), np.array([2.0])
    metric = "sqeuclidean" if single or squared else "euclidean"
    distances = to.add(Distance(points, metric, order, none, "products"), rows)
    if single:
        distances = to.cast(distances, "float32")
        return distances if squared else to.unary("sqrt", distances)
    return distances


def closest(x: Value, points: Array, to: Export) -> Value:
    """pairwise_distances_argmin: position of the first of the nearest points."""
    rows, points = to.cast(x, "float64"), np.asarray(points, np.float64)
    distances = euclidean(rows, points, to, squared=True)
    return to.add(ArgMax(), to.unary("negative", distances))


def _largest(search: Search) -> float:
    """The distance of the largest float64, with which ArgKmin's heap begins."""
    top = float(np.finfo(np.float64).max)
    if search.metric == "minkowski":
        return float(top ** (1 / float(search.order[0])))
    return float(np.sqrt(top)) if search.metric in ("euclidean", "seuclidean") else top
