"""`scorebundle doctor`: which kernels are in use and why, and how to get faster ones."""

from __future__ import annotations

import argparse
import os
import platform
from importlib import metadata
from typing import Any, NamedTuple

from scorebundle.runtime import library
from scorebundle.runtime.store import linker, stores

from .layout import print_json, table

MEANING = {
    "shared library": "the fastest tier: machine code is loaded as is",
    "object code": "the second tier: machine code is loaded through llvmlite",
    "in memory": "the slowest tier: every process compiles what its models need",
}


class Finding(NamedTuple):
    """What was found out about this machine."""

    tier: str
    origin: str
    notes: list[str]
    folders: dict[str, str]
    linker: str | None
    numba: str | None
    versions: dict[str, str]

    @property
    def advice(self) -> str:
        """What to do for a better tier; '' in the best."""
        if self.tier == "shared library":
            return ""
        if self.tier == "object code":
            first = "" if self.linker else "install a C compiler (cc, gcc or clang), "
            return f"{first}remove {os.path.dirname(self.origin)} and run `scorebundle warmup`"
        return (
            "set SCOREBUNDLE_CACHE to a folder that only this user can write, or run "
            "`scorebundle warmup` where there is one (say, while an image is built) and ship it"
        )


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "doctor",
        help="say which kernels are in use, and why",
        description="Say where the kernels' machine code comes from on this machine, what was "
        "tried before, and what would make it faster.",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    finding = examine()
    if arguments.json:
        print_json({**finding._asdict(), "advice": finding.advice or None})
        return 0
    print(f"tier: {finding.tier} ({MEANING[finding.tier]})")
    if finding.origin:
        print(f"from: {finding.origin}")
    for note in finding.notes:
        print(f"note: {note}")
    print(f"to do: {finding.advice or 'nothing'}")
    print("\nfolders for machine code, best first")
    print(table(("folder", "state"), finding.folders.items()))
    print("\nthis machine")
    rows = {"C linker": finding.linker or "none", "numba": finding.numba or "not installed"}
    print(table(("what", "found"), {**rows, **finding.versions}.items()))
    return 0


def examine() -> Finding:
    """Load the kernels and look at what they need."""
    folders = {store.folder: _state(store.folder) for store in stores()}
    kernels = library.load()
    folders |= {store.folder: _state(store.folder) for store in stores()}
    versions = {
        "CPU level": library.cpu_level(),
        "platform": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "numpy": _version("numpy") or "not installed",
        "scorebundle": _version("scorebundle") or "not installed",
    }
    return Finding(
        kernels.tier, kernels.origin, kernels.notes, folders, linker(), _version("numba"), versions
    )


def _state(folder: str) -> str:
    if not os.path.isdir(folder):
        return "cannot be made" if os.path.exists(folder) else "not there"
    built = [name for name in os.listdir(folder) if name.endswith((".so", ".o"))]
    access = "writable" if os.access(folder, os.W_OK) else "read-only"
    return f"{access}, {len(built)} files of machine code"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
