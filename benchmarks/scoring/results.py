"""What a run has measured, as goals and plots ask for it. Times are in seconds per call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .peers import OURS


@dataclass(frozen=True)
class Cell:
    """One peer at one view and number of rows.

    Attributes:
        counts: the peer gave the training library's outputs for these very rows.
    """

    peer: str
    view: str
    rows: int
    median: float
    q1: float
    q3: float
    p50: float | None
    p99: float | None
    counts: bool
    same_model: bool


class Results:
    """All result files of a folder, by task."""

    def __init__(self, folder: Path) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        for path in sorted((folder / "tasks").glob("*.json")):
            result = json.loads(path.read_text())
            self.tasks[result["task"]] = result

    def task(self, name: str) -> dict[str, Any]:
        """A task's result; empty if there is none."""
        return self.tasks.get(name, {})

    def measured(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Tasks that have peers: the models."""
        return ((name, task) for name, task in self.tasks.items() if "peers" in task)

    def machine(self) -> dict[str, Any]:
        """Where they were measured."""
        return next((task["machine"] for task in self.tasks.values() if "machine" in task), {})

    def peers(self, task: str) -> dict[str, dict[str, Any]]:
        """What became of each peer."""
        found: dict[str, dict[str, Any]] = self.task(task).get("peers", {})
        return found

    def check(self, task: str, peer: str, view: str, rows: int) -> dict[str, Any]:
        """How its outputs compared; empty if they were not."""
        for check in self.peers(task).get(peer, {}).get("checks", ()):
            if (check["view"], check["rows"]) == (view, rows):
                return dict(check)
        return {}

    def cells(self, task: str) -> Iterator[Cell]:
        """All that was timed of a model."""
        for one in self.task(task).get("cells", ()):
            peer, view, rows = one["peer"], one["view"], one["rows"]
            same = self.peers(task)[peer]["same_model"]
            yield Cell(
                peer, view, rows, one["median"], one["q1"], one["q3"],
                one.get("p50"), one.get("p99"),
                same and self.check(task, peer, view, rows).get("same", False), same,
            )  # fmt: skip

    def cell(self, task: str, view: str, rows: int, peer: str = OURS) -> Cell | None:
        """One of them."""
        for cell in self.cells(task):
            if (cell.peer, cell.view, cell.rows) == (peer, view, rows):
                return cell
        return None

    def views(self, task: str) -> list[str]:
        """In the order of the model's entry."""
        return list(dict.fromkeys(cell.view for cell in self.cells(task)))


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for limit, scale, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds:.3g} s"


def size(count: float) -> str:
    """Bytes, readable."""
    if count >= 999_500:
        return f"{count / 1e6:.3g} MB"
    return f"{count / 1e3:.3g} kB"
