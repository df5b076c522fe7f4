"""Classifiers by likelihood: from log P(x, class) to labels and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import ArgMax, Reduce

from ..export import Export
from ..registry import Outputs, Result


def shifted(x: Value, offsets: Any, to: Export) -> Value:
    """x + offsets, in the dtype that numpy gives it."""
    return wide("add", x, offsets, to)


def wide(op: str, x: Value, operand: Any, to: Export) -> Value:
    """Arithmetic with an array, in the dtype that numpy gives it."""
    array = np.asarray(operand)
    dtype = np.result_type(x.type.dtype, array.dtype).name
    return to.binary(op, to.cast(x, dtype), array.ravel())


def squared_norms(x: Value, groups: int, to: Export) -> Value:
    """Σ x² of each of so many groups of neighbouring columns, side by side."""
    squares = to.unary("square", x)
    width = x.type.width // groups
    parts = [range(group * width, (group + 1) * width) for group in range(groups)]
    return to.concat([to.add(Reduce("sum"), to.select(squares, part)) for part in parts])


def normalised(joint: Value, to: Export) -> tuple[Value, Value]:
    """log P(x), and log P(class | x) = log P(x, class) − log P(x)."""
    total = to.add(Reduce("logsumexp"), joint)
    return total, to.binary("subtract", joint, total)


def naive_bayes(joint: Value, classes: Array, to: Export) -> Outputs:
    """_BaseNB: every output, from log P(x, class)."""
    logs = normalised(joint, to)[1]
    return {
        "predict": Result((to.labels(to.add(ArgMax(), joint), classes),), "vector"),
        "predict_proba": Result((to.unary("exp", logs),), "matrix"),
        "predict_log_proba": Result((logs,), "matrix"),
        "predict_joint_log_proba": Result((joint,), "matrix"),
    }
