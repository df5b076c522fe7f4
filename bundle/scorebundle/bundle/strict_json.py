"""JSON read strictly and written canonically (RFC 8259, no extensions)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from .errors import Violation

MAX_JSON = 1 << 24
"""Largest JSON member, in bytes; numbers in bulk are tensors."""

MAX_DEPTH = 32
"""Deepest nesting of arrays and objects in a member."""

Check = Callable[[Any], Any]


def parse(data: bytes) -> Any:
    """Parse JSON, refusing duplicate keys, NaN, Infinity, deep nesting and bad UTF-8.

    Raises:
        Violation: naming the rule.
    """
    if len(data) > MAX_JSON:
        raise Violation(f"is larger than {MAX_JSON} bytes")
    _check_depth(data)
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except Violation:
        raise
    except (ValueError, RecursionError) as error:
        raise Violation(f"is not valid JSON: {error}") from None


def dump(value: Any) -> bytes:
    """The canonical form: sorted keys, no white space, UTF-8."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode("utf-8")


def record(
    value: Any, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None
) -> dict[str, Any]:
    """Check an object field by field; unknown fields are refused.

    Raises:
        Violation: with the field's path.
    """
    optional = optional or {}
    if not isinstance(value, dict):
        raise Violation("must be an object")
    for name in required:
        if name not in value:
            raise Violation(f"{name}: is missing")
    result = {}
    for name, item in value.items():
        check = required.get(name) or optional.get(name)
        if check is None:
            raise Violation(f"{name:.80}: is not a field of this format")
        try:
            result[name] = check(item)
        except Violation as broken:
            raise Violation(f"{name}: {broken}") from None
    return result


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise Violation(f"must be text, not {value!r:.40}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Violation("must be valid Unicode text") from None
    return value


def mapping(value: Any) -> dict[str, Any]:
    """An object whose content is free."""
    if not isinstance(value, dict):
        raise Violation("must be an object")
    return value


def listing(check: Check) -> Check:
    """A list whose items pass `check`."""

    def check_list(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Violation("must be a list")
        result = []
        for position, item in enumerate(value):
            try:
                result.append(check(item))
            except Violation as broken:
                raise Violation(f"[{position}]: {broken}") from None
        return tuple(result)

    return check_list


def natural(value: Any) -> int:
    """An integer from 0 to 2⁶³ − 1."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise Violation(f"must be a whole number, not {value!r:.40}")
    return value


def _check_depth(data: bytes) -> None:
    depth = 0
    outside = re.sub(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', b"", data, flags=re.DOTALL)
    for match in re.finditer(rb"[\[\]{}]", outside):
        depth += 1 if match[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Violation(f"is nested deeper than {MAX_DEPTH}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Violation(f"key {twice!r:.80} appears twice")
    return result


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Violation(f"{digits:.40} is beyond the range of numbers")
    return number


def _no_constant(word: str) -> NoReturn:
    raise Violation(f"{word} is not JSON")
