"""`scorebundle import`: a bundle of a PMML document, or of a model file of XGBoost."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import Any

from scorebundle.bundle import BundleError

from .exporting import exporters, extras
from .failure import Failure

EPILOG = """examples:
  scorebundle import model.pmml -o model.zip
  scorebundle import models.pmml --model-name churn -o churn.zip
  scorebundle import model.ubj -o model.zip --extra apply

exit codes: 0 done, 2 the file cannot be read or scored; PMML needs lxml"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "import",
        help="make a bundle of a PMML document, or of a model file that XGBoost saved",
        description="Read a PMML document of version 3.0 to 4.4 (.pmml, .xml), or a model that "
        "XGBoost 1.7 or newer saved as JSON or UBJSON. XGBoost need not be installed, but where it "
        "is, the bundle is compared with it.",
        epilog=EPILOG,
    )
    parser.add_argument("model", metavar="MODEL", help="the .pmml, .xml, .json or .ubj file")
    parser.add_argument("-o", "--output", metavar="BUNDLE", required=True, help="the zip to write")
    parser.add_argument("--model-name", help="modelName of the PMML model to read; else the first")
    parser.add_argument("--name", help="the bundle's name; else the model's or the file's")
    parser.add_argument("--model-version", metavar="VERSION", help="by default 1")
    extras(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if os.path.splitext(arguments.model)[1].lower() in (".pmml", ".xml"):
        return _pmml(arguments)
    return exporters("run_import")(arguments)


def _pmml(arguments: argparse.Namespace) -> int:
    try:
        reader = import_module("scorebundle.pmml.reader")
    except ImportError as error:
        raise Failure(f"needs lxml: pip install 'scorebundle[pmml]' ({error})") from None
    try:
        bundle = reader.read_bundle(
            arguments.model, name=arguments.name, model=arguments.model_name
        )
    except BundleError as error:
        raise Failure(f"{arguments.model}: {error}") from None
    bundle.save(arguments.output)
    print(f"{arguments.output}: {bundle.name}, {len(bundle.graph.nodes)} operators")
    return 0
