"""The CPU that the kernels are compiled for: a few are written in other words for newer ones.

Said before the first kernel is imported; what is compiled in memory is for this machine.
"""

from __future__ import annotations

from typing import Final

import llvmlite.binding as llvm

_CHOSEN: Final[list[str]] = []


def aim(cpu: str) -> None:
    """Compile for LLVM's CPU of that name, e.g. `x86-64-v3`."""
    _CHOSEN[:] = [cpu]


def has_avx512() -> bool:
    """Whether vectors of 512 bits can be permuted by other vectors (x86-64-v4)."""
    if _CHOSEN:
        return _CHOSEN[0] == "x86-64-v4"
    features = llvm.get_host_cpu_features()
    return all(features.get(f"avx512{part}", False) for part in ("f", "bw", "dq", "vl"))
