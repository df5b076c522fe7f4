"""From a pipeline to a graph that is proven equal to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle import Blocker, BundleError, ExportError
from scorebundle.bundle.graph import OBJECT_INPUTS, Graph, Output
from scorebundle.bundle.manifest import Certificate
from scorebundle.bundle.types import LABELS
from scorebundle.bundle.verification import Column, Expected, Verification

from .columns import Columns, Raw
from .export import Export
from .parity import Gate
from .parity_dtypes import check_dtypes
from .reference import Reference
from .registry import Outputs, Result
from .schema import InputTable, unwrapped


class Proof(NamedTuple):
    """A graph, what was measured of it, and rows with the library's answers."""

    graph: Graph
    certificate: Mapping[str, Certificate]
    rows: Verification


def survey(
    pipeline: Any, table: InputTable, extras: Sequence[str]
) -> tuple[Export, tuple[Output, ...]]:
    """Export every part of the pipeline, going on after blockers, which are noted."""
    export = Export(table.names, table.dtypes, extras)
    export.known_categories = table.categories
    x = Columns(export, [Raw(column) for column in table.names])
    outputs: list[Output] = []
    with export.survey():
        results: Outputs = export.export(pipeline, x)
        outputs = [_output(method, result, export) for method, result in results.items()]
    found = {output.name for output in outputs} | {name for name, _ in export.inputs()}
    for extra in sorted(export.extras):
        has = any(name == extra or name.startswith(f"{extra}_") for name in found)
        if not has and not export.blockers:
            problem = f"the last step has no {extra!r}"
            export.blockers.append(Blocker("", problem, "leave it out of extras"))
    return export, tuple(outputs)


def prove(
    pipeline: Any,
    export: Export,
    outputs: tuple[Output, ...],
    table: InputTable,
    X: Any = None,
    keep_rows: bool = False,
) -> Proof:
    """Compare what was exported with the pipeline, on rows made from the model and on X.

    A pipeline that says why nothing can be asked (`unproven`) is not compared; the certificate
    says so.

    Raises:
        ExportError: if there are blockers, or the two do not agree.
    """
    if export.blockers:
        raise ExportError(export.blockers)
    try:
        graph = Graph(export.inputs(), export.nodes, outputs)
        if reason := getattr(pipeline, "unproven", ""):
            return _unproven(graph, reason)
        reference = Reference(
            unwrapped(pipeline),
            table.names,
            table.named,
            export.categoricals,
            export.missing,
            table.form,
            export.alone,
        )
        graph = _supported(graph, reference)
        real = None if X is None else table.columns(X, graph)
        gate = Gate(graph, reference, real)
        check_dtypes(gate, real, table.whole(X, graph))
    except BundleError as error:
        raise ExportError([Blocker("", f"the graph is refused: {error}", "report it")]) from error
    stored = real if keep_rows and real is not None else gate.stored
    return Proof(graph, gate.certificate, gate.verification(stored))


def _output(method: str, result: Columns | Result, export: Export) -> Output:
    if isinstance(result, Result):
        return Output(method, tuple(value.name for value in result.values), result.shape)
    texts = [item.name for item in result if isinstance(item, Raw) and _made_text(item)]
    if texts:
        export.block(f"transform returns text in {texts}", "encode these columns")
    shape = "vector" if result.flat else "matrix"
    return Output(method, (result.numbers().name,), shape)


def _made_text(raw: Raw) -> bool:
    """Whether some of its values are replaced by others than numbers."""
    return any(not isinstance(new, (int, float)) for _, new in raw.replace)


def _supported(graph: Graph, reference: Reference) -> Graph:
    """Without outputs that the pipeline itself does not offer, and what only they need."""
    names = reference.methods([output.name for output in graph.outputs])
    outputs = tuple(output for output in graph.outputs if output.name in names)
    return Graph(graph.inputs, graph.needed(names), outputs)


def _unproven(graph: Graph, reason: str) -> Proof:
    """No rows, and certificates that say why."""
    rows: dict[str, Column] = {}
    for name, kind in graph.inputs:
        if kind != "any":
            rows[name] = [] if kind in OBJECT_INPUTS else np.zeros(0, kind)
    expected = {}
    for output in graph.outputs:
        types = [graph.types[value] for value in output.values]
        empty: list[Column] = [
            [] if t.dtype == LABELS else np.zeros((0, t.width), t.dtype) for t in types
        ]
        expected[output.name] = Expected(tuple(empty), (None,) * len(types))
    contract = f"not compared with the library: {reason}"
    certificate = Certificate(0, 0, contract, 0.0, 0.0, 0)
    names = [output.name for output in graph.outputs]
    return Proof(graph, dict.fromkeys(names, certificate), Verification(rows, expected))
