"""The kernels by name.

Every kernel has one signature, `kernel(args, work, frame, start, n)`, all int64:
    args    address of its int64 arguments in the program
    work    address of the workspace; values lie column by column, n numbers each
    frame   address of the call's ports (inputs), outputs and row status
    start   first row of this block in the whole input
    n       rows in this block
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from .native import Kernel

KERNELS: dict[str, Kernel] = {}

MODULES = (
    "columns",
    "elementwise",
    "categories",
    "curves",
    "text",
    "rows",
    "linear",
    "distance",
    "nearest",
    "trees",
    "cuts",
    "heap",
    "bits",
    "cells",
    "door",
)


def kernel(name: str) -> Callable[[Kernel], Kernel]:
    """Register a Python function as the kernel of that name."""

    def register(function: Kernel) -> Kernel:
        KERNELS[name] = function
        return function

    return register


def all_kernels() -> dict[str, Kernel]:
    """Every kernel; importing them imports numba."""
    for module in MODULES:
        import_module(f"{__package__}.{module}")
    return KERNELS
