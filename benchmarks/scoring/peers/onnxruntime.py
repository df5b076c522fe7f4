"""onnxruntime, converted by skl2onnx and onnxmltools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..cases import Case
from .base import ARRAYS, Call, Prepared, peer, takes_arrays


@peer("onnxruntime")
def prepare(case: Case) -> Prepared:
    """A session that computes the wanted output alone."""
    path = case.artefact("model.onnx", lambda to: to.write_bytes(convert(case)))
    session = open_session(path, case.threads)
    output = [session.get_outputs()[-1].name]
    if case.spec.views[0] in ARRAYS:
        name = session.get_inputs()[0].name

        def call(rows: Any) -> Any:
            return session.run(output, {name: rows})[0]

        def bind(view: str) -> Call:
            return takes_arrays(call, view, np.float32)
    else:

        def bind(view: str) -> Call:
            feed = FEEDS[view]
            return lambda rows: session.run(output, feed(rows))[0]

    return Prepared(bind, path, lambda: open_session(path, case.threads))


def open_session(path: Path, threads: int) -> Any:
    """A session with that many threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def convert(case: Case) -> bytes:
    """The model in ONNX."""
    estimator = case.estimator
    columns = case.base.shape[1] if isinstance(case.base, np.ndarray) else 0
    if hasattr(estimator, "get_booster"):
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        types = [("x", FloatTensorType([None, columns]))]
        return bytes(convert_xgboost(estimator, initial_types=types).SerializeToString())
    from skl2onnx import convert_sklearn

    _register_xgboost()
    options = {id(estimator): {"zipmap": False}} if case.spec.method == "predict_proba" else None
    opset = {"": 17, "ai.onnx.ml": 3}
    model = convert_sklearn(
        estimator, initial_types=_types(case.base), options=options, target_opset=opset
    )
    return bytes(model.SerializeToString())


def _types(base: Any) -> list[tuple[str, Any]]:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    if isinstance(base, np.ndarray):
        return [("x", FloatTensorType([None, base.shape[1]]))]
    if isinstance(base, list):
        return [("x", StringTensorType([None, 1]))]
    kinds = {name: StringTensorType if base[name].dtype == object else FloatTensorType
             for name in base}  # fmt: skip
    return [(name, kind([None, 1])) for name, kind in kinds.items()]


def _register_xgboost() -> None:
    """Teach skl2onnx that a pipeline may end in XGBoost, as onnxmltools' documentation says."""
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
    from xgboost import XGBClassifier

    update_registered_converter(
        XGBClassifier,
        "XGBoostXGBClassifier",
        calculate_linear_classifier_output_shapes,
        convert_xgboost,
        options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
    )


def _dict(row: Any) -> dict[str, Any]:
    return {
        name: np.array([[value]], object if isinstance(value, str) else np.float32)
        for name, value in row.items()
    }


def _frame(frame: Any) -> dict[str, Any]:
    return {
        name: column.to_numpy(np.float32 if _is_number(column) else object).reshape(-1, 1)
        for name, column in frame.items()
    }


def _is_number(column: Any) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype))


FEEDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "dict": _dict,
    "objects": _frame,
    "categoricals": _frame,
    "arrow": lambda table: _frame(table.to_pandas()),
    "text": lambda texts: {"x": np.array(texts, object).reshape(-1, 1)},
}
"""From a view to the dict of columns that a session takes."""
