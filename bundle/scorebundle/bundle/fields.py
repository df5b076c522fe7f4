"""What an operator stores: attributes (JSON) and tensors (arrays), declared once.

An operator is a frozen record. Each of its fields is declared with `choice(...)`, `integer(...)`,
`tensor(...)` and the like; from that one declaration come the constructor, validation,
serialisation and the JSON Schema. (Type checkers see a frozen dataclass; real ones would cost
a fresh process a tenth of its first score: each compiles its own source code.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, dataclass_transform

import numpy as np

from .errors import Violation
from .types import Type

if TYPE_CHECKING:  # importing numpy.typing takes a millisecond
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = np.ndarray
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


class Attribute(NamedTuple):
    """A JSON value of an operator: how to check it and how JSON Schema says the same."""

    check: Callable[[Any], Any]
    schema: Json


class TensorField(NamedTuple):
    """An array of an operator; dims with the same name must have the same size."""

    dtypes: tuple[str, ...]
    dims: tuple[str, ...]


def tensor(dtypes: str, *dims: str) -> Any:
    """Declare a tensor field: allowed dtypes (space separated) and named dimensions."""
    return TensorField(tuple(dtypes.split()), dims)


def _attribute(check: Callable[[Any], Any], schema: Json) -> Any:
    return Attribute(check, schema)


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


def flag() -> Any:
    """Declare an attribute that is true or false."""

    def check(value: Any) -> bool:
        if type(value) is not bool:
            raise Violation(f"must be true or false, not {value!r:.80}")
        return value

    return _attribute(check, {"type": "boolean"})


def text() -> Any:
    """Declare an attribute that is text."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not _is_text(value):
            raise Violation(f"must be text, not {value!r:.80}")
        return value

    return _attribute(check, {"type": "string"})


def texts() -> Any:
    """Declare a list of distinct texts."""

    def check(value: Any) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)):
            raise Violation("must be a list of texts")
        if not all(type(item) is str and _is_text(item) for item in value):
            raise Violation("must hold text only")
        if len(set(value)) != len(value):
            raise Violation("must not list a text twice")
        return tuple(value)

    return _attribute(check, {"type": "array", "items": {"type": "string"}})


def steps() -> Any:
    """Declare a list of steps: each a word and its arguments, which are texts and integers."""

    def check(value: Any) -> tuple[tuple[Any, ...], ...]:
        if not isinstance(value, (list, tuple)):
            raise Violation("must be a list of steps")
        for step in value:
            if not isinstance(step, (list, tuple)) or not step or not isinstance(step[0], str):
                raise Violation("must hold lists that begin with a word")
            if not all(
                type(each) is int or (type(each) is str and _is_text(each)) for each in step
            ):
                raise Violation("must hold texts and integers")
        return tuple(tuple(step) for step in value)

    item = {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}}
    return _attribute(check, {"type": "array", "items": item})


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


def _is_plain_text(value: Any) -> bool:
    return type(value) is str and _is_text(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass_transform(
    eq_default=False,
    frozen_default=True,
    field_specifiers=(
        tensor,
        choice,
        integer,
        integers,
        name,
        names,
        scalars,
        flag,
        text,
        texts,
        steps,
    ),
)
class Operator:
    """Base of the operator set: a frozen record of what is stored.

    Creating one checks every field against its declaration and then `validate`; an operator
    that exists is well-formed. Arrays are kept read-only, C-contiguous and little-endian.

    Class attributes:
        declared: the fields, in order.
        kind: the name that `graph.json` uses: the class's own; `prefix.Name` of a plug-in's.
        arity: number of inputs, or None for one or more.
        ulp: most units in the last place its result may differ by on another CPU or libm;
            0 says `exact`.
        reason: why `ulp` is not 0.
    """

    declared: ClassVar[dict[str, Attribute | TensorField]]
    kind: ClassVar[str] = "Operator"
    arity: ClassVar[int | None] = 1
    ulp: ClassVar[int] = 0
    reason: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.kind = vars(cls).get("kind", cls.__name__)
        inherited: dict[str, Attribute | TensorField] = getattr(cls, "declared", {})
        cls.declared = inherited | {
            field: spec
            for field, spec in vars(cls).items()
            if isinstance(spec, (Attribute, TensorField))
        }

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.declared, values, strict=False)) | named
        if len(values) + len(named) != len(given) or given.keys() != self.declared.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.declared) or 'nothing'}")
        sizes: dict[str, int] = {}
        for field, spec in self.declared.items():
            try:
                if isinstance(spec, TensorField):
                    value = _check_tensor(given[field], spec, sizes)
                else:
                    value = spec.check(given[field])
            except Violation as broken:
                raise Violation(f"{field}: {broken}") from None
            object.__setattr__(self, field, value)
        self.validate()

    def __setattr__(self, field: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={getattr(self, field)!r}" for field in self.declared)
        return f"{type(self).__name__}({fields})"

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
        for field, spec in self.declared.items():
            if isinstance(spec, Attribute):
                value = getattr(self, field)
                result[field] = list(value) if isinstance(value, tuple) else value
        return result

    def tensors(self) -> dict[str, Array]:
        """The arrays of what is stored, by field name."""
        return {
            field: getattr(self, field)
            for field, spec in self.declared.items()
            if isinstance(spec, TensorField)
        }


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
