"""export_bundle: from a fitted pipeline to a proven bundle."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from importlib import metadata as packages
from typing import Any

from scorebundle.bundle import Blocker, Bundle, BundleError, ExportError
from scorebundle.bundle.graph import Graph, Output
from scorebundle.bundle.manifest import Manifest
from scorebundle.bundle.verification import Verification

from .columns import Columns, Raw
from .export import Blocked, Export
from .parity import Gate
from .reference import Reference
from .registry import Outputs, Result
from .schema import InputTable, input_table, unwrapped


def export_bundle(
    pipeline: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    X: Any = None,
    keep_rows: bool = False,
    name: str | None = None,
    version: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Bundle:
    """Turn a fitted scikit-learn or XGBoost pipeline into a bundle, and prove it.

    The bundle is run and compared with the pipeline, output by output, on rows derived from
    the model itself; nothing is written unless all of them agree within the declared
    contracts.

    Args:
        pipeline: a fitted estimator, Pipeline, search, or XGBoost Booster.
        path: where to write the zip; atomically, so that no partial file is ever seen.
        X: rows like those it was fitted on (array or DataFrame). They join the comparison, and
            settle what the pipeline leaves open: column names, float32 and integer dtypes.
        keep_rows: store some of X's rows for later verification. They may be personal data,
            so by default only rows derived from the model are stored.
        name: the model's name; by default the estimator's class.
        version: the model's version; by default "1".
        metadata: anything JSON can hold.

    Returns:
        The bundle; `bundle.to_bytes()` is the zip.

    Raises:
        ExportError: listing every step that cannot be exported or does not agree.
    """
    table = input_table(pipeline, X)
    graph, export = _graph(pipeline, table)
    reference = Reference(
        unwrapped(pipeline),
        table.names,
        table.named,
        export.categoricals,
        export.missing,
        table.form,
    )
    graph = _supported(graph, reference)
    real = None if X is None else table.columns(X, graph)
    try:
        gate = Gate(graph, reference, real)
    except BundleError as error:
        raise ExportError([Blocker("", f"the graph is refused: {error}", "report it")]) from error
    stored = real if keep_rows and real is not None else gate.stored
    bundle = _bundle(pipeline, graph, gate, gate.verification(stored), name, version, metadata)
    if path is not None:
        bundle.save(path)
    return bundle


def check(pipeline: Any, *, X: Any = None) -> list[Blocker]:
    """Every reason why a pipeline cannot be exported; empty if it can. Nothing is written."""
    try:
        export_bundle(pipeline, X=X)
    except ExportError as error:
        return list(error.blockers)
    return []


def _graph(pipeline: Any, table: InputTable) -> tuple[Graph, Export]:
    export = Export(table.names, table.dtypes)
    export.known_categories = table.categories
    x = Columns(export, [Raw(column) for column in table.names])
    results: Outputs = {}
    outputs: list[Output] = []
    try:
        results = export.export(pipeline, x)
        outputs = [_output(method, result, export) for method, result in results.items()]
    except Blocked:
        pass
    if export.blockers:
        raise ExportError(export.blockers)
    try:
        return Graph(export.inputs(), export.nodes, tuple(outputs)), export
    except BundleError as error:
        raise ExportError([Blocker("", f"the graph is refused: {error}", "report it")]) from error


def _output(method: str, result: Columns | Result, export: Export) -> Output:
    if isinstance(result, Result):
        return Output(method, tuple(value.name for value in result.values), result.shape)
    texts = [item.name for item in result if isinstance(item, Raw) and item.replace]
    if texts:
        export.block(f"transform returns text in {texts}", "encode these columns")
    shape = "vector" if result.flat else "matrix"
    return Output(method, (result.numbers().name,), shape)


def _supported(graph: Graph, reference: Reference) -> Graph:
    """Without outputs that the pipeline itself does not offer, and what only they need."""
    names = reference.methods([output.name for output in graph.outputs])
    outputs = tuple(output for output in graph.outputs if output.name in names)
    return Graph(graph.inputs, graph.needed(names), outputs)


def _bundle(
    pipeline: Any,
    graph: Graph,
    gate: Gate,
    rows: Verification,
    name: str | None,
    version: str | None,
    metadata: Mapping[str, Any] | None,
) -> Bundle:
    source = type(pipeline)
    title = name or source.__name__
    pmml, reason = _pmml(graph, title, rows)
    manifest = Manifest(
        name=title,
        model_version=version or "1",
        created=_created(),
        producer=f"scorebundle {packages.version('scorebundle')}",
        source=f"{source.__module__}.{source.__qualname__}",
        libraries=_libraries(pipeline),
        inputs=(),
        outputs=(),
        certificate=gate.certificate,
        members={},
        pmml=reason,
        metadata=dict(metadata or {}),
    )
    return Bundle.build(manifest, graph, rows, pmml)


def _pmml(graph: Graph, title: str, rows: Verification) -> tuple[bytes | None, str | None]:
    try:
        from scorebundle.pmml.writer import Unsupported, write
    except ImportError:
        return None, "lxml was not installed where the bundle was made"
    try:
        return write(graph, title, verification=rows), None
    except Unsupported as error:
        return None, str(error)


def _libraries(pipeline: Any) -> dict[str, str]:
    roots = {"numpy", type(pipeline).__module__.partition(".")[0]}
    for step in _parts(pipeline):
        roots.add(type(step).__module__.partition(".")[0])
    names = {"sklearn": "scikit-learn"}
    known = {"numpy", "sklearn", "xgboost", "scipy"}
    return {names.get(r, r): packages.version(names.get(r, r)) for r in sorted(roots & known)}


def _parts(pipeline: Any) -> list[Any]:
    steps = getattr(pipeline, "steps", None) or [("", getattr(pipeline, "best_estimator_", None))]
    found = []
    for _, step in steps:
        if step is not None and step is not pipeline:
            found += [step, *(_parts(step) if hasattr(step, "steps") else [])]
    return found


def _created() -> str | None:
    """SOURCE_DATE_EPOCH as UTC, or nothing: the same model then gives the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return None
    moment = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
