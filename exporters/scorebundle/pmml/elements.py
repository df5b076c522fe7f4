"""XML elements of PMML, and numbers as its attributes spell them.

Elements carry no namespace of their own: the document's default namespace holds for all of
them in the file, and is not repeated on every element.
"""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
from lxml import etree

Element = etree._Element

DATA_TYPES = {
    "float64": "double",
    "float32": "float",
    "int64": "integer",
    "bool": "boolean",
    "string": "string",
}
"""PMML's DATATYPE of a graph's dtypes, and of text."""


class Unsupported(Exception):
    """The graph has no PMML form; the message says why."""


def element(
    tag: str,
    attributes: dict[str, str] | None = None,
    *children: Element,
    text: str | None = None,
) -> Element:
    """An element with attributes, children and text.

    A child that stands in another element already is copied: lxml would move it from there.

    Raises:
        Unsupported: if a text holds characters that XML 1.0 cannot.
    """
    try:
        made = etree.Element(tag, attributes or {})
        made.text = text
    except ValueError:
        found = [value for value in [*(attributes or {}).values(), text] if value]
        raise Unsupported(f"XML has no characters for {max(found, key=len)!r:.80}") from None
    made.extend(c if c.getparent() is None else deepcopy(c) for c in children)
    return made


def spelled(value: float | int | bool | str) -> str:
    """A scalar as xs:string, xs:double, xs:integer or xs:boolean; floats read back exactly.

    An infinity is a number beyond the largest one, which is one in every reader: PMML4S takes
    XML's own INF for a missing value.
    """
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isinf(value):
        return "1E400" if value > 0 else "-1E400"
    return repr(value)


def optype(data_type: str) -> str:
    """Numbers are continuous, everything else is categorical."""
    return "continuous" if data_type in ("double", "float", "integer") else "categorical"
