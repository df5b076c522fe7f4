"""m2cgen: the model as one C function of a row, in a loop over rows."""

from __future__ import annotations

import copy
import ctypes
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..cases import Case
from .base import Prepared, Unsupported, peer, takes_arrays

LOOP = """
void score_rows(double * rows, long count, long columns, double * out, long width) {
    for (long i = 0; i < count; i++) score(rows + i * columns, out + i * width);
}
"""


@peer("m2cgen")
def prepare(case: Case) -> Prepared:
    """Through ctypes, on float64 rows, as m2cgen writes it."""
    path = case.artefact("m2cgen.so", lambda to: _build(case, to))
    function = ctypes.CDLL(str(path)).score_rows
    pointer, number = ctypes.c_void_p, ctypes.c_long
    function.argtypes = [pointer, number, number, pointer, number]
    width = len(case.estimator.classes_)

    def call(rows: Any) -> Any:
        rows = np.ascontiguousarray(rows, np.float64)
        out = np.empty((len(rows), width))
        function(rows.ctypes.data, len(rows), rows.shape[1], out.ctypes.data, width)
        return out

    return Prepared(
        lambda view: takes_arrays(call, view), path, lambda: ctypes.CDLL(str(path)).score_rows
    )


def _build(case: Case, library: Path) -> None:
    import m2cgen

    from .base import compiled

    if not hasattr(case.estimator, "classes_") or hasattr(case.estimator, "steps"):
        raise Unsupported("m2cgen takes neither pipelines nor isolation forests")
    estimator = copy.copy(case.estimator)
    if hasattr(estimator, "get_booster"):
        estimator.base_score = _base_score(estimator)  # m2cgen expects it as a parameter
    code = m2cgen.export_to_c(estimator)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "model.c")
        source.write_text(code + LOOP)
        compiled([source], library)


def _base_score(estimator: Any) -> float:
    settings = json.loads(estimator.get_booster().save_config())
    scores = json.loads(settings["learner"]["learner_model_param"]["base_score"])
    if isinstance(scores, list) and len(scores) > 1:
        raise Unsupported("m2cgen has one base score for all classes")
    return float(scores[0] if isinstance(scores, list) else scores)
