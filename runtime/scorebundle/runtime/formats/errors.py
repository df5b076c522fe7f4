"""FormatError: what a file of rows breaks."""

from __future__ import annotations


class FormatError(Exception):
    """A file of rows cannot be read: names the file, the line and what is wrong there."""
