"""`bundle-serve`: reads its options and serves."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from . import settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 2 if an option or a model cannot be used."""
    try:
        options = settings.read(arguments)
    except settings.Usage as error:
        return _failed(str(error))
    try:
        from .models.changes import Refused
        from .server import serve
    except ImportError as error:
        return _failed(f"{error}; pip install 'scorebundle[serve]'")
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(message)s")
    try:
        return serve(options)
    except (settings.Usage, Refused, OSError) as error:
        return _failed(str(error))


def _failed(message: str) -> int:
    print(f"bundle-serve: error: {' '.join(message.split())}", file=sys.stderr)
    return 2
