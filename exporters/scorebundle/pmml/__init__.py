"""PMML 4.4: graphs written as the DMG's standard, without vendor extensions.

The writer is imported when it is first asked for: who reads a document needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .writer import Unsupported, write

__all__ = ["Unsupported", "write"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.writer"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
