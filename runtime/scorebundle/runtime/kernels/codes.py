"""Numbers by which the plan tells a kernel what to do. Free of numba: the plan needs them too."""

from __future__ import annotations

from typing import Final

from scorebundle.bundle.ops.distance import METRICS
from scorebundle.bundle.ops.elementwise import (
    ARITHMETIC,
    COMPARISONS,
    EXACT_UNARY,
    LIBM_UNARY,
    LOGIC,
)

ITEMSIZE: Final = {"float32": 4, "float64": 8, "int64": 8, "bool": 1}
DTYPE: Final = {"float32": 0, "float64": 1, "int64": 2, "bool": 3}
UNARY: Final = {name: code for code, name in enumerate([*EXACT_UNARY, *LIBM_UNARY])}
ARITHMETIC_CODE: Final = {name: code for code, name in enumerate(ARITHMETIC)}
COMPARISON: Final = {name: code for code, name in enumerate(COMPARISONS)}
LOGIC_CODE: Final = {name: code for code, name in enumerate([*LOGIC, "not"])}
REDUCE: Final = {"sum": 0, "minimum": 1, "maximum": 2}
METRIC: Final = {name: code for code, name in enumerate(METRICS)}
NORM: Final = {"none": 0, "l1": 1, "l2": 2, "max": 3}
RULE: Final = {"finite": 0, "not infinite": 1, "not missing": 2, "known": 3}

WORK: Final = 0
CONSTANT: Final = 1
"""Kinds of value references: in the workspace, or one row in the arena for all rows."""

PORTS: Final = 0
OUTPUTS: Final = 8
STATUS: Final = 16
"""Byte offsets in the frame: address of the input ports, of the outputs, of the row status."""

DEFAULT_RIGHT: Final = 1 << 29
CATEGORY: Final = 1 << 28
FEATURE: Final = (1 << 28) - 1
"""Bits of a packed tree node's feature word."""

SLOT_BITS: Final = 10
SLOT: Final = (1 << SLOT_BITS) - 1
"""Bits of the word of a node on keys that say which key of the row it compares."""

LOWEST: Final = -(2**31)
HIGHEST: Final = 2**31 - 1
"""Keys of NaN for splits that send it left and right. No cut's key is the lowest."""

OBJECT_TYPE: Final = 8
FLOAT_NUMBER: Final = 16
DICT_USED: Final = 16
ARRAY_DATA: Final = 16
ARRAY_NDIM: Final = 24
ARRAY_DIMENSIONS: Final = 32
ARRAY_STRIDES: Final = 40
ARRAY_DESCR: Final = 56
"""Byte offsets in CPython's `PyObject`, `PyFloatObject` and `PyDictObject`, and in numpy's
`PyArrayObject` and `PyDoubleScalarObject`, on 64-bit machines."""

CODE: Final = 4
UNREAD: Final = 5
OPTIONAL: Final = 6
"""What a door does with an item of a dict that is no number of a `DTYPE`: text that has a code,
or nothing."""

TEXTS: Final = {
    word: 8 * position
    for position, word in enumerate(
        (
            *("cells", "stride", "rows", "text", "float", "none"),
            *("get", "categories", "codes", "of none", "of nan"),
        )
    )
}
"""Byte offsets of the words that tell of a column of texts (see `kernels.objects`)."""

LANE: Final = {
    word: 8 * position
    for position, word in enumerate(
        (
            *("array", "float32", "float64", "width", "most"),  # of arrays of rows
            *("ports", "count", "columns", "outputs", "offsets", "slots", "status", "call"),
            *("dict", "names", "keys", "asked", "known", "float", "double", "int", "text", "none"),
            *("get", "clear", "as_double", "keep"),  # functions of Python
            "busy",
        )
    )
}
"""Byte offsets of the words that a door's lane holds (see `kernels.door`)."""

TILE: Final = 128
"""Points whose distances to a row are computed together."""

WAITING: Final = 24 * 64
"""Bytes of what waits in a search or a sort: nodes to visit, or ranges to sort."""
