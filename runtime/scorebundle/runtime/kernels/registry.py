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
from .parts import PARTS

KERNELS: dict[str, Kernel] = {}


def kernel(name: str) -> Callable[[Kernel], Kernel]:
    """Register a Python function as the kernel of that name."""

    def register(function: Kernel) -> Kernel:
        KERNELS[name] = function
        return function

    return register


def all_kernels() -> dict[str, Kernel]:
    """Every kernel; importing them imports numba."""
    for modules in PARTS.values():
        for module in modules:
            import_module(f"{__package__}.{module}")
    return KERNELS
