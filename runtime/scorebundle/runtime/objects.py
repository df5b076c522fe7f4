"""Columns of Python texts as codes, natively: arrays of objects of which hardly two are one."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from scorebundle.bundle.fields import Array

from .door import known_layout, python_function
from .kernels.codes import TEXTS
from .library import load
from .plan import address_of

HELD: Final = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
"""Keeps the GIL, as the cells are objects of Python."""


def are_texts(cells: Array) -> bool:
    """Whether every cell of an array of objects is a str, None or NaN."""
    if not known_layout() or cells.dtype != object or cells.ndim != 1:
        return False
    words = _words(cells)
    return bool(HELD(load().address("plain_texts"))(address_of(words)))


def text_codes(cells: Array, codes: Mapping[str, float], none: int, nan: int) -> Array:
    """The code of every cell of what `are_texts`; −1 for text that is not listed.

    Args:
        cells: one object per row.
        codes: of each category, as floats, which are the easier to read.
        none, nan: codes of None and of NaN.
    """
    found = np.empty(len(cells), np.int64)
    words = _words(cells)
    for word, number in (
        ("categories", id(codes)),
        ("codes", address_of(found)),
        ("of none", none),
        ("of nan", nan),
    ):
        words[TEXTS[word] // 8] = number
    HELD(load().address("text_codes"))(address_of(words))
    return found


def _words(cells: Array) -> Array:
    known: dict[str, Any] = {
        "cells": int(cells.__array_interface__["data"][0]),
        "stride": cells.strides[0],
        "rows": len(cells),
        "text": id(str),
        "float": id(float),
        "none": id(None),
        "get": python_function("PyDict_GetItemWithError"),
    }
    return np.array([known.get(word, 0) for word in TEXTS], np.int64)
