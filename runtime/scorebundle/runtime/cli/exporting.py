"""The door from the command line to the exporters' side, on which the runtime does not depend.

Their code is looked up when a command that needs it is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

from .failure import Failure


def exporters(command: str) -> Callable[[argparse.Namespace], int]:
    """A command of `scorebundle.exporters.commands`."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            module = import_module("scorebundle.exporters.commands")
            code: int = getattr(module, command)(arguments)
        except ImportError as error:
            raise Failure(f"{error}; install the libraries of the model") from None
        return code

    return run


def extras(parser: argparse.ArgumentParser) -> None:
    """The option that asks for outputs beyond the usual ones."""
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        metavar="NAME",
        help="also export `apply` or `contribs`, or take `base_margin`; can be repeated",
    )
