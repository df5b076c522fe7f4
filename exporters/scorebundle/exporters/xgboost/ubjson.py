"""Universal Binary JSON, draft 12 (ubjson.org), read strictly: what XGBoost saves as `.ubj`."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from scorebundle.bundle.errors import Violation

INTEGERS: Final = {"i": ">i1", "U": ">u1", "I": ">i2", "l": ">i4", "L": ">i8"}
NUMBERS: Final = {**INTEGERS, "d": ">f4", "D": ">f8"}
CONSTANTS: Final = {"Z": None, "T": True, "F": False}
MAX_DEPTH: Final = 32


def parse(data: bytes) -> Any:
    """The value that the bytes hold; typed arrays of numbers become numpy arrays.

    Raises:
        Violation: naming the rule and the position.
    """
    reader = _Reader(data)
    value = reader.value(reader.marker(), 0)
    if reader.at != len(data):
        reader.fail("data after the end")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def fail(self, rule: str) -> Any:
        raise Violation(f"is not valid UBJSON: {rule} at byte {self.at}")

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            self.fail("the data ends early")
        self.at += count
        return part

    def marker(self) -> str:
        """The next type marker; `N` is no operation."""
        while True:
            mark = self.take(1).decode("latin-1")
            if mark != "N":
                return mark

    def value(self, mark: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}")
        if mark in CONSTANTS:
            return CONSTANTS[mark]
        if mark in NUMBERS:
            return self.number(mark)
        if mark == "S":
            return self.text()
        if mark == "C":
            return self.take(1).decode("ascii")
        if mark == "[":
            return self.array(depth)
        if mark == "{":
            return self.object(depth)
        return self.fail(f"type {mark!r} is not known")

    def number(self, mark: str) -> Any:
        kind = np.dtype(NUMBERS[mark])
        return np.frombuffer(self.take(kind.itemsize), kind)[0].item()

    def length(self) -> int:
        mark = self.marker()
        if mark not in INTEGERS:
            self.fail("a length must be an integer")
        count = int(self.number(mark))
        if not 0 <= count <= len(self.data):
            self.fail(f"a length of {count} cannot be")
        return count

    def text(self) -> str:
        try:
            return self.take(self.length()).decode("utf-8")
        except UnicodeDecodeError:
            return str(self.fail("a text is not UTF-8"))

    def header(self) -> tuple[str, int | None]:
        """The type and count of a container, where it states them."""
        kind, count = "", None
        if self.data[self.at : self.at + 1] == b"$":
            self.at += 1
            kind = self.marker()
        if self.data[self.at : self.at + 1] == b"#":
            self.at += 1
            count = self.length()
        elif kind:
            self.fail("a typed container must state its length")
        return kind, count

    def array(self, depth: int) -> Any:
        kind, count = self.header()
        if kind in NUMBERS and count is not None:
            dtype = np.dtype(NUMBERS[kind])
            raw = np.frombuffer(self.take(count * dtype.itemsize), dtype)
            return raw.astype(dtype.newbyteorder("="))
        result: list[Any] = []
        while count is None or len(result) < count:
            mark = kind or self.marker()
            if count is None and mark == "]":
                break
            result.append(self.value(mark, depth + 1))
        return result

    def object(self, depth: int) -> dict[str, Any]:
        kind, count = self.header()
        result: dict[str, Any] = {}
        while count is None or len(result) < count:
            if count is None and self.data[self.at : self.at + 1] == b"}":
                self.at += 1
                break
            name = self.text()
            if name in result:
                self.fail(f"{name!r} twice")
            result[name] = self.value(kind or self.marker(), depth + 1)
        return result
