"""Sources: a file is a bundle, or a PMML document that becomes one; told apart by content."""

from __future__ import annotations

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
    data = read_source(source)
    if not data[:1024].lstrip().startswith(XML):
        return Bundle.open(data)
    try:
        reader = import_module("scorebundle.pmml.reader")  # the one door to lxml
    except ImportError as error:
        needed = "reading PMML needs lxml: pip install 'scorebundle[pmml]'"
        raise BundleError(f"{needed} ({error})", member="PMML") from None
    bundle: Bundle = reader.read_bundle(data)
    return bundle


def is_zip(path: str) -> bool:
    """Whether a file is a zip."""
    with open(path, "rb") as file:
        return file.read(2) == b"PK"
