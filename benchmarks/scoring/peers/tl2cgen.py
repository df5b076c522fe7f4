"""tl2cgen: the model as C code, compiled for this machine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..cases import Case
from .base import Prepared, anomaly, compiled, peer, takes_arrays
from .treelite import tree_model

UNITS = 16
"""Files the code is divided into: gcc's time grows faster than a file's length."""


@peer("tl2cgen")
def prepare(case: Case) -> Prepared:
    """`Predictor.predict(DMatrix(rows))`: the matrix is part of the call."""
    import tl2cgen

    model = tree_model(case)

    def build(library: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            tl2cgen.generate_c_code(model, folder, params={"parallel_comp": UNITS})
            compiled(sorted(Path(folder).glob("*.c")), library)

    path = case.artefact("tl2cgen.so", build)
    predictor = tl2cgen.Predictor(str(path), nthread=case.threads)
    dtype = np.dtype(model.input_type)

    def call(rows: Any) -> Any:
        return predictor.predict(tl2cgen.DMatrix(rows, dtype=dtype.name))

    return Prepared(
        lambda view: takes_arrays(anomaly(case, call), view, dtype),
        path,
        lambda: tl2cgen.Predictor(str(path), nthread=case.threads),
    )
