"""Pinning, thread limits, and what a result depends on."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]

HARNESS: Final = 1
"""Raise it when a change here makes stored results wrong: they are then measured again."""

PACKAGES: Final = (
    "numpy", "scipy", "scikit-learn", "xgboost", "pandas", "pyarrow", "numba", "onnxruntime",
    "skl2onnx", "onnxmltools", "scikit-learn-intelex", "treelite", "tl2cgen", "ydf", "m2cgen",
)  # fmt: skip


def limits(threads: int) -> dict[str, str]:
    """Environment of a measuring process; must be set before anything is imported.

    OpenMP pools spin for a while after a call, by default, and would disturb the peer measured
    next; hence PASSIVE, and the same for Intel's and LLVM's OpenMP.
    """
    names = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
    found = {f"{name}_NUM_THREADS": str(threads) for name in names}
    return {**found, "OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "PYTHONWARNINGS": "ignore"}


def pin(threads: int) -> list[int]:
    """Keep this process on that many cores, the last ones, as the first serve most interrupts."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    os.sched_setaffinity(0, cores)
    return cores


def versions() -> dict[str, str]:
    """What is installed, of all that is measured."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def digest(*folders: str) -> str:
    """SHA-256 over the Python sources of folders of this repository, shortened."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def describe() -> dict[str, Any]:
    """The machine, without names of hosts, users or folders."""
    model = platform.processor() or platform.machine()
    flags: set[str] = set()
    if os.path.exists("/proc/cpuinfo"):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            if key.strip() == "flags":
                flags = set(value.split())
    wanted = ("avx2", "avx512f", "avx512vbmi", "gfni")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "vector extensions": ", ".join(flag for flag in wanted if flag in flags) or "none known",
        "system": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        "versions": versions(),
    }
