"""PMML 4.4: graphs written as the DMG's standard, without vendor extensions."""

from __future__ import annotations

from .elements import Unsupported
from .writer import write

__all__ = ["Unsupported", "write"]
