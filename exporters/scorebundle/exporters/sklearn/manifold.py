"""sklearn.manifold: embeddings of new rows through their nearest training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.manifold import Isomap, LocallyLinearEmbedding

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Affine, Barycenter, Lookup, LookupSum, Reduce

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports
from .neighbors_search import dense, neighbours, rows_of


@exports(Isomap)
def isomap(estimator: Any, x: Columns, to: Export) -> Outputs:
    """Shortest ways over the neighbours to all training rows, then kernel PCA of −½ · way²."""
    if estimator.n_neighbors is None:
        to.block("ways over all points within a radius are not exported", "use n_neighbors")
    _float64_only(x, to)
    search = estimator.nbrs_
    distances, positions = neighbours(search, x, search.n_neighbors, to)
    table = np.asarray(estimator.dist_matrix_, np.float64)
    rows = Lookup(table, np.zeros(len(table)))
    ways = None
    for place in range(search.n_neighbors):
        beyond = to.add(rows, to.select(positions, [place]))
        way = to.binary("add", beyond, to.select(distances, [place]))
        ways = way if ways is None else to.binary("minimum", ways, way)
    assert ways is not None
    kernel = to.require("finite", to.binary("multiply", to.unary("square", ways), -0.5))
    return {"transform": Columns.of(to, _projected(estimator.kernel_pca_, kernel, to))}


def _projected(pca: Any, kernel: Value, to: Export) -> Value:
    """KernelPCA.transform of a precomputed kernel: centred, then times scaled eigenvectors."""
    centerer = pca._centerer
    count = float(centerer.K_fit_rows_.shape[0])
    mean = to.binary("divide", to.add(Reduce("sum"), kernel), count)
    centred = to.binary("subtract", kernel, np.asarray(centerer.K_fit_rows_, np.float64))
    centred = to.binary("subtract", centred, mean)
    centred = to.binary("add", centred, float(centerer.K_fit_all_))
    used = np.flatnonzero(pca.eigenvalues_)
    vectors = np.zeros_like(pca.eigenvectors_)
    vectors[:, used] = pca.eigenvectors_[:, used] / np.sqrt(pca.eigenvalues_[used])
    weights = np.ascontiguousarray(vectors.T)
    return to.add(Affine(weights, np.zeros(len(weights))), centred)


@exports(LocallyLinearEmbedding)
def locally_linear_embedding(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The embedded neighbours, weighted as they best make up the row (barycenter_weights)."""
    _float64_only(x, to)
    search = estimator.nbrs_
    k = estimator.n_neighbors
    rows, _ = rows_of(search, x, to)
    _, positions = neighbours(search, x, k, to)
    points = dense(search._fit_X)
    weights = to.add(Barycenter(points, np.array([float(estimator.reg)])), positions, rows)
    weights = to.require("finite", weights)  # as LAPACK's input is checked
    embedding = np.ascontiguousarray(estimator.embedding_, np.float64)
    value = to.add(LookupSum(embedding, "any order"), positions, weights)
    return {"transform": Columns.of(to, value)}


def _float64_only(x: Columns, to: Export) -> None:
    if x.numbers().type.dtype == "float32":
        to.block("float32 rows are embedded with float32 arithmetic of LAPACK", "fit on float64")
