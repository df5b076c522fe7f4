"""Failure: what stops a command, and its exit code."""

from __future__ import annotations

from typing import Final

from scorebundle.bundle import Bundle, BundleError
from scorebundle.runtime.source import open_bundle as open_source

CHECK_FAILED: Final = 1
USAGE: Final = 2


class Failure(Exception):
    """Ends a command with one line on stderr.

    Attributes:
        code: the exit code.
    """

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


def open_bundle(path: str) -> Bundle:
    """Open a bundle or PMML for a command.

    Raises:
        Failure: naming the file, if it breaks a rule of the format.
        OSError: if it cannot be read.
    """
    try:
        return open_source(path)
    except BundleError as error:
        raise Failure(f"{path}: {error}") from None
