"""sklearn.manifold."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.manifold import Isomap, LocallyLinearEmbedding

from .case import Case


def cases() -> Iterator[Case]:
    for data in ("scaled numbers", "one scale"):
        for algorithm in ("kd_tree", "brute"):
            ways = Isomap(n_neighbors=6, n_components=3, neighbors_algorithm=algorithm)
            yield Case(f"Isomap({algorithm})", ways, data)
            for k in (3, 7, 12):
                local = LocallyLinearEmbedding(
                    n_neighbors=k, neighbors_algorithm=algorithm, eigen_solver="dense"
                )
                yield Case(f"LocallyLinearEmbedding({k}, {algorithm})", local, data)
    for method in ("modified", "ltsa", "hessian"):
        local = LocallyLinearEmbedding(
            n_neighbors=9, method=method, eigen_solver="dense", random_state=0
        )
        yield Case(f"LocallyLinearEmbedding({method})", local, "scaled numbers")
