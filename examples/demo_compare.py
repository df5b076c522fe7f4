"""Our scores beside the training library's, held to the bundle's declared contract."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle import Bundle, Graph, Output
from scorebundle.bundle.types import LABELS
from scorebundle.exporters.bounds import carried
from scorebundle.runtime import Runtime


class Agreement(NamedTuple):
    """One output, compared.

    Attributes:
        output: its name.
        labels: whether it holds class labels.
        rows: compared.
        equal: rows that are equal, bit for bit.
        broken: rows that differ by more than the contract admits.
        difference: the largest absolute difference.
        ulp: the largest difference in units in the last place.
        contract: as the certificate states it.
        pairs: (theirs, ours) of the first column, for drawing.
    """

    output: str
    labels: bool
    rows: int
    equal: int
    broken: int
    difference: float
    ulp: float
    contract: str
    pairs: list[tuple[float, float]]


def compare(bundle: Bundle, pipeline: Any, rows: Any, ours: dict[str, Any]) -> list[Agreement]:
    """Compare every output of the bundle; `ours` holds it as plain lists."""
    bounds = _bounds(bundle.graph, rows)
    result = []
    for output in bundle.graph.outputs:
        theirs = _theirs(pipeline, output.name, rows)
        contract = bundle.manifest.certificate[output.name].contract
        mine = np.asarray(ours[output.name], theirs.dtype)
        bound = np.hstack([bounds[name] for name in output.values])
        if bundle.graph.types[output.values[0]].dtype == LABELS:
            result.append(labels_agree(output.name, mine, theirs, bound, contract))
        else:
            result.append(numbers_agree(output.name, mine, theirs, bound, contract))
    return result


def _theirs(pipeline: Any, output: str, rows: Any) -> Any:
    if output == "output_margin":  # XGBoost's scores before the link
        return np.asarray(pipeline.predict(rows, output_margin=True))
    return np.asarray(getattr(pipeline, output)(rows))


def labels_agree(name: str, ours: Any, theirs: Any, bound: Any, contract: str) -> Agreement:
    """Labels are equal, unless the scores behind them tie within their bound."""
    same = ours == theirs
    broken = ~same & ~np.isinf(bound[:, 0])
    count = len(same)
    return Agreement(name, True, count, int(same.sum()), int(broken.sum()), 0, 0, contract, [])


def numbers_agree(name: str, ours: Any, theirs: Any, bound: Any, contract: str) -> Agreement:
    """Numbers differ by no more than the operators' bounds, carried to the output."""
    unit = np.spacing(np.abs(theirs)).reshape(len(theirs), -1).astype(np.float64)
    ours, theirs = (x.reshape(len(x), -1).astype(np.float64) for x in (ours, theirs))
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(invalid="ignore"):
        gap = np.where(same, 0.0, np.abs(ours - theirs))
    within = same | (gap <= 2 * bound)  # both sides may lie that far from the true number
    pairs = [(float(a), float(b)) for a, b in zip(theirs[:, -1], ours[:, -1], strict=True)]
    return Agreement(
        output=name,
        labels=False,
        rows=len(ours),
        equal=int(same.all(axis=1).sum()),
        broken=int((~within).any(axis=1).sum()),
        difference=float(gap.max()),
        ulp=float((gap / unit).max()),
        contract=contract,
        pairs=pairs,
    )


def _bounds(graph: Graph, rows: Any) -> dict[str, Any]:
    """How far each value may lie from the library's, as the parity gate computes it."""
    numeric = [node.output for node in graph.nodes if graph.types[node.output].dtype != LABELS]
    outputs = tuple(Output(name, (name,), "matrix") for name in numeric)
    scores = Runtime(Graph(graph.inputs, graph.nodes, outputs)).score(rows)
    values = {name: np.asarray(scores[name]).reshape(scores.rows, -1) for name in numeric}
    for node in graph.nodes:
        if node.output not in values:
            values[node.output] = values[node.inputs[0]]
    return carried(graph, values)
