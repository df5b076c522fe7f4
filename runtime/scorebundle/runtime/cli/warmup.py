"""`scorebundle warmup`: build the kernels before the first score needs them."""

from __future__ import annotations

import argparse
import time
from typing import Any

from scorebundle.runtime import library

from .failure import CHECK_FAILED, Failure
from .layout import print_json

EPILOG = """examples:
  scorebundle warmup                                   once per machine or image
  SCOREBUNDLE_CACHE=/opt/kernels scorebundle warmup    into a folder of your choice

exit codes: 0 later processes find the kernels, 1 they could not be stored"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "warmup",
        help="build the kernels now and store them for later processes",
        description="Build the kernels' machine code for this machine, or load what is stored.",
        epilog=EPILOG,
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    start = time.perf_counter()
    for part in library.WORDS:
        library.load(part)
    kernels = library.load()
    seconds = time.perf_counter() - start
    if arguments.json:
        result = {"tier": kernels.tier, "origin": kernels.origin, "seconds": round(seconds, 4)}
        print_json({**result, "notes": kernels.notes})
    elif kernels.origin:
        print(f"{kernels.tier}: {kernels.origin} ({seconds:.2f} s)")
    if not kernels.origin:
        raise Failure(
            "the kernels could not be stored, so every process compiles them; "
            "`scorebundle doctor` says why",
            CHECK_FAILED,
        )
    return 0
