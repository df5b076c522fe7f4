"""Tracing: a Python function of numpy and pandas operations, run once on a stand-in.

The stand-in answers numpy's protocols (`__array_ufunc__`, `__array_function__`), indexing and,
where the function is given a DataFrame, pandas' methods by adding operators to the graph. What
dtype and shape an operation gives is asked of numpy itself, on arrays of one row. Whatever else a
function asks of its argument is refused by name and line; that the graph does what the function
does is then for the parity gate to prove.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..columns import Columns
from ..export import Blocked, Export
from .array import Traced, Untraceable
from .frame import Frame
from .pandas_functions import understood
from .series import Series
from .ufuncs import UFUNCS

REMEDY = (
    "use numpy operations on columns, or pandas' own on them (assign, fillna, clip, map by a dict "
    "…), with the rows independent of each other"
)


def traced(
    function: Any, options: Any, x: Columns, to: Export, names: Sequence[Any] | None = None
) -> Traced:
    """What a function makes of columns.

    Args:
        function: of an array; of a DataFrame if there are names; of a Series if x is flat.
        options: its further arguments.
        x: the columns.
        to: where operators are added.
        names: of the columns.

    Raises:
        Blocked: with what was met that cannot be traced, and where.
    """
    shown = getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function))
    if x.sparse:
        to.block(f"func={shown} works on a sparse matrix", "make the columns dense before it")
    argument = Frame(x, names) if names is not None else Series(x) if x.flat else Traced(x)
    try:
        with np.errstate(all="ignore"), understood():
            result = function(argument, **(options or {}))
    except Blocked:
        raise
    except Untraceable as met:
        to.block(f"func={shown} cannot be traced: {met}{_where(met)}", REMEDY)
    except Exception as error:  # the function may do anything
        to.block(f"func={shown} cannot be traced: {error!r:.200}{_where(error)}", REMEDY)
    if not isinstance(result, Traced):
        to.block(f"func={shown} gives {type(result).__name__}, not numbers of its rows", REMEDY)
    return result


def _where(error: Exception) -> str:
    """The last line of the user's own code that was run."""
    libraries = {Path(__file__).parent.as_posix(), *_folders(np)}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not any(Path(frame.filename).as_posix().startswith(folder) for folder in libraries):
            line = linecache.getline(frame.filename, frame.lineno or 0).strip()
            shown = f": {line:.80}" if line else ""
            return f" ({Path(frame.filename).name}, line {frame.lineno}{shown})"
    return ""


def _folders(*modules: Any) -> list[str]:
    """Where packages lie; pandas lies beside numpy."""
    return [Path(module.__file__).parent.parent.as_posix() for module in modules]


__all__ = ["UFUNCS", "Traced", "Untraceable", "traced"]
