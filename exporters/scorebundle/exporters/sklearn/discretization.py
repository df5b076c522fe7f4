"""sklearn.preprocessing.KBinsDiscretizer: the bin of a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import KBinsDiscretizer

from scorebundle.bundle.ops import Bin, OneHot

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, exports


@exports(KBinsDiscretizer)
def k_bins_discretizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """searchsorted(bin_edges_[1:-1], x, side="right"), as a number or one column per bin."""
    value = x.floats()
    if estimator.dtype is not None:
        value = to.cast(value, np.dtype(estimator.dtype).name)
    value = to.finite(value)
    dtype, parts = value.type.dtype, []
    for position, edges in enumerate(estimator.bin_edges_):
        column = to.cast(to.select(value, [position]), "float64")
        code = to.add(Bin(np.asarray(edges[1:-1], np.float64), "right"), column)
        if estimator.encode == "ordinal":
            parts.append(to.cast(code, dtype))
        else:
            parts.append(to.add(OneHot(int(estimator.n_bins_[position]), dtype), code))
    return {"transform": Columns.of(to, to.concat(parts), estimator.encode == "onehot")}
