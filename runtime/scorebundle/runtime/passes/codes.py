"""One-hot columns that meet coefficients become look-ups of a coefficient."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import Affine, Concat, Items, OneHot, Require, Terms

from ..facts import Facts
from ..fused import CodedAffine


def look_up_coefficients(graph: Graph) -> Graph:
    """Affine(Concat(…, OneHot(code), …)) → CodedAffine(…, code, …), where coefficients are finite.

    A column of zeros adds nothing but the sign of a zero, which `CodedAffine` keeps.
    """
    made = {node.output: node for node in graph.nodes}
    facts = Facts(graph)
    nodes: dict[str, Node] = {}
    for node in graph.nodes:
        for each in _looked_up(node, made, facts) if isinstance(node.op, Affine) else [node]:
            nodes.setdefault(each.output, each)  # several Affines may need the same checks
    return Graph(graph.inputs, tuple(nodes.values()), graph.outputs)


def _looked_up(node: Node, made: dict[str, Node], facts: Facts) -> list[Node]:
    """What an Affine becomes: itself, or checks of its dense parts and a CodedAffine."""
    *checks, concat = _chain(node, made)
    linear = node.op
    assert isinstance(linear, Affine)
    if not isinstance(concat.op, Concat) or not np.isfinite(linear.coef).all():
        return [node]
    parts = [made[name] for name in concat.inputs]
    if not any(isinstance(part.op, OneHot) for part in parts):
        return [node]
    if any(_counts_terms(part, made) for part in parts):  # which lowering sums up by themselves
        return [node]
    before: list[Node] = []
    inputs = []
    for position, part in enumerate(parts):
        if isinstance(part.op, OneHot):
            inputs.append(part.inputs[0])
            continue
        name = part.output
        for check in reversed(checks):  # as the whole row of columns was checked before
            assert isinstance(check.op, Require)
            if facts.broken(part.output, check.op.rule).any():
                again = check._replace(inputs=(name,), output=f"{check.output}/{position}")
                before.append(again)
                name = again.output
        inputs.append(name)
    sizes = tuple(facts.types[part.output].width for part in parts)
    op = CodedAffine(sizes, linear.coef, linear.intercept)
    return [*before, node._replace(op=op, inputs=tuple(inputs))]


def _counts_terms(node: Node, made: dict[str, Node]) -> bool:
    """Whether a value is made of counts of terms or items, step by step."""
    while node.inputs and not isinstance(node.op, (Terms, Items)):
        node = made[node.inputs[-1]]
    return isinstance(node.op, (Terms, Items))


def _chain(node: Node, made: dict[str, Node]) -> list[Node]:
    """The nodes before one, nearest first, as far as they only check rows, and the one before."""
    chain = [made[node.inputs[0]]]
    while isinstance(chain[-1].op, Require):
        chain.append(made[chain[-1].inputs[0]])
    return chain
