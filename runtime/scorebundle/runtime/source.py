"""Sources: a file is a bundle, or a PMML document that becomes one; told apart by content."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

from scorebundle.bundle import Bundle, BundleError
from scorebundle.bundle.bundle import Source, read_source

XML: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")
"""How XML begins: in UTF-8, and with its byte order marks."""


def open_bundle(source: Source) -> Bundle:
    """Open a bundle, or read PMML.

    Raises:
        BundleError: naming the rule that the file breaks.
        OSError: if the file cannot be read.
    """
    if not isinstance(source, (str, os.PathLike)):
        source = read_source(source)
    if not _head(source).lstrip().startswith(XML):
        return Bundle.open(source)
    try:
        reader = import_module("scorebundle.pmml.reader")  # the one door to lxml
    except ImportError as error:
        needed = "reading PMML needs lxml: pip install 'scorebundle[pmml]'"
        raise BundleError(f"{needed} ({error})", member="PMML") from None
    bundle: Bundle = reader.read_bundle(source)
    return bundle


def _head(source: str | os.PathLike[str] | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:1024]
    with open(source, "rb") as file:
        return file.read(1024)


def is_zip(path: str) -> bool:
    """Whether a file is a zip."""
    with open(path, "rb") as file:
        return file.read(2) == b"PK"
