"""One scorer of PMML in a process of its own: answers the orders of `pmml.py`, a line each.

pmml_engines.py scorebundle|jpmml_evaluator|pypmml

load      the document again; seconds
first     a first row after loading in this process; seconds
row       so many calls with one dict each; seconds a call
batch     a call with a DataFrame; seconds a row
outputs   all numbers of the rows
memory    resident bytes of this process and those it started
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Engine(NamedTuple):
    """What each scorer offers: from a path to a model, which scores a dict or a DataFrame."""

    load: Callable[[str], Any]
    row: Callable[[Any, dict[str, Any]], Any]
    batch: Callable[[Any, Any], Any]
    table: Callable[[list[dict[str, Any]]], Any]
    column: Callable[[Any, str], list[float]]


def columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as arrays of numbers and lists of words."""
    array = importlib.import_module("numpy").array
    found = {name: [row[name] for row in rows] for name in rows[0]}
    return {n: cells if isinstance(cells[0], str) else array(cells) for n, cells in found.items()}


def frame(rows: list[dict[str, Any]]) -> Any:
    """Rows as a table of pandas, which the evaluators take."""
    return importlib.import_module("pandas").DataFrame(rows)


def scorebundle() -> Engine:
    """Ours."""
    runtime = importlib.import_module("scorebundle.runtime").Runtime
    return Engine(
        runtime.load,
        lambda model, row: model.predict_proba(row),
        lambda model, table: model.score(table),
        columns,
        lambda scores, name: scores[name].tolist(),
    )


def jpmml_evaluator() -> Engine:
    """JPMML-Evaluator, in this process."""
    package: Any = importlib.import_module("jpmml_evaluator")
    backend = package.make_backend("jpype")
    return Engine(
        lambda path: package.make_evaluator(path, backend=backend),
        lambda model, row: model.evaluate(dict(row)),
        lambda model, frame: model.evaluateAll(frame, parallelism=1),
        frame,
        lambda frame, name: frame[name].tolist(),
    )


def pypmml() -> Engine:
    """PMML4S, in a Java process."""
    package: Any = importlib.import_module("pypmml")
    return Engine(
        package.Model.fromFile,
        lambda model, row: model.predict(row),
        lambda model, frame: model.predict(frame),
        frame,
        lambda frame, name: frame[name].tolist(),
    )


def resident() -> int:
    """Bytes of this process and those it started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat[1])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    page = os.sysconf("SC_PAGE_SIZE")
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page for pid in ours)


class Orders:
    """The orders, by name; rows are read from a file of JSON lines."""

    def __init__(self, engine: Engine, path: str, rows: list[dict[str, Any]]) -> None:
        self.engine, self.path, self.rows = engine, path, rows
        self.table = engine.table(rows)
        self.model: Any = None

    def load(self) -> float:
        """Seconds."""
        started = time.perf_counter()
        self.model = self.engine.load(self.path)
        return time.perf_counter() - started

    def first(self) -> float:
        """Seconds."""
        started = time.perf_counter()
        self.engine.row(self.model, self.rows[0])
        return time.perf_counter() - started

    def row(self, calls: int) -> float:
        """Seconds a call, the median of calls timed one by one."""
        score, model, rows, times = self.engine.row, self.model, self.rows, []
        for call in range(calls):
            row = rows[call % len(rows)]
            started = time.perf_counter()
            score(model, row)
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    def batch(self) -> float:
        """Seconds a row."""
        started = time.perf_counter()
        self.engine.batch(self.model, self.table)
        return (time.perf_counter() - started) / len(self.rows)

    def outputs(self, name: str) -> list[float]:
        """A column of all rows."""
        return self.engine.column(self.engine.batch(self.model, self.table), name)

    def memory(self) -> int:
        """Bytes."""
        return resident()


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what Java prints is no answer
    names = {"scorebundle": scorebundle, "jpmml_evaluator": jpmml_evaluator, "pypmml": pypmml}
    document, rows = sys.argv[2:]
    orders = Orders(names[sys.argv[1]](), document, json.loads(Path(rows).read_text()))
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(orders, name)(*arguments)), file=answers)


if __name__ == "__main__":
    main()
