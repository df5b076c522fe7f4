"""export_bundle: from a fitted pipeline to a proven bundle."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from importlib import metadata as packages
from typing import Any

from scorebundle.bundle import Bundle
from scorebundle.bundle.graph import Graph
from scorebundle.bundle.manifest import Manifest
from scorebundle.bundle.verification import Verification

from .proof import Proof, prove, survey
from .schema import input_table


def export_bundle(
    pipeline: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    X: Any = None,
    keep_rows: bool = False,
    extras: Sequence[str] = (),
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
        X: rows like those it was fitted on (array or DataFrame). They join the comparison,
            whole numbers as such, and settle what the pipeline leaves open: column
            names, and which columns are float32.
        keep_rows: store some of X's rows for later verification. They may be personal data,
            so by default only rows derived from the model are stored.
        extras: what to export beyond the usual outputs: `apply` (the leaf that each tree puts a
            row in), and of XGBoost `contribs` and `approx_contribs` (what each column adds to the
            margin) and the input `base_margin` (where each row's sums begin).
        name: the model's name; by default the estimator's class.
        version: the model's version; by default "1".
        metadata: anything JSON can hold.

    Returns:
        The bundle; `bundle.to_bytes()` is the zip.

    Raises:
        ExportError: listing every step that cannot be exported or does not agree.
    """
    table = input_table(pipeline, X)
    export, outputs = survey(pipeline, table, extras)
    proof = prove(pipeline, export, outputs, table, X, keep_rows)
    bundle = _bundle(pipeline, proof, name, version, metadata)
    if path is not None:
        bundle.save(path)
    return bundle


def _bundle(
    pipeline: Any,
    proof: Proof,
    name: str | None,
    version: str | None,
    metadata: Mapping[str, Any] | None,
) -> Bundle:
    kind = type(pipeline)
    source = getattr(pipeline, "source", f"{kind.__module__}.{kind.__qualname__}")
    graph, rows = proof.graph, proof.rows
    title = name or kind.__name__
    pmml, reason = _pmml(graph, title, rows)
    manifest = Manifest(
        name=title,
        model_version=version or "1",
        created=_created(),
        producer=f"scorebundle {packages.version('scorebundle')}",
        source=source,
        libraries=_libraries(pipeline),
        inputs=(),
        outputs=(),
        certificate=proof.certificate,
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
    if hasattr(pipeline, "libraries"):  # a model file says who wrote it
        return dict(pipeline.libraries)
    roots = {"numpy", type(pipeline).__module__.partition(".")[0]}
    for step in _parts(pipeline):
        roots.add(type(step).__module__.partition(".")[0])
    names = {"sklearn": "scikit-learn"}
    known = {"numpy", "sklearn", "xgboost", "scipy", "lightgbm", "catboost"}
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
