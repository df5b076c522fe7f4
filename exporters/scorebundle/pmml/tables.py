"""Tables of values: MapValues by text or code, Discretize by number (PMML 4.4, Transformations)."""

from __future__ import annotations

from collections.abc import Iterable

from .elements import Element, element, spelled
from .expressions import Const, Expression, Ref, apply, choose


def map_values(
    field: str,
    pairs: Iterable[tuple[str, str]],
    data_type: str,
    *,
    default: str | None,
    missing: str | None = None,
) -> Element:
    """MapValues: the second of the pair whose first the field equals; without default, missing."""
    rows = [
        element("row", None, element("input", text=key), element("output", text=value))
        for key, value in pairs
    ]
    attributes = {"outputColumn": "output", "dataType": data_type}
    if missing is not None:
        attributes["mapMissingTo"] = missing
    if default is not None:
        attributes["defaultValue"] = default
    column = element("FieldColumnPair", {"field": field, "column": "input"})
    return element("MapValues", attributes, column, element("InlineTable", None, *rows))


def number_codes(field: str, numbers: Iterable[tuple[float, int]], missing: int) -> Expression:
    """Discretize at single points: the code of a number, −1 for another one.

    MapValues would compare spellings. PMML4S takes mapMissingTo for defaultValue, so that the
    two are one here.
    """
    bins = [bin_of(str(code), number, number) for number, code in numbers]
    found = discretize(field, bins, "integer", {"mapMissingTo": "-1", "defaultValue": "-1"})
    if missing == -1:
        return found
    return choose(apply("isMissing", Ref(field)), Const(missing, "int64"), found)


def discretize(
    field: str, bins: Iterable[Element], data_type: str, otherwise: dict[str, str] | None = None
) -> Element:
    """Discretize: the value of the interval that holds the number."""
    return element(
        "Discretize", {"field": field, "dataType": data_type, **(otherwise or {})}, *bins
    )


def bin_of(text: str, low: float | None, high: float | None) -> Element:
    """DiscretizeBin from `low` to `high`, both included; None is without end."""
    closure = "closedClosed" if None not in (low, high) else "openClosed"
    if high is None:
        closure = "closedOpen"
    attributes = {"closure": closure}
    if low is not None:
        attributes["leftMargin"] = spelled(low)
    if high is not None:
        attributes["rightMargin"] = spelled(high)
    return element("DiscretizeBin", {"binValue": text}, element("Interval", attributes))
