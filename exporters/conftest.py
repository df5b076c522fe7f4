"""Exporters of libraries that are not installed are not imported for their doctests."""

from __future__ import annotations

from importlib import import_module


def _absent(library: str) -> bool:
    try:
        import_module(library)
    except ImportError:  # also where it is too old for what else is installed
        return True
    return False


collect_ignore = [
    f"scorebundle/exporters/{library}.py"
    for library in ("lightgbm", "catboost", "sklearn_pandas")
    if _absent(library)
]
