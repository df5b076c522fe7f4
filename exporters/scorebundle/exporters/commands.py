"""`scorebundle check` and `scorebundle import`: the commands of the exporters' side."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from .check import Report, check
from .imported import import_model

UNSAFE = (
    "warning: loading a pickle runs the code in it: check only files that you trust, in an "
    "environment with the libraries that made them"
)


def run_check(arguments: argparse.Namespace) -> int:
    """Print the report; 1 if there are blockers."""
    print(UNSAFE, file=sys.stderr)
    report = check(_unpickled(arguments.pipeline), extras=arguments.extra)
    print(json.dumps(_plain(report), indent=2) if arguments.json else report)
    return 0 if report.ok else 1


def run_import(arguments: argparse.Namespace) -> int:
    """Write the bundle, and say what was proven."""
    bundle = import_model(
        arguments.model,
        arguments.output,
        extras=arguments.extra,
        name=arguments.name,
        version=arguments.model_version,
    )
    print(f"{arguments.output}: {bundle.name} version {bundle.version} ({bundle.digest[:12]})")
    for name, item in bundle.manifest.certificate.items():
        print(f"  {name}: {item.rows} rows compared; {item.contract}")
    return 0


def _unpickled(path: str) -> Any:
    import joblib

    try:
        return joblib.load(path)
    except (OSError, ImportError):
        raise
    except Exception as error:  # a pickle may raise anything
        raise RuntimeError(f"{path} cannot be unpickled: {error!r:.200}") from error


def _plain(report: Report) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "blockers": [blocker._asdict() for blocker in report.blockers],
        "steps": [step._asdict() for step in report.steps],
        "notes": [{"step": step, "remark": remark} for step, remark in report.notes],
        "certificate": {name: item._asdict() for name, item in report.certificate.items()},
    }
