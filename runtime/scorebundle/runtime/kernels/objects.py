"""A column of Python's texts, read where the objects lie; its caller holds the GIL."""

from __future__ import annotations

from .codes import FLOAT_NUMBER, OBJECT_TYPE, TEXTS
from .native import call_object, inline, load_f8, load_i8, store_i8
from .registry import kernel

CELLS, STRIDE, ROWS = TEXTS["cells"], TEXTS["stride"], TEXTS["rows"]
TEXT, FLOAT, NONE = TEXTS["text"], TEXTS["float"], TEXTS["none"]
GET, CATEGORIES, CODES = TEXTS["get"], TEXTS["categories"], TEXTS["codes"]
OF_NONE, OF_NAN = TEXTS["of none"], TEXTS["of nan"]


@inline
def is_nan(words: int, cell: int) -> bool:
    """Whether an object is a float that is NaN."""
    if load_i8(cell + OBJECT_TYPE) != load_i8(words + FLOAT):
        return False
    number: float = load_f8(cell + FLOAT_NUMBER)
    return number != number


@kernel("plain_texts")
def plain_texts(words: int, _b: int, _c: int, _d: int, _e: int) -> int:
    """1 if every cell is a str, None or NaN, else 0; `words` as `codes.TEXTS` has them.

    A cell that was never set is no object at all, which numpy shows as None.
    """
    cells, stride = load_i8(words + CELLS), load_i8(words + STRIDE)
    text, none = load_i8(words + TEXT), load_i8(words + NONE)
    for row in range(load_i8(words + ROWS)):
        cell = load_i8(cells + stride * row)
        if cell == 0:
            return 0
        if load_i8(cell + OBJECT_TYPE) != text and cell != none and not is_nan(words, cell):
            return 0
    return 1


@kernel("text_codes")
def text_codes(words: int, _b: int, _c: int, _d: int, _e: int) -> int:
    """The code of every cell, which `plain_texts` has found plain; −1 for text that has none."""
    cells, stride = load_i8(words + CELLS), load_i8(words + STRIDE)
    text, none = load_i8(words + TEXT), load_i8(words + NONE)
    get, categories = load_i8(words + GET), load_i8(words + CATEGORIES)
    codes = load_i8(words + CODES)
    for row in range(load_i8(words + ROWS)):
        cell = load_i8(cells + stride * row)
        if load_i8(cell + OBJECT_TYPE) == text:
            found = call_object(get, categories, cell)
            code = int(load_f8(found + FLOAT_NUMBER)) if found else -1
        else:
            code = load_i8(words + OF_NONE) if cell == none else load_i8(words + OF_NAN)
        store_i8(codes + 8 * row, code)
    return 0
