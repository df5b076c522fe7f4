"""sklearn.preprocessing's encoders of labels, as a model of their own: one column in."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer, LabelEncoder, MultiLabelBinarizer

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Items, Lookup

from ..columns import Columns, Raw
from ..export import Export, scalar
from ..registry import Front, Outputs, Result, exports, takes
from .encoders import encoded


@takes(LabelEncoder, LabelBinarizer)
def labels(estimator: Any) -> Front:
    """One column, named y as scikit-learn's argument."""
    return Front("labels", ("y",))


@exports(LabelEncoder)
def label_encoder(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The position in classes_; unknown labels are refused."""
    code = to.require("known", _code(estimator.classes_, x, to, whole=False))
    return {"transform": Result((code,), "vector")}


@exports(LabelBinarizer)
def label_binarizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """pos_label in the column of the class, else neg_label; of two classes, only the second."""
    if estimator.y_type_.startswith("multilabel"):
        to.block("it was fitted on rows of several labels", "fit it on one label per row")
    count = len(estimator.classes_)
    table = np.full((count, count), estimator.neg_label, np.int64)
    if count > 1:
        np.fill_diagonal(table, estimator.pos_label)
    table = table[:, 1:] if count == 2 else table
    none = np.full(table.shape[1], estimator.neg_label, np.int64)
    code = _code(estimator.classes_, x, to, whole=True)
    return {"transform": Columns.of(to, to.add(Lookup(table, none), code))}


@takes(MultiLabelBinarizer)
def sets_of_labels(estimator: Any) -> Front:
    """The same, its cells collections of labels."""
    return Front("column", ("y",))


@exports(MultiLabelBinarizer)
def multi_label_binarizer(estimator: Any, x: Columns, to: Export) -> Outputs:
    """1 in the column of each label that is there; unknown labels are passed over."""
    classes = [scalar(label) for label in estimator.classes_.tolist()]
    if not classes:
        to.block("it was fitted on no label, and has no columns", "fit it on rows with labels")
    plain = all(type(label) in (str, int, float, bool) for label in classes)
    if not plain or any(label != label for label in classes):
        to.block(
            f"class labels {classes[:3]!r}… are not text, numbers or booleans", "use such labels"
        )
    op = Items(
        column=to.items(x),
        cells="items",
        vocabulary=tuple(classes),
        hashed=0,
        signed=False,
        binary=True,
        dtype="int64",
    )
    return {"transform": Columns.of(to, to.add(op), sparse=bool(estimator.sparse_output))}


def _code(classes: Any, x: Columns, to: Export, whole: bool) -> Value:
    """The label's position; numbers first become the classes' dtype, as in scikit-learn.

    Args:
        whole: whether numbers that are not whole are refused, as type_of_target does.
    """
    (item,) = x.items
    kind = classes.dtype.kind
    if kind in "OUS":
        if not isinstance(item, Raw):
            to.block("it takes labels as they came in", "use it alone")
        code = to.codes(item, classes.tolist())
        return to.codes(Raw(item.name, (), True), classes.tolist()) if whole else code
    value = x.numbers("float64")
    if whole:
        broken = to.binary("not_equal", value, to.cast(to.cast(value, "int64"), "float64"))
        value = to.require("not missing", to.where(broken, float("nan"), value))
    else:
        value = to.cast(value, {"b": "bool", "i": "int64", "u": "int64"}.get(kind, "float64"))
    numbers = Columns.of(to, to.cast(value, "float64"))
    return encoded(numbers.items[0], classes.astype(np.float64), to)
