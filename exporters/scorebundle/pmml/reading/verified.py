"""ModelVerification: rows of a document with the results it states for them."""

from __future__ import annotations

from scorebundle.bundle.graph import NUMERIC_INPUTS, Graph
from scorebundle.bundle.manifest import describe
from scorebundle.bundle.verification import Expected, Verification

from .xml import Element


def verification_of(element: Element, graph: Graph) -> Verification:
    """The rows and results of a model's ModelVerification."""
    import numpy as np

    inputs, outputs = describe(graph)
    rows = {
        each.name: np.zeros(0, each.type) if each.type in NUMERIC_INPUTS else []
        for each in inputs
        if each.type != "any"
    }
    expected = {}
    for output in outputs:
        values = tuple(
            [] if output.type == "labels" else np.zeros((0, width), output.type)
            for width in output.widths
        )
        expected[output.name] = Expected(values, tuple(None for _ in values))
    return Verification(rows, expected)
