"""Lowering: how each operator becomes kernel calls. One function per operator."""

from __future__ import annotations

from importlib import import_module

from ..assembler import Assembler
from .registry import FUSIONS, LOWERINGS, PREFERENCES, Lowering, lowering_of

MODULES = (
    *("columns", "elementwise", "categories", "curves", "text", "rows", "coupling"),
    *("linear", "distance", "trees", "contributions", "iterative"),
)

for _module in MODULES:
    import_module(f"{__name__}.{_module}")

__all__ = ["FUSIONS", "LOWERINGS", "PREFERENCES", "Assembler", "Lowering", "lowering_of"]
