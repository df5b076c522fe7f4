"""What an operator stores: attributes (JSON) and tensors (arrays), declared once.

An operator is a frozen dataclass. Each of its fields is declared with `attribute(...)` or
`tensor(...)`; from that one declaration come validation, serialisation and the JSON Schema.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final, cast

import numpy as np
from numpy.typing import NDArray

from .errors import Violation
from .types import Type

Array = NDArray[Any]
Json = dict[str, Any]

TENSOR_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "float32": np.dtype("<f4"),
    "float64": np.dtype("<f8"),
    "int32": np.dtype("<i4"),
    "int64": np.dtype("<i8"),
    "uint32": np.dtype("<u4"),
    "bool": np.dtype("?"),
}
"""The dtypes a stored tensor may have: little-endian, no objects, no strings."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    """A JSON value of an operator: how to check it and how JSON Schema says the same."""

    check: Callable[[Any], Any]
    schema: Json


@dataclasses.dataclass(frozen=True, slots=True)
class TensorField:
    """An array of an operator; dims with the same name must have the same size."""

    dtypes: tuple[str, ...]
    dims: tuple[str, ...]


def tensor(dtypes: str, *dims: str) -> Any:
    """Declare a tensor field: allowed dtypes (space separated) and named dimensions."""
    return dataclasses.field(metadata={"spec": TensorField(tuple(dtypes.split()), dims)})


def _attribute(check: Callable[[Any], Any], schema: Json) -> Any:
    return dataclasses.field(metadata={"spec": Attribute(check, schema)})


def choice(*options: str) -> Any:
    """Declare an attribute that is one of a few words."""

    def check(value: Any) -> str:
        if value not in options or not isinstance(value, str):
            raise Violation(f"must be one of {', '.join(options)}, not {value!r:.80}")
        return value

    return _attribute(check, {"enum": list(options)})


def integer(low: int, high: int) -> Any:
    """Declare an integer attribute within [low, high]."""

    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Violation(f"must be an integer from {low} to {high}, not {value!r:.80}")
        return value

    return _attribute(check, {"type": "integer", "minimum": low, "maximum": high})


def integers(low: int, high: int) -> Any:
    """Declare a non-empty list of integers within [low, high]."""

    def check(value: Any) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)) or not value:
            raise Violation("must be a non-empty list of integers")
        if not all(type(item) is int and low <= item <= high for item in value):
            raise Violation(f"must hold integers from {low} to {high}")
        return tuple(value)

    item = {"type": "integer", "minimum": low, "maximum": high}
    return _attribute(check, {"type": "array", "minItems": 1, "items": item})


def name() -> Any:
    """Declare an attribute that names an input column."""
    return _attribute(check_name, {"type": "string"})


def names() -> Any:
    """Declare a non-empty list of input column names."""

    def check(value: Any) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or not value:
            raise Violation("must be a non-empty list of column names")
        return tuple(check_name(item) for item in value)

    return _attribute(check, {"type": "array", "minItems": 1, "items": {"type": "string"}})


def scalars() -> Any:
    """Declare a list of distinct categories or classes: strings, integers, floats, booleans."""
    item = {"type": ["string", "integer", "number", "boolean"]}
    return _attribute(check_scalars, {"type": "array", "items": item})


def check_name(value: Any) -> str:
    """A column name: text that UTF-8 can hold."""
    if not isinstance(value, str) or not _is_text(value):
        raise Violation(f"must be a column name (text), not {value!r:.80}")
    return value


def check_scalars(value: Any) -> tuple[Any, ...]:
    """Distinct JSON scalars, NaN excluded; 1, 1.0 and True are the same key, as in Python."""
    if not isinstance(value, (list, tuple)):
        raise Violation("must be a list of categories")
    for item in value:
        if type(item) not in (str, int, float, bool):
            raise Violation(f"a category must be text, number or boolean, not {item!r:.80}")
        if type(item) is str and not _is_text(item):
            raise Violation("a category must be valid Unicode text")
        if type(item) is float and math.isnan(item):
            raise Violation("NaN cannot be a listed category; use `nan`")
        if type(item) is int and not -(2**63) <= item < 2**63:
            raise Violation("an integer category must fit 64 bits")
    if len(set(value)) != len(value):
        raise Violation("must not list a category twice")
    return tuple(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class Operator:
    """Base of the operator set: a frozen dataclass whose fields are what is stored.

    Creating one checks every field against its declaration and then `validate`; an operator
    that exists is well-formed. Arrays are kept read-only, C-contiguous and little-endian.

    Class attributes:
        arity: number of inputs, or None for one or more.
        ulp: most units in the last place its result may differ by on another CPU or libm;
            0 says `exact`.
        reason: why `ulp` is not 0.
    """

    arity: ClassVar[int | None] = 1
    ulp: ClassVar[int] = 0
    reason: ClassVar[str] = ""

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for field_name, spec in fields_of(type(self)):
            value = getattr(self, field_name)
            try:
                if isinstance(spec, TensorField):
                    value = _check_tensor(value, spec, sizes)
                else:
                    value = spec.check(value)
            except Violation as broken:
                raise Violation(f"{field_name}: {broken}") from None
            object.__setattr__(self, field_name, value)
        self.validate()

    def validate(self) -> None:
        """Check what single fields cannot: relations between them."""

    def output(self, *inputs: Type) -> Type:
        """Infer the type of the result, refusing inputs that do not fit."""
        raise NotImplementedError

    def bound(self) -> tuple[int, str]:
        """The declared contract of this very node: (ulp, reason); (0, '') is exact."""
        return self.ulp, self.reason

    def attributes(self) -> Json:
        """The JSON part of what is stored."""
        result: Json = {}
        for field_name, spec in fields_of(type(self)):
            if isinstance(spec, Attribute):
                value = getattr(self, field_name)
                result[field_name] = list(value) if isinstance(value, tuple) else value
        return result

    def tensors(self) -> dict[str, Array]:
        """The arrays of what is stored, by field name."""
        return {
            field_name: getattr(self, field_name)
            for field_name, spec in fields_of(type(self))
            if isinstance(spec, TensorField)
        }


def fields_of(operator: type[Operator]) -> Iterator[tuple[str, Attribute | TensorField]]:
    """The declared fields of an operator class, in order."""
    for field in dataclasses.fields(cast(Any, operator)):
        yield field.name, field.metadata["spec"]


def _check_tensor(value: Any, spec: TensorField, sizes: dict[str, int]) -> Array:
    if not isinstance(value, np.ndarray):
        raise Violation("must be an array")
    if value.dtype.name not in spec.dtypes:
        raise Violation(f"must have dtype {' or '.join(spec.dtypes)}, not {value.dtype.name}")
    if value.ndim != len(spec.dims):
        raise Violation(f"must have {len(spec.dims)} dimensions, not {value.ndim}")
    for dim, size in zip(spec.dims, value.shape, strict=True):
        if sizes.setdefault(dim, size) != size:
            raise Violation(f"dimension {dim} must be {sizes[dim]}, not {size}")
    result = np.array(value, TENSOR_DTYPES[value.dtype.name], order="C")
    result.flags.writeable = False
    return result


def require(condition: bool, rule: str) -> None:
    """Raise `Violation(rule)` unless the condition holds."""
    if not condition:
        raise Violation(rule)
