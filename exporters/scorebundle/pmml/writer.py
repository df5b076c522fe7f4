"""PMML 4.4 of a graph, valid against the DMG's schema, without vendor extensions."""

from __future__ import annotations

from io import BytesIO

from lxml import etree

from scorebundle.bundle.graph import Graph
from scorebundle.bundle.verification import Verification

from . import (
    categories,
    columns,
    contributions,
    coupling,
    curves,
    distance,
    elementwise,
    iterative,
    linear,
    phrases,
    rows,
    text,
    trees,
)
from .document import data_dictionary, header
from .draft import drafted
from .elements import Unsupported
from .models import Chain
from .names import Names
from .outputs import Outcome, results_of, target_of
from .verification import model_verification

NAMESPACE = "http://www.dmg.org/PMML-4_4"

FAMILIES = (
    *(columns, elementwise, categories, curves, text, phrases, rows, coupling),
    *(linear, distance, trees, contributions, iterative),
)
"""Modules that hold the operators' forms; importing them registers the forms."""


def write(
    graph: Graph,
    manifest_name: str,
    *,
    verification: Verification | None = None,
    timestamp: str | None = None,
) -> bytes:
    """PMML of the graph; the same arguments give the same bytes.

    Args:
        graph: what to write.
        manifest_name: the model's name.
        verification: rows and expected outputs, of which a few become the ModelVerification.
        timestamp: for the Header, ISO 8601.

    Raises:
        Unsupported: if the graph has no PMML form, saying why.
    """
    names = Names(column for column, _ in graph.inputs)
    results, target = results_of(graph, names), target_of(graph, names)
    draft, cells = drafted(graph, names)
    outcome = Outcome(graph, draft, cells, results, target)
    if not draft.inputs:  # a DataDictionary is never empty
        draft.read_nothing()
    rows_to_verify = model_verification(graph, draft, results, verification)
    buffer = BytesIO()
    with etree.xmlfile(buffer, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("PMML", {"version": "4.4"}, nsmap={None: NAMESPACE}):
            chain = Chain(file, draft, outcome, manifest_name, rows_to_verify)
            file.write("\n")
            chain.put(header(manifest_name, timestamp))
            chain.put(data_dictionary(draft, target))
            chain.write()
    return buffer.getvalue()


__all__ = ["NAMESPACE", "Unsupported", "write"]
