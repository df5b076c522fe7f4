"""For the image's HEALTHCHECK: 0 if the server of this container is ready."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException

from .settings import PORT, PREFIX


def main() -> int:
    """Ask the server on the port that it was started with."""
    connection = HTTPConnection("127.0.0.1", int(os.environ.get(f"{PREFIX}PORT", PORT)), timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
