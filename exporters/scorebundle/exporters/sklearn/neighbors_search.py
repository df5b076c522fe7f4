"""sklearn.neighbors._base: which search a fitted neighbours model uses, as a `Nearest`."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array


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
