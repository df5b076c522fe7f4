"""Elements of a PMML document, looked at by their local names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from lxml import etree

from scorebundle.bundle import BundleError
from scorebundle.bundle.errors import Violation

Element = etree._Element

MEMBER: Final = "PMML"
BROKEN: Final = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, TypeError),
    *(ValueError, re.error),
)
"""What Python raises where a document breaks a rule of PMML that no reader asked for."""

_TAGS: dict[str, str] = {}


def refuse(element: Element, rule: str) -> NoReturn:
    """Refuse the document because of an element.

    Raises:
        BundleError: naming the element, its line and the rule.
    """
    raise BundleError(rule, member=MEMBER, node=f"{tag(element)} (line {line_of(element)})")


@contextmanager
def located(element: Element) -> Iterator[None]:
    """What is wrong with a document in a way that no rule names is refused with its element."""
    try:
        yield
    except Violation as broken:
        refuse(element, f"cannot be scored: {broken}")
    except BROKEN as error:
        refuse(element, f"is no valid PMML ({type(error).__name__}: {error!s:.160})")


def tag(element: Element) -> str:
    """An element's name without its namespace, or its prefix if that is declared elsewhere."""
    name = element.tag
    found = _TAGS.get(name)
    if found is None:
        found = _TAGS[name] = str(name).rpartition("}")[2].rpartition(":")[2]
        if len(_TAGS) > 10_000:
            _TAGS.clear()
    return found


def line_of(element: Element) -> int:
    """The line of the document that an element begins at."""
    line: Any = element.sourceline
    return int(line or 0)


def attributes(element: Element) -> dict[str, str]:
    """An element's attributes."""
    return dict(element.attrib)  # type: ignore[arg-type]


def children(element: Element, *names: str) -> Iterator[Element]:
    """The child elements of these names, or all but Extensions."""
    for each in element:
        name = tag(each)
        if name in names if names else name != "Extension":
            yield each


def child(element: Element, *names: str) -> Element | None:
    """The first child of these names."""
    return next(children(element, *names), None)


def needed(element: Element, *names: str) -> Element:
    """The first child of these names, which must be there."""
    found = child(element, *names)
    if found is None:
        refuse(element, f"needs {' or '.join(names)}")
    return found


def text(element: Element, name: str) -> str:
    """An attribute that must be there."""
    value = element.get(name)
    if value is None:
        refuse(element, f"needs the attribute {name}")
    return value


def named(element: Element) -> str:
    """The attribute `name` of a predictor, which some producers call `field`."""
    return element.get("field") or text(element, "name")


def real(element: Element, name: str, default: float | None = None) -> float:
    """An attribute that is a number; it must be there if it has no default."""
    value = element.get(name)
    if value is None:
        if default is None:
            refuse(element, f"needs the attribute {name}")
        return default
    try:
        return float(value)
    except ValueError:
        refuse(element, f"{name} must be a number, not {value!r:.40}")


def whole(element: Element, name: str, default: int | None = None) -> int:
    """An attribute that is a whole number."""
    return int(real(element, name, default))


def flag(element: Element, name: str, default: bool) -> bool:
    """An attribute that is true or false."""
    value = element.get(name)
    return default if value is None else value in ("true", "1", "yes")


def content(element: Element) -> str:
    """The element's own text."""
    return "".join([element.text or "", *(each.tail or "" for each in element)])


def array(element: Element) -> list[str]:
    """The items of an Array."""
    return items(content(element))


def items(source: str) -> list[str]:
    """Items separated by blanks, in quotes where they hold some."""
    if '"' not in source:
        return source.split()
    return _quoted(source)


def _quoted(source: str) -> list[str]:
    items: list[str] = []
    place, size = 0, len(source)
    while place < size:
        if source[place].isspace():
            place += 1
            continue
        item: list[str] = []
        quoted = source[place] == '"'
        place += quoted
        while place < size:
            mark = source[place]
            if mark == "\\" and place + 1 < size and source[place + 1] in '"\\':
                item.append(source[place + 1])
                place += 2
                continue
            place += 1
            if mark == '"' if quoted else mark.isspace():
                break
            item.append(mark)
        items.append("".join(item))
    return items


MAX_SPARSE: Final = 1 << 24
"""Longest sparse array: its zeros take no room in a document, but in memory."""


def reals(element: Element, count: int | None = None) -> list[float]:
    """The numbers of an Array or a REAL-SparseArray, so many if that is given."""
    try:
        if tag(element).endswith("SparseArray"):
            found = _sparse(element, count)
        else:
            found = [float(item) for item in content(element).split()]
    except ValueError as error:
        refuse(element, f"must hold numbers: {error}")
    if count is not None and len(found) != count:
        refuse(element, f"must hold {count} numbers")
    return found


def _sparse(element: Element, count: int | None) -> list[float]:
    indices = child(element, "Indices")
    entries = child(element, "REAL-Entries", "INT-Entries")
    places = [] if indices is None else [int(item) - 1 for item in content(indices).split()]
    values = [] if entries is None else [float(item) for item in content(entries).split()]
    size = whole(element, "n", max(places, default=-1) + 1 if count is None else count)
    if len(places) != len(values) or any(not 0 <= place < size for place in places):
        refuse(element, "Indices and Entries do not fit")
    if size > (MAX_SPARSE if count is None else count):
        refuse(element, "is too long")
    result = [real(element, "defaultValue", 0.0)] * size
    for place, value in zip(places, values, strict=True):
        result[place] = value
    return result


def column(element: Element, name: str) -> str:
    """An attribute that names a column of an InlineTable, without a prefix."""
    return text(element, name).rpartition(":")[2]


def rows(table: Element) -> list[dict[str, str]]:
    """The rows of an InlineTable: text by column."""
    return [{tag(cell): content(cell) for cell in children(row)} for row in children(table, "row")]
