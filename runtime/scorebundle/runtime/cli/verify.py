"""`scorebundle verify`: score the stored rows and compare with the training library's answers."""

from __future__ import annotations

import argparse
from typing import Any

from scorebundle.bundle import Bundle, BundleError
from scorebundle.runtime.model import Runtime

from .failure import CHECK_FAILED, Failure, open_bundle
from .layout import print_json

EPILOG = """examples:
  scorebundle verify model.zip
  scorebundle verify model.pmml     its ModelVerification
  scorebundle verify model.zip --json

exit codes: 0 all rows agree, 1 they do not, 2 not a valid bundle"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "verify",
        help="check a model against the answers stored in its file",
        description="Check every member, score the stored rows, and compare with the training "
        "library's answers within the declared contracts; of a PMML document, with its "
        "ModelVerification.",
        epilog=EPILOG,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="a bundle, or a PMML document")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    bundle = open_bundle(arguments.bundle)
    try:
        bundle.check()
    except BundleError as error:
        raise Failure(f"{arguments.bundle}: {error}") from None
    runtime = Runtime.load(bundle)
    try:
        rows = runtime.verify()
    except BundleError as error:
        if arguments.json:
            print_json({**_identity(bundle), "ok": False, "error": str(error)})
        raise Failure(f"{arguments.bundle}: {error}", CHECK_FAILED) from None
    outputs = [output.name for output in bundle.manifest.outputs]
    if arguments.json:
        print_json({**_identity(bundle), "ok": True, "rows": rows, "outputs": outputs})
    else:
        what = f"{bundle.name} version {bundle.version} ({bundle.digest[:12]})"
        print(f"{what}: {rows} rows agree with the training library in {', '.join(outputs)}")
    return 0


def _identity(bundle: Bundle) -> dict[str, Any]:
    return {"name": bundle.name, "version": bundle.version, "digest": bundle.digest}
