"""bundle-serve: models over HTTP, in the manner of MLeap Serving."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
