"""How results look on a terminal: aligned tables and short lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

UNITS = ("B", "kB", "MB", "GB")


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], indent: str = "  ") -> str:
    """Columns aligned left; the last one is free to run on.

    >>> print(table(("name", "rows"), [("age", 3)], indent=""))
    name  rows
    age   3
    """
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    widths[-1] = 0
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(indent + line.rstrip() for line in padded)


def shortened(items: Sequence[Any], most: int = 4) -> str:
    """The first few items and how many more there are.

    >>> shortened(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(str(item) for item in items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


def size(count: float) -> str:
    """Bytes as a person reads them.

    >>> size(12_345)
    '12.3 kB'
    """
    power = 0
    while count >= 1000 and power < len(UNITS) - 1:
        count /= 1000
        power += 1
    return f"{count:.3g} {UNITS[power]}"


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
