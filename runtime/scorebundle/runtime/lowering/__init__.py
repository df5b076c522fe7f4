"""Lowering: how each operator becomes kernel calls. One function per operator."""

from __future__ import annotations

from importlib import import_module

from ..assembler import Assembler
from .registry import LOWERINGS, PREFERENCES, Lowering

for _module in ("columns", "elementwise", "categories", "rows", "linear", "distance", "trees"):
    import_module(f"{__name__}.{_module}")

__all__ = ["LOWERINGS", "PREFERENCES", "Assembler", "Lowering"]
