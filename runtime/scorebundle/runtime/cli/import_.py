"""`scorebundle import`: a bundle of a PMML document of any producer."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from scorebundle.bundle import BundleError

from .failure import Failure

EPILOG = """examples:
  scorebundle import model.pmml -o model.zip
  scorebundle import models.pmml --model churn -o churn.zip

exit codes: 0 done, 2 the document cannot be read or scored; needs lxml"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "import",
        help="make a bundle of a PMML document",
        description="Read a PMML document, versions 3.0 to 4.4, and write it as a bundle.",
        epilog=EPILOG,
    )
    parser.add_argument("document", metavar="PMML", help="the document")
    parser.add_argument("-o", "--output", metavar="BUNDLE", required=True, help="the zip to write")
    parser.add_argument("--model", help="modelName of the model to read; else the first")
    parser.add_argument("--name", help="name of the bundle; else the model's")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    try:
        reader = import_module("scorebundle.pmml.reader")
    except ImportError as error:
        raise Failure(f"needs lxml: pip install 'scorebundle[pmml]' ({error})") from None
    try:
        bundle = reader.read_bundle(arguments.document, name=arguments.name, model=arguments.model)
    except BundleError as error:
        raise Failure(f"{arguments.document}: {error}") from None
    bundle.save(arguments.output)
    print(f"{arguments.output}: {bundle.name}, {len(bundle.graph.nodes)} operators")
    return 0
