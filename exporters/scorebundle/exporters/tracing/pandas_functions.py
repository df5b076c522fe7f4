"""pandas' functions of stand-ins, while a function is traced."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from .array import Traced, Untraceable
from .frame import Frame
from .series import Series


def _to_numeric(x: Any, errors: str = "raise", **options: Any) -> Any:
    if errors != "raise" or options:
        raise Untraceable("pandas.to_numeric with errors or downcast")
    return x.made(x.value)


def _concat(parts: Any, axis: Any = 0, **options: Any) -> Any:
    if axis not in (1, "columns") or options:
        raise Untraceable("pandas.concat that is not of columns (axis=1)")
    frames = [part.to_frame() if isinstance(part, Series) else part for part in parts]
    if not all(isinstance(frame, Frame) for frame in frames):
        raise Untraceable("pandas.concat with what does not come from the rows")
    names = [name for frame in frames for name in frame.names]
    return Frame(frames[0].held.joined([frame.held for frame in frames[1:]], False), names)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "to_numeric": _to_numeric,
    "concat": _concat,
    "isna": lambda x: x.isna(),
    "isnull": lambda x: x.isna(),
    "notna": lambda x: x.notna(),
    "notnull": lambda x: x.notna(),
}
"""By the name in pandas, what does the same."""


_patched = threading.RLock()
"""Two threads that trace at a time could put back each other's stand-ins."""


@contextmanager
def understood() -> Iterator[None]:
    """pandas' functions take stand-ins; of all else they make what they always did."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        yield
        return
    with _patched:
        before = {name: getattr(pandas, name) for name in FUNCTIONS}
        try:
            for name, function in FUNCTIONS.items():
                setattr(pandas, name, _either(function, before[name]))
            yield
        finally:
            for name, original in before.items():
                setattr(pandas, name, original)


def _either(ours: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    def chosen(x: Any, *more: Any, **options: Any) -> Any:
        parts = x if isinstance(x, (list, tuple)) else [x]
        traced = any(isinstance(part, Traced) for part in parts)
        return (ours if traced else original)(x, *more, **options)

    return chosen
