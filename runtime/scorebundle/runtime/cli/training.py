"""`scorebundle check` and `scorebundle import`: commands that need the exporters' side.

The runtime does not depend on it: their code is looked up when one of them is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .failure import Failure

CHECK = """examples:
  scorebundle check pipeline.joblib
  scorebundle check pipeline.joblib --json | jq '.blockers'

exit codes: 0 can be exported, 1 there are blockers, 2 the file cannot be loaded"""

IMPORT = """examples:
  scorebundle import model.json -o model.zip
  scorebundle import model.ubj -o model.zip --extra apply"""


def add(commands: Any) -> None:
    """Register both commands."""
    check = commands.add_parser(
        "check",
        help="tell whether a pickled pipeline can be exported, and how exactly",
        description="List all blockers and all declared tolerances of a fitted pipeline, step by "
        "step; nothing is written. Loading a pickle runs the code in it.",
        epilog=CHECK,
    )
    check.add_argument("pipeline", metavar="PIPELINE", help="a joblib or pickle file")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    _extras(check)
    check.set_defaults(run=_exporters("run_check"))
    model = commands.add_parser(
        "import",
        help="make a bundle of a model file that XGBoost saved",
        description="Read a model that XGBoost 1.7 or newer saved as JSON or UBJSON; XGBoost need "
        "not be installed, but where it is, the bundle is compared with it.",
        epilog=IMPORT,
    )
    model.add_argument("model", metavar="MODEL", help="the .json or .ubj file")
    model.add_argument("-o", "--output", metavar="BUNDLE", required=True, help="the zip to write")
    model.add_argument("--name", help="the model's name; by default the file's")
    model.add_argument("--model-version", metavar="VERSION", help="by default 1")
    _extras(model)
    model.set_defaults(run=_exporters("run_import"))


def _extras(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        metavar="NAME",
        help="also export `apply`, or take `base_margin`; can be repeated",
    )


def _exporters(command: str) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        try:
            module = import_module("scorebundle.exporters.commands")
            code: int = getattr(module, command)(arguments)
        except ImportError as error:
            raise Failure(f"{error}; install the libraries of the model") from None
        return code

    return run
