"""Lowering: how each operator becomes kernel calls. One function per operator."""

from __future__ import annotations

from importlib import import_module

from ..assembler import Assembler
from .registry import FUSIONS, LOWERINGS, PREFERENCES, Lowering, lowering_of

for _module in (
    "columns",
    "elementwise",
    "categories",
    "rows",
    "coupling",
    "linear",
    "distance",
    "iterative",
    "curves",
    "text",
    "trees",
):
    import_module(f"{__name__}.{_module}")

__all__ = ["FUSIONS", "LOWERINGS", "PREFERENCES", "Assembler", "Lowering", "lowering_of"]
