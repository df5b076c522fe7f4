"""What we write as PMML and read again gives the same scores: every operator, every estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scorebundle.exporters import export_bundle
from scorebundle.pmml import write
from scorebundle.pmml.names import Names
from scorebundle.pmml.outputs import results_of
from scorebundle.pmml.reader import read_bundle
from scorebundle.runtime import Runtime

from .estimators import Case
from .pmml_graphs import GRAPHS
from .test_estimators import ALL, fitted

ROWS = 60


def _rows(graph: Any) -> dict[str, list[Any]]:
    """Rows of every kind of value that a graph's columns may hold."""
    random = np.random.default_rng(5)
    kinds = {node.kind for node in graph.nodes}
    codes = any(node.kind == "Cast" and node.op.dtype == "int64" for node in graph.nodes)
    # The library refuses missing values there; what the operators make of them is their own.
    no_missing = codes or kinds & {"Distance", "Nearest", "LookupSum"}
    known = {node.op.column: node.op.categories for node in graph.nodes if node.kind == "Encode"}
    rows: dict[str, list[Any]] = {}
    for name, kind in graph.inputs:
        if kind in ("float64", "float32"):
            numbers = random.normal(0, 2, ROWS).round(2)
            numbers[:8] = [0, 0.5, -0.5, 1, 2, 3, 0 if no_missing else np.nan, -1]
            rows[name] = numbers.tolist()
        elif kind == "int64":
            rows[name] = random.integers(-2, 6, ROWS).tolist()
        elif kind == "boolean":
            rows[name] = random.choice([True, False], ROWS).tolist()
        elif kind == "string":
            words = [c for c in known.get(name, ()) if isinstance(c, str)]
            rows[name] = random.choice([*words, "other"], ROWS).tolist()
        else:
            cells = list(known.get(name, ()))
            cells.append("other" if any(isinstance(c, str) for c in cells) else 77)
            rows[name] = [cells[i] for i in random.integers(0, len(cells), ROWS)]
    return rows


def same(document: bytes, graph: Any, rows: Any) -> None:
    """Assert that the document read again scores as the graph does."""
    before = Runtime(graph).score(rows, errors="mark")
    after = Runtime.load(read_bundle(document)).score(rows, errors="mark")
    names = Names(column for column, _ in graph.inputs)
    single = any(n.kind == "Affine" and n.op.coef.dtype == np.float32 for n in graph.nodes)
    for result in results_of(graph, names):
        wanted = _column(before[result.output], result)
        found = after[result.name]
        for row in range(before.rows):
            if row in before.status:
                continue
            assert _alike(found[row], wanted[row], single), (
                result.name,
                row,
                found[row],
                wanted[row],
            )


def _column(value: Any, result: Any) -> list[Any]:
    if isinstance(value, list):
        return list(value[result.value][:, result.column])
    return list(value if value.ndim == 1 else value[:, result.value or result.column])


def _alike(found: Any, wanted: Any, single: bool) -> bool:
    """Equal but for the order of sums, which PMML nests as a balanced tree, whose float32
    sums are double here, and for infinities, which are missing values there."""
    if isinstance(wanted, (str, bool, np.bool_)):  # labels of several kinds become text
        return bool(found == wanted or wanted in (str(found), str(found).removesuffix(".0")))
    if wanted is None:
        return found is None
    if isinstance(wanted, float) and np.isinf(wanted) and found != found:
        return True
    if found is None or found != found or wanted != wanted:
        return bool((found is None or found != found) and wanted != wanted)
    if single or isinstance(wanted, np.float32):
        return bool(np.isclose(found, wanted, rtol=1e-4, atol=1e-6))
    return bool(found == wanted or np.isclose(found, wanted, rtol=1e-12, atol=1e-13))


@pytest.mark.parametrize("name", GRAPHS)
def test_every_operator_comes_back(name: str) -> None:
    graph = GRAPHS[name]
    same(write(graph, name), graph, _rows(graph))


def _columns(X: Any, names: list[str]) -> Any:
    """Rows of any kind as columns by name: a document lists only those that are read."""
    if hasattr(X, "columns"):
        return X
    if isinstance(X, list) and isinstance(X[0], dict):
        return {name: [row.get(name) for row in X] for name in names}
    array = np.array(X, object) if isinstance(X, list) else np.asarray(X)
    array = array if array.ndim == 2 else array[:, None]
    return {name: array[:, place] for place, name in enumerate(names)}


@pytest.mark.parametrize("case", ALL, ids=[f"{c.name}|{c.data}" for c in ALL])
def test_every_estimator_comes_back(case: Case) -> None:
    estimator, X = fitted(case)
    bundle = export_bundle(estimator, X=X if "float32" in case.data else None)
    document = bundle.pmml()
    if document is None:
        pytest.skip(f"has no PMML form: {bundle.manifest.pmml}")
    names = [name for name, _ in bundle.graph.inputs]
    same(document, bundle.graph, _columns(X, names))
