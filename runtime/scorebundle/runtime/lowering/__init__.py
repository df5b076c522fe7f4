"""Lowering: how each operator becomes kernel calls. One function per operator."""

from __future__ import annotations

from importlib import import_module

from ..assembler import Assembler
from .registry import LOWERINGS, PREFERENCES, Lowering, lowering_of

for _module in ("columns", "elementwise", "categories", "rows", "linear", "trees"):
    import_module(f"{__name__}.{_module}")

__all__ = ["LOWERINGS", "PREFERENCES", "Assembler", "Lowering", "lowering_of"]
