"""`scorebundle pmml`: the PMML document of a bundle."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from scorebundle.bundle import BundleError
from scorebundle.bundle.bundle import write_atomically

from .failure import CHECK_FAILED, Failure, open_bundle

EPILOG = """examples:
  scorebundle pmml model.zip -o model.pmml
  scorebundle pmml model.zip | xmllint --format -

exit codes: 0 done, 1 the model has no PMML form, 2 not a valid bundle"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "pmml",
        help="write a bundle's model as PMML, for other engines",
        description="Write the PMML 4.4 document that the bundle carries.",
        epilog=EPILOG,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the zip made by export_bundle")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="default: stdout")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    bundle = open_bundle(arguments.bundle)
    if bundle.manifest.pmml is not None:
        raise Failure(f"{arguments.bundle}: no PMML: {bundle.manifest.pmml}", CHECK_FAILED)
    try:
        document = bundle.to_pmml()
    except BundleError as error:
        raise Failure(f"{arguments.bundle}: {error}") from None
    if arguments.output == "-":
        sys.stdout.buffer.write(document)
    else:
        write_atomically(arguments.output, document)
    return 0
