"""Other evaluators score what we write to our numbers: every estimator, every declared output.

    make pmml-peers

Its name keeps it out of the other tests: it needs Java, and the evaluators (JPMML-Evaluator,
PMML4S) in an environment of their own. Both are asked for the rows that an estimator was fitted
on. Numbers may differ by 1e-9 of themselves, or by 1e-12 of the largest number of their output
(1e-5 of it, if the model works in float32), or by what its own bounds say (`bounds.py`).
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from tests.estimators import Case
from tests.peers.client import PYTHON, Columns, Evaluator, Late, Refused
from tests.peers.known import WRONG
from tests.pmml_graphs import GRAPHS, refuses_missing
from tests.pmml_graphs import ROWS as ALL_KINDS
from tests.test_estimators import ALL, fitted
from tests.test_pmml_round_trip import bounds_of, column_bound, column_of, named_columns

from scorebundle.bundle.graph import Graph
from scorebundle.exporters.proof import survey
from scorebundle.exporters.schema import input_table
from scorebundle.pmml import Unsupported, write
from scorebundle.pmml.names import Names
from scorebundle.pmml.outputs import Result, results_of
from scorebundle.runtime import Runtime

if not PYTHON.exists() or shutil.which("java") is None:
    pytest.skip("needs Java and `make pmml-peers`", allow_module_level=True)

ROWS: Final = 40
RELATIVE: Final = 1e-9
SINGLE: Final = 1e-5
TINY: Final = 1e-12
REFUSE_MISSING: Final = frozenset(["rows", "normalize"])
"""Graphs of operators of which our own reader, and no evaluator, makes of NaN what they do."""
SMALLEST_INT: Final = np.iinfo(np.int64).min
"""What a number becomes that int64 cannot hold; missing in PMML."""

Note = Callable[[str, object], None]


class Wanted(NamedTuple):
    """Our numbers of one result.

    Attributes:
        result: its name and place.
        cells: by row.
        largest: finite number of the output.
    """

    result: Result
    cells: list[Any]
    largest: float


@pytest.fixture(scope="session")
def evaluators() -> Iterator[dict[str, Evaluator]]:
    found = {name: Evaluator(name) for name in WRONG}
    yield found
    for each in found.values():
        each.close()


@pytest.mark.parametrize("name", GRAPHS)
def test_every_operator(name: str, evaluators: dict[str, Evaluator], record_property: Note) -> None:
    graph, rows = GRAPHS[name], ALL_KINDS
    if refuses_missing(graph) or name in REFUSE_MISSING:
        known = [row for row in range(len(rows["a"])) if not _lacks(rows, row)]
        rows = {column: [cells[row] for row in known] for column, cells in rows.items()}
    agree(f"operator {name}", graph, rows, evaluators, record_property)


def _lacks(rows: Columns, row: int) -> bool:
    return any(cells[row] != cells[row] for cells in rows.values())


@pytest.mark.parametrize(
    "case", [pytest.param(each, id=f"{each.name}|{each.data}") for each in ALL]
)
def test_every_estimator(
    case: Case, evaluators: dict[str, Evaluator], record_property: Note
) -> None:
    estimator, X = fitted(case)
    export, outputs = survey(estimator, input_table(estimator, _typed(case, X)), ())
    if export.blockers:
        pytest.skip(f"is refused: {export.blockers[0].problem}")
    graph = Graph(export.inputs(), export.nodes, outputs)
    columns = named_columns(X, [name for name, _ in graph.inputs])
    rows = {name: list(columns[name])[:ROWS] for name, _ in graph.inputs}
    agree(f"{case.name}|{case.data}", graph, rows, evaluators, record_property)


def _typed(case: Case, X: Any) -> Any:
    return X if "float32" in case.data else None


def agree(
    name: str, graph: Graph, rows: Columns, evaluators: dict[str, Evaluator], note: Note
) -> None:
    """Assert that each evaluator that takes the document gives our numbers."""
    try:
        document = write(graph, "model").decode()
    except Unsupported as none:
        note("pmml", "no form")
        pytest.skip(f"has no PMML form: {none}")
    wanted, refused = ours(graph, rows)
    asked = {name: cells_of(rows[name], kind) for name, kind in graph.inputs}
    check = Check(graph, rows, refused)
    problems = []
    for each in evaluators.values():
        outcome, problem = check.outcome(each, document, asked, wanted)
        reason = WRONG[each.name].get(name)
        if reason is not None and outcome == "agrees":
            problem = "agrees, and is listed in known.py: take it out"
        elif reason is not None:
            outcome, problem = f"{outcome}: {reason}", ""
        note(each.name, outcome)
        if problem:
            problems.append(f"{each.name}: {problem}")
    assert not problems, "\n".join(problems)


def ours(graph: Graph, rows: Columns) -> tuple[list[Wanted], set[int]]:
    """Our numbers, and the rows that we refuse."""
    scores = Runtime(graph).score(rows, errors="mark")
    refused = set(scores.status)
    results = results_of(graph, Names(column for column, _ in graph.inputs))
    cells = {result: column_of(scores[result.output], result) for result in results}
    largest: dict[str, float] = {}
    for result, column in cells.items():
        numbers = [abs(float(x)) for x in column if not isinstance(x, str) and x is not None]
        finite = [x for x in numbers if math.isfinite(x)]
        largest[result.output] = max([largest.get(result.output, 0.0), *finite])
    return [Wanted(r, column, largest[r.output]) for r, column in cells.items()], refused


def cells_of(cells: list[Any], kind: str) -> list[Any]:
    """A column as its declared type, missing as None."""
    return [_cell(each.item() if isinstance(each, np.generic) else each, kind) for each in cells]


def _cell(value: Any, kind: str) -> Any:
    if value is None or value != value:
        return None
    if kind in ("float64", "float32"):
        return float(value)
    if kind == "int64":
        return int(value)
    return value if isinstance(value, (str, bool, int, float)) else str(value)


class Check:
    """Compares one case's numbers."""

    def __init__(self, graph: Graph, rows: Columns, refused: set[int]) -> None:
        self.graph, self.rows, self.refused = graph, rows, refused
        self.single = any(kind.dtype == "float32" for kind in graph.types.values())
        self.bounds = lru_cache(maxsize=1)(lambda: bounds_of(graph, rows))

    def outcome(
        self, evaluator: Evaluator, document: str, asked: Columns, wanted: list[Wanted]
    ) -> tuple[str, str]:
        """What to report, and the problem if there is one."""
        try:
            found, errors = evaluator.score(document, asked)
        except Refused as reason:
            return "not supported", str(reason)
        except Late as late:
            return "late", str(late)
        for each in wanted:
            problem = self._difference(each, found.get(each.result.name), errors)
            if problem:
                return "differs", problem
        return "agrees", ""

    def _difference(self, wanted: Wanted, found: list[Any] | None, errors: dict[int, str]) -> str:
        name = wanted.result.name
        for row, cell in enumerate(wanted.cells):
            if row in self.refused:
                continue
            if row in errors:
                return f"row {row}: {errors[row]}"
            if found is None:
                return f"there is no {name}"
            if not self._alike(found[row], cell, wanted, row):
                return f"{name} of row {row}: {found[row]!r}, not {cell!r}"
        return ""

    def _alike(self, found: Any, cell: Any, wanted: Wanted, row: int) -> bool:
        if cell is None or isinstance(cell, (str, bool, np.bool_)):
            return found == cell or str(found).lower() == str(cell).lower()
        number, missing = float(cell), found is None or found != found
        if not math.isfinite(number) or cell == SMALLEST_INT:
            return missing or float(found) == number
        if missing:
            return False
        distance = abs(float(found) - number)
        near = SINGLE if self.single else TINY
        if distance <= max(RELATIVE * abs(number), near * wanted.largest):
            return True
        return distance <= self._bound(wanted, row)

    def _bound(self, wanted: Wanted, row: int) -> float:
        output = self.graph.output(wanted.result.output)
        found = column_bound(self.bounds(), output, wanted.result)
        return 0.0 if found is None else 4 * float(found[row])
