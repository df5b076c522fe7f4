"""Tracing: a Python function of numpy operations, run once on a stand-in for its argument.

The stand-in answers numpy's protocols (`__array_ufunc__`, `__array_function__`) and indexing by
adding operators to the graph. What dtype and shape an operation gives is asked of numpy itself, on
arrays of one row. Whatever else a function asks of its argument is refused by name; that the graph
does what the function does is then for the parity gate to prove.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..columns import Columns
from ..export import Export
from .array import Traced, Untraceable
from .ufuncs import UFUNCS


def traced(function: Any, options: Any, x: Columns, to: Export) -> Traced:
    """What a function makes of columns.

    Raises:
        Blocked: with what was met that cannot be traced.
    """
    shown = getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function))
    remedy = "use numpy operations on columns, with the rows independent of each other"
    if x.sparse:
        to.block(f"func={shown} works on a sparse matrix", "make the columns dense before it")
    try:
        with np.errstate(all="ignore"):
            result = function(Traced(x), **(options or {}))
    except Untraceable as met:
        to.block(f"func={shown} cannot be traced: {met}", remedy)
    except Exception as error:  # the function may do anything
        to.block(f"func={shown} cannot be traced: {error!r:.200}", remedy)
    if not isinstance(result, Traced):
        to.block(f"func={shown} gives {type(result).__name__}, not numbers of its rows", remedy)
    return result


__all__ = ["UFUNCS", "Traced", "Untraceable", "traced"]
