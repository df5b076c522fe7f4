"""`bundle-serve`: its options, and the server that runs the application."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from scorebundle.bundle import BundleError

PORT = 65327
"""MLeap Serving's port."""

EXAMPLES = """
examples:
  bundle-serve --model-root /models
  bundle-serve --state /var/lib/bundle-serve --model churn=/models/churn.zip
  curl -XPUT -H "content-type: application/json" \\
       -d '{"path":"/models/churn.zip"}' http://localhost:65327/model

every option can also be set in the environment: BUNDLE_SERVE_PORT, BUNDLE_SERVE_MODEL_ROOT, …
"""


def parser() -> argparse.ArgumentParser:
    """The command line; defaults come from the environment."""
    result = argparse.ArgumentParser(
        prog="bundle-serve",
        description="Serve model bundles over HTTP.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def option(name: str, default: str, text: str) -> None:
        variable = "BUNDLE_SERVE_" + name.upper().replace("-", "_")
        value = os.environ.get(variable, default)
        result.add_argument(
            f"--{name}", default=value, help=f"{text} (default {default or 'none'})"
        )

    option("host", "127.0.0.1", "address to listen on; 0.0.0.0 for every one")
    option("port", str(PORT), "port to listen on")
    option("model-root", "/models", "directory that PUT /model may name files in")
    option("state", "", "directory that keeps models through restarts")
    option("keep", "5", "versions kept per model")
    option("max-body", str(1 << 30), "largest request body in bytes")
    option("max-rows", "100000", "most rows in a scoring request")
    result.add_argument(
        "--model", action="append", default=[], metavar="NAME=PATH", help="load a model at start"
    )
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 2 if a model cannot be loaded at start."""
    options = parser().parse_args(arguments)
    try:
        import uvicorn

        from .app import App
        from .repository import Repository
    except ImportError as error:
        print(f"bundle-serve: error: {error}; pip install 'scorebundle[serve]'", file=sys.stderr)
        return 2
    try:
        repository = Repository(Path(options.state) if options.state else None, int(options.keep))
        for given in options.model:
            name, _, path = given.partition("=")
            repository.put(Path(path).read_bytes(), name)
    except (BundleError, OSError, ValueError) as error:
        print(f"bundle-serve: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    app = App(
        repository,
        Path(options.model_root),
        max_body=int(options.max_body),
        max_rows=int(options.max_rows),
    )
    uvicorn.run(
        app,
        host=options.host,
        port=int(options.port),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=30,
    )
    return 0
