"""PMML read: a document of any producer, versions 3.0 to 4.4, as a graph or a bundle."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from scorebundle.bundle import Bundle, BundleError
from scorebundle.bundle.bundle import Source
from scorebundle.bundle.graph import Graph
from scorebundle.bundle.manifest import Manifest

from .reading.fields import TARGETS, data_fields
from .reading.models import is_model, predict
from .reading.parsing import Bytes, parse
from .reading.results import Results
from .reading.scope import Reading, Scope
from .reading.verified import verification_of
from .reading.xml import MEMBER, Element, child, children, located, refuse


def read_graph(data: bytes, *, model: str | None = None) -> Graph:
    """The graph of a document's model.

    Args:
        data: the document.
        model: modelName of the model to read; the first one by default.

    Raises:
        BundleError: naming the element, its line and the rule.
    """
    return _read(Bytes(data), model)[0]


def read_bundle(source: Source, *, name: str | None = None, model: str | None = None) -> Bundle:
    """A bundle of a document's model, with its ModelVerification.

    Raises:
        BundleError: naming the element, its line and the rule.
        OSError: if the file cannot be read.
    """
    data = Bytes(source)
    try:
        graph, element, reading = _read(data, model)
    finally:
        data.close()
    root = reading.document.root
    header = child(root, "Header")
    application = None if header is None else child(header, "Application")
    maker = "" if application is None else application.get("name", "")
    version = "" if application is None else application.get("version", "")
    manifest = Manifest(
        name=name or element.get("modelName") or "model",
        model_version=("" if header is None else header.get("modelVersion")) or "1",
        producer=f"scorebundle {metadata.version('scorebundle')}",
        source=f"PMML {root.get('version', '')}".strip(),
        libraries={maker: version} if maker else {},
        inputs=(),
        outputs=(),
        certificate={},
        members={},
        pmml="it was imported from PMML",
        extensions={"columns": "lenient", **_unreadable(element)},
    )
    with located(element):
        return Bundle.build(manifest, graph, verification_of(element, graph, reading.data), None)


def _unreadable(element: Element) -> dict[str, Any]:
    """The columns in which a text that spells no number is a missing one."""
    schema = child(element, "MiningSchema")
    names = [
        each.get("name")
        for each in ([] if schema is None else children(schema, "MiningField"))
        if each.get("invalidValueTreatment") == "asMissing"
    ]
    return {"unreadable as missing": names} if names else {}


def _read(data: Bytes, wanted: str | None) -> tuple[Graph, Element, Reading]:
    document = parse(data)
    root = document.root
    try:
        with located(root):
            reading = Reading(document, data_fields(root))
            element = _model(root, wanted)
        with located(element):
            return _graph(element, reading), element, reading
    except RecursionError:
        raise BundleError("is nested too deeply", member=MEMBER) from None


def _graph(element: Element, reading: Reading) -> Graph:
    outermost = Scope(reading)
    outermost.derived.update(reading.derived)
    outermost.mine(element)
    reading.active = {
        name for name, mining in outermost.mining.items() if mining.get("usageType") not in TARGETS
    }
    results = Results(reading)
    results.take(predict(element, outermost, first=True))
    return results.graph()


def _model(root: Element, wanted: str | None) -> Element:
    models = [each for each in children(root) if is_model(each)]
    if not models:
        refuse(root, "holds no model")
    if wanted is None:
        return models[0]
    for each in models:
        if each.get("modelName") == wanted:
            return each
    refuse(root, f"holds no model {wanted!r:.60}")


__all__ = ["read_bundle", "read_graph"]
