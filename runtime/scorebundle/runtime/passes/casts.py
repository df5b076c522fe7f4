"""Conversions move from a row of columns to its parts, where some cost nothing."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import TENSOR_DTYPES
from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import Cast, Concat, Lookup, OneHot
from scorebundle.bundle.types import FLOATS


def cast_before_concat(graph: Graph) -> Graph:
    """Cast(Concat(a, b)) → Concat(Cast(a), Cast(b)); a cast one-hot or look-up is one of the
    other dtype. Elementwise, hence the same bits."""
    made = {node.output: node for node in graph.nodes}
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += _moved(node, made, graph)
    return Graph(graph.inputs, tuple(nodes), graph.outputs)


def _moved(node: Node, made: dict[str, Node], graph: Graph) -> list[Node]:
    """What a node becomes: itself, or the cast parts and their Concat."""
    if not isinstance(node.op, Cast) or node.op.dtype not in FLOATS:
        return [node]
    source = made[node.inputs[0]]
    if not isinstance(source.op, Concat) or graph.types[source.output].dtype not in FLOATS:
        return [node]
    parts = [
        _cast(made[name], node.op.dtype, f"{node.output}/{position}", node.step)
        for position, name in enumerate(source.inputs)
    ]
    return [*parts, Node(Concat(), tuple(p.output for p in parts), node.output, node.step)]


def _cast(part: Node, dtype: str, name: str, step: str) -> Node:
    """A part of another dtype."""
    op, kind = part.op, TENSOR_DTYPES[dtype]
    if isinstance(op, OneHot):
        return Node(OneHot(op.size, dtype), part.inputs, name, step)
    if isinstance(op, Lookup):
        with np.errstate(over="ignore"):
            cast = Lookup(op.table.astype(kind), op.default.astype(kind))
        return Node(cast, part.inputs, name, step)
    return Node(Cast(dtype), (part.output,), name, step)
