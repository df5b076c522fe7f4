"""graph.json and tensors.msgpack: a Graph written down, and read back."""

from __future__ import annotations

from typing import Any

from . import plugins
from .errors import BundleError, Violation
from .fields import Array, Attribute, Operator, TensorField
from .graph import SHAPES, Graph, Input, Node, Output
from .ops import OPERATORS
from .protocol import GRAPH
from .strict_json import listing, mapping, record, text

Json = dict[str, Any]


def to_json(graph: Graph) -> tuple[Json, dict[str, Array]]:
    """The JSON object of graph.json and the tensors it refers to."""
    nodes, tensors = [], {}
    for position, node in enumerate(graph.nodes):
        references = {}
        for field, array in node.op.tensors().items():
            references[field] = f"{position}.{field}"
            tensors[references[field]] = array
        nodes.append(
            {
                "op": node.kind,
                "inputs": list(node.inputs),
                "outputs": [node.output],
                "attributes": node.op.attributes(),
                "tensors": references,
                "step": node.step,
            }
        )
    outputs = [{"name": o.name, "values": list(o.values), "shape": o.shape} for o in graph.outputs]
    return {"nodes": nodes, "outputs": outputs}, tensors


def from_json(value: Any, tensors: dict[str, Array], inputs: tuple[Input, ...]) -> Graph:
    """Build and validate the graph.

    Raises:
        BundleError: naming the node and the rule.
    """
    unused = dict(tensors)
    try:
        fields = record(
            value, {"nodes": listing(_plain_node), "outputs": listing(_output)}, _EXTENSIBLE
        )
    except Violation as broken:
        raise BundleError(str(broken), member=GRAPH) from None
    nodes = []
    for position, entry in enumerate(fields["nodes"]):
        try:
            nodes.append(_node(entry, unused))
        except Violation as broken:
            where = f"node {position} ({entry['op']!s:.40})"
            raise BundleError(str(broken), member=GRAPH, node=where) from None
    if unused:
        raise BundleError(f"tensor {next(iter(unused))!r:.80} is used by no node", member=GRAPH)
    return Graph(inputs, tuple(nodes), fields["outputs"])


def _plain_node(value: Any) -> Json:
    checks = {
        "op": text,
        "inputs": listing(text),
        "outputs": listing(text),
        "attributes": mapping,
        "tensors": mapping,
        "step": text,
    }
    return record(value, checks, _EXTENSIBLE)


def _node(entry: Json, tensors: dict[str, Array]) -> Node:
    operator = OPERATORS.get(entry["op"]) or plugins.operator(entry["op"])
    if operator is None:
        raise Violation("is not an operator of this format")
    if len(entry["outputs"]) != 1:
        raise Violation("must have one output")
    arguments = record(entry["attributes"], _declared(operator, Attribute))
    references = record(entry["tensors"], _declared(operator, TensorField))
    for field, reference in references.items():
        if not isinstance(reference, str) or reference not in tensors:
            raise Violation(f"{field}: tensor {reference!r:.80} does not exist or is used twice")
        arguments[field] = tensors.pop(reference)
    return Node(operator(**arguments), entry["inputs"], entry["outputs"][0], entry["step"])


def _declared(operator: type[Operator], kind: type[Any]) -> dict[str, Any]:
    return {name: _anything for name, spec in operator.declared.items() if isinstance(spec, kind)}


def _anything(value: Any) -> Any:
    return value


def _output(value: Any) -> Output:
    checks = {"name": text, "values": listing(text), "shape": _shape}
    return Output(**record(value, checks))


def _shape(value: Any) -> str:
    if not isinstance(value, str) or value not in SHAPES:
        raise Violation(f"must be one of {', '.join(SHAPES)}")
    return value


_EXTENSIBLE = {"extensions": mapping}
