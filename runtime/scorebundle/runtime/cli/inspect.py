"""`scorebundle inspect`: what is in a bundle; nothing is built or scored."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from typing import Any

from scorebundle.bundle import Bundle
from scorebundle.bundle.manifest import InputSchema, OutputSchema

from .failure import open_bundle
from .layout import print_json, shortened, size, table

EPILOG = """examples:
  scorebundle inspect model.zip
  scorebundle inspect model.zip --json | jq '.inputs[].name'"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "inspect",
        help="show what is in a bundle",
        description="Show a bundle's schema, steps, certificate and members.",
        epilog=EPILOG,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the zip made by export_bundle")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    bundle = open_bundle(arguments.bundle)
    file_size = os.path.getsize(arguments.bundle)
    if arguments.json:
        print_json(_document(bundle, file_size))
    else:
        print("\n\n".join([_head(bundle, file_size), *_sections(bundle)]))
    return 0


def _document(bundle: Bundle, file_size: int) -> dict[str, Any]:
    nodes = [{"operator": n.kind, "step": n.step, "value": n.output} for n in bundle.graph.nodes]
    return {
        **bundle.manifest.to_json(),
        "digest": bundle.digest,
        "file_size": file_size,
        "nodes": nodes,
    }


def _head(bundle: Bundle, file_size: int) -> str:
    manifest = bundle.manifest
    libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
    facts = {
        "digest": bundle.digest,
        "format": manifest.format_version,
        "source": manifest.source,
        "trained with": libraries or "unknown",
        "producer": manifest.producer,
        "created": manifest.created or "not recorded",
        "PMML": f"none: {manifest.pmml}" if manifest.pmml else "model.pmml",
        "file": size(file_size),
    }
    lines = [f"{name:<13} {value}" for name, value in facts.items()]
    return "\n".join([f"{bundle.name} version {bundle.version}", *lines])


def _sections(bundle: Bundle) -> list[str]:
    manifest = bundle.manifest
    inputs = table(("name", "type", "missing", "categories"), map(_input, manifest.inputs))
    outputs = table(("name", "type", "columns", "classes"), map(_output, manifest.outputs))
    sizes = [(name, size(member.size)) for name, member in manifest.members.items()]
    return [
        f"inputs ({len(manifest.inputs)})\n{inputs}",
        f"outputs\n{outputs}",
        f"steps ({len(bundle.graph.nodes)} operators)\n{_steps(bundle)}",
        f"certificate: compared with the training library at export\n{_certificate(bundle)}",
        f"members\n{table(('name', 'size'), sizes)}",
    ]


def _input(item: InputSchema) -> tuple[str, ...]:
    kind = "any (not used)" if item.type == "any" else item.type
    return item.name, kind, item.missing, shortened([repr(c) for c in item.categories])


def _output(item: OutputSchema) -> tuple[str, ...]:
    classes = "; ".join(shortened([repr(c) for c in part]) for part in item.classes)
    width = "1" if item.shape == "vector" else " + ".join(map(str, item.widths))
    return item.name, item.type, width, classes


def _steps(bundle: Bundle) -> str:
    steps: dict[str, Counter[str]] = {}
    for node in bundle.graph.nodes:
        steps.setdefault(node.step, Counter())[node.kind] += 1
    rows = [(step or "(pipeline)", _counted(kinds)) for step, kinds in steps.items()]
    return table(("step", "operators"), rows)


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in kinds.items())


def _certificate(bundle: Bundle) -> str:
    header = ("output", "rows", "values", "max ulp", "max difference", "ties", "contract")
    rows = [
        (
            name,
            item.rows,
            item.values,
            f"{item.max_ulp:g}",
            f"{item.max_difference:.3g}",
            item.ties,
            item.contract,
        )
        for name, item in bundle.manifest.certificate.items()
    ]
    return table(header, rows)
