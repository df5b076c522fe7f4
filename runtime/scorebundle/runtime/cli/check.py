"""`scorebundle check`: can a pickled pipeline be exported, and how exactly?"""

from __future__ import annotations

from typing import Any

from .exporting import exporters, extras

EPILOG = """examples:
  scorebundle check pipeline.joblib
  scorebundle check pipeline.joblib --json | jq '.blockers'

exit codes: 0 can be exported, 1 there are blockers, 2 the file cannot be loaded"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "check",
        help="tell whether a pickled pipeline can be exported, and how exactly",
        description="List all blockers and all declared tolerances of a fitted pipeline, step by "
        "step; nothing is written. Loading a pickle runs the code in it.",
        epilog=EPILOG,
    )
    parser.add_argument("pipeline", metavar="PIPELINE", help="a joblib or pickle file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    extras(parser)
    parser.set_defaults(run=exporters("run_check"))
