"""What is computed from one category alone becomes a look-up by its code.

Documents of PMML compute a column for each category (an indicator, say) by comparing, choosing and
converting, which takes a dozen operators each. A category has few values: all are computed when the
model is loaded, by the same kernels, hence to the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from scorebundle.bundle.fields import Array, Operator
from scorebundle.bundle.graph import Graph, Input, Node, Output
from scorebundle.bundle.ops import (
    Binary,
    Cast,
    Constant,
    Encode,
    Lookup,
    Missing,
    Numbers,
    Unary,
    Where,
)

from .. import library
from ..assembler import Prepared
from ..calls import Model
from ..plan import Plan
from ..rows import Reader

FOLDED: Final = (Binary, Cast, Lookup, Missing, Unary, Where)
"""Operators that compute each row by itself and refuse none."""
MAX_CODES: Final = 1 << 16
ANY: Final = ""
"""The category that a constant depends on."""
CODE: Final = "code"


def tabulate(graph: Graph) -> Graph:
    """Chains of `FOLDED` from an Encode → Lookup, where that saves operators."""
    behind = _categories_behind(graph)
    chains: dict[str, list[Node]] = {
        node.output: [] for node in graph.nodes if isinstance(node.op, Encode)
    }
    for node in graph.nodes:
        code = behind[node.output]
        if code and code != node.output:
            chains[code].append(node)
    ends = _ends(graph, behind)
    made = {node.output: node for node in graph.nodes}
    for code, chain in chains.items():
        last = [node for node in chain if node.output in ends]
        if len(chain) == len(last) or _size(made[code].op) > MAX_CODES:
            continue
        tables = _tables(code, chain, last, made)
        for node in chain:
            del made[node.output]
        made.update(zip([node.output for node in last], tables, strict=True))
    nodes = tuple(made[node.output] for node in graph.nodes if node.output in made)
    return graph if len(nodes) == len(graph.nodes) else Graph(graph.inputs, nodes, graph.outputs)


def _categories_behind(graph: Graph) -> dict[str, str | None]:
    """Per value the Encode it alone is computed from; ANY for constants, None for the others."""
    behind: dict[str, str | None] = {}
    for node in graph.nodes:
        found: str | None = None
        if isinstance(node.op, Encode):
            found = node.output
        elif isinstance(node.op, Constant):
            found = ANY
        elif isinstance(node.op, FOLDED) and graph.types[node.output].width == 1:
            sources = {behind[name] for name in node.inputs} - {ANY}
            found = sources.pop() if len(sources) == 1 else None
        behind[node.output] = found
    return behind


def _ends(graph: Graph, behind: dict[str, str | None]) -> set[str]:
    """The values of chains that something else needs."""
    ends = {value for output in graph.outputs for value in output.values}
    for node in graph.nodes:
        ends.update(name for name in node.inputs if behind[name] != behind[node.output])
    return ends


def _size(encode: Operator) -> int:
    """How many codes there are, besides that of no category."""
    assert isinstance(encode, Encode)
    return max(len(encode.categories), encode.none + 1, encode.nan + 1)


def _tables(code: str, chain: list[Node], last: list[Node], made: Mapping[str, Node]) -> list[Node]:
    """The last nodes of a chain as look-ups, of their values for every code."""
    used = dict.fromkeys(name for node in chain for name in node.inputs)
    constants = [made[name] for name in used if isinstance(made[name].op, Constant)]
    given = Node(Numbers((CODE,), "float64"), (), f"{code} as a number", "")
    start = [given, Node(Cast("int64"), (given.output,), code, "")]
    outputs = tuple(Output(str(i), (node.output,), "vector") for i, node in enumerate(last))
    alone = Graph((Input(CODE, "float64"),), (*start, *constants, *chain), outputs)
    found = _computed(alone, np.arange(-1.0, _size(made[code].op)))
    return [
        node._replace(op=Lookup(column[1:, None].copy(), column[:1].copy()), inputs=(code,))
        for node, column in zip(last, found, strict=True)
    ]


def _computed(graph: Graph, codes: Array) -> list[Array]:
    """The outputs of a graph whose only column holds codes."""
    names = [output.name for output in graph.outputs]
    plan = Plan(graph, names, library.load(), Prepared())
    model = Model(graph, plan, lambda: plan, Reader(graph))
    scores = model.many({CODE: codes}, "raise", 1)
    return [np.asarray(scores[name]).reshape(-1) for name in names]
