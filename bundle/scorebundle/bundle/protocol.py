"""The format's number and the names of a bundle's members.

To change the format:
    1. A change that old readers may ignore goes under `extensions`; raise the minor number.
    2. Any other change raises the major number: write the new reader, keep the old one and
       its golden bundles in `tests/golden/`, and describe both in `docs/format.md`.
    3. Regenerate `schemas/` (`python -m scorebundle.bundle.schema`).
"""

from __future__ import annotations

import re
from typing import Final

from .errors import Violation

FORMAT: Final = "scorebundle"
MAJOR, MINOR = 1, 0
FORMAT_VERSION: Final = f"{MAJOR}.{MINOR}"

MANIFEST: Final = "bundle.json"
GRAPH: Final = "graph.json"
TENSORS: Final = "tensors.msgpack"
PMML: Final = "model.pmml"
VERIFICATION: Final = "verification.msgpack"

REQUIRED_MEMBERS: Final = (GRAPH, TENSORS, VERIFICATION)
OPTIONAL_MEMBERS: Final = (PMML,)
MEMBERS: Final = (MANIFEST, *REQUIRED_MEMBERS, *OPTIONAL_MEMBERS)
"""Every member, in the order in which they are written."""


def check_format(value: object) -> str:
    """The `format` field."""
    if value != FORMAT:
        raise Violation(f"must be {FORMAT!r}: this is not a scorebundle")
    return FORMAT


def check_version(value: object) -> str:
    """The `format_version` field: any minor of our major."""
    match = (
        re.fullmatch(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", value) if isinstance(value, str) else None
    )
    if match is None:
        raise Violation("must look like '1.0'")
    if match[1] != str(MAJOR):
        raise Violation(
            f"is {value!r:.20}; this scorebundle reads format {MAJOR}: "
            "install the release that wrote the bundle, or a newer one"
        )
    return match[0]
