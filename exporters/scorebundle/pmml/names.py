"""Names of PMML fields: unique in the document, and readable where a step and column are known."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Hands out each name once."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = set(reserved)
        self._counts: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """The name itself, or with the first free number: `name`, `name.2`, `name.3`, …"""
        found = name
        while found in self._taken:
            self._counts[name] = self._counts.get(name, 1) + 1
            found = f"{name}.{self._counts[name]}"
        self._taken.add(found)
        return found


def field_name(step: str, kind: str, labels: set[str], part: int | None) -> str:
    """`scale(age)` for step `…/scale` on column `age`; `scale[2]` where columns are mixed.

    A step that has no name is called by its operator.
    """
    name = step.rpartition("/")[2] or kind.lower()
    if len(labels) == 1:
        name = f"{name}({next(iter(labels))})"
    return name if part is None else f"{name}[{part}]"
