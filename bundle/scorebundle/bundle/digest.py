"""SHA-256 without waiting for OpenSSL.

`hashlib` loads OpenSSL, which takes 5 ms: a sixth of what lies between `import numpy` and a first
score. Python's own implementation is there at once; OpenSSL's is four times as fast, so that it
serves what is large.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

LARGE: Final = 1 << 21


def sha256(data: bytes) -> str:
    """SHA-256 (FIPS 180-4) as 64 hexadecimal digits."""
    digest: str = _small(data).hexdigest() if len(data) < LARGE else _hashlib(data).hexdigest()
    return digest


def _hashlib(data: bytes) -> Any:
    return import_module("hashlib").sha256(data)


def _implementation() -> Any:
    for name in ("_sha2", "_sha256"):  # since Python 3.12, and in 3.11
        try:
            return import_module(name).sha256
        except (ImportError, AttributeError):
            continue
    return _hashlib


_small: Final = _implementation()
