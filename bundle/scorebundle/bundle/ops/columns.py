"""Operators that read input columns, arrange values, and turn codes into class labels."""

from __future__ import annotations

import numpy as np

from ..fields import (
    Array,
    Operator,
    choice,
    integer,
    integers,
    name,
    names,
    require,
    scalars,
    tensor,
)
from ..types import DTYPES, FLOATS, LABELS, MAX_WIDTH, Scalar, Type

LABEL_DTYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "str",
    "object",
]

MAX_LABEL_CHARACTERS = 1 << 22
"""Most characters in an array of labels: numpy gives each the length of the longest."""


class Numbers(Operator):
    """Input columns as numbers; a missing value is NaN. Output: dtype[len(columns)]."""

    arity = 0
    columns: tuple[str, ...] = names()
    dtype: str = choice("float32", "float64", "int64")

    def output(self, *inputs: Type) -> Type:
        return Type(self.dtype, len(self.columns))


class Encode(Operator):
    """A column's values as positions in `categories`; −1 for a value not listed.

    None and NaN are never listed: `none` and `nan` are their codes. Output: int64[1].
    Equality is Python's: 1, 1.0 and True are one category.
    """

    arity = 0
    column: str = name()
    categories: tuple[Scalar, ...] = scalars()
    none: int = integer(-1, 2**31)
    nan: int = integer(-1, 2**31)

    def output(self, *inputs: Type) -> Type:
        return Type("int64", 1)


class Constant(Operator):
    """The same numbers for every row. Output: the tensor's dtype and length."""

    arity = 0
    value: Array = tensor("float32 float64 int64 bool", "width")

    def output(self, *inputs: Type) -> Type:
        return Type(self.value.dtype.name, len(self.value))


class Select(Operator):
    """Columns of a value, by index, in the given order; one may be taken twice."""

    indices: tuple[int, ...] = integers(0, MAX_WIDTH)

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(max(self.indices) < x.width, f"indices: must be below the width {x.width}")
        return Type(x.dtype, len(self.indices))


class Concat(Operator):
    """Values side by side; all must have one dtype."""

    arity = None

    def output(self, *inputs: Type) -> Type:
        require(len({x.dtype for x in inputs}) == 1, "inputs must have one dtype")
        return Type(inputs[0].dtype, sum(x.width for x in inputs))


class Cast(Operator):
    """IEEE conversion to another dtype: nearest for floats, toward zero to int64, != 0 to bool.

    A NaN or out-of-range float becomes the smallest int64, as on x86-64.
    """

    dtype: str = choice(*DTYPES)

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return Type(self.dtype, x.width)


class Require(Operator):
    """Passes its input through and marks each row that breaks `rule`.

    `finite`: neither NaN nor infinite; `not infinite`; `not missing`: no NaN;
    `known`: no negative code. scikit-learn raises ValueError where this marks.
    """

    rule: str = choice("finite", "not infinite", "not missing", "known")

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        allowed = ("int64",) if self.rule == "known" else FLOATS
        require(x.dtype in allowed, f"rule {self.rule!r} needs {' or '.join(allowed)}")
        return x


class Labels(Operator):
    """Class labels by position: code i becomes classes[i], an array of numpy `dtype`.

    The only way out of the graph for what is not a number. Codes outside are clipped.
    """

    classes: tuple[Scalar, ...] = scalars()
    dtype: str = choice(*LABEL_DTYPES)

    def validate(self) -> None:
        require(len(self.classes) > 0, "classes: must not be empty")
        longest = max(len(item) if isinstance(item, str) else 1 for item in self.classes)
        require(len(self.classes) * longest <= MAX_LABEL_CHARACTERS, "classes: are too long")
        kept = self.array().tolist()
        require(
            all(type(a) is type(b) and a == b for a, b in zip(kept, self.classes, strict=True)),
            f"classes: do not fit dtype {self.dtype}",
        )

    def array(self) -> Array:
        """The classes as scikit-learn's `classes_` held them."""
        try:
            result = np.array(list(self.classes), dtype=self.dtype)
        except (ValueError, TypeError, OverflowError):
            require(False, f"classes: do not fit dtype {self.dtype}")
        return result

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        require(x == Type("int64", 1), f"needs int64[1], not {x}")
        return Type(LABELS, 1)


class OptionalLabels(Labels):
    """Class labels by position, or none: code i becomes classes[i], a code beyond them None.

    The array is of objects. Negative codes are clipped, as in Labels.
    """

    classes: tuple[Scalar, ...] = scalars()
    dtype: str = choice("object")

    def array(self) -> Array:
        """The classes, and None after them."""
        result = np.empty(len(self.classes) + 1, object)
        result[:-1] = self.classes
        return result

    def validate(self) -> None:
        require(len(self.classes) > 0, "classes: must not be empty")
        longest = max(len(item) if isinstance(item, str) else 1 for item in self.classes)
        require(len(self.classes) * longest <= MAX_LABEL_CHARACTERS, "classes: are too long")
