"""What is known of the numbers in a chain of nodes behind counts of terms or weights of items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Items, Require


class Known(NamedTuple):
    """What is known of the numbers behind a chain's nodes, in rows that are not refused.

    Attributes:
        finite: that they are.
        counts, weights: the checks that the kernels make, before and after weighing.
    """

    finite: bool
    counts: Node | None
    weights: Node | None


def known_of(start: Node, behind: Sequence[Node]) -> Known:
    """Counts of terms are whole numbers far below 2**53; weights of items may be anything."""
    op: Any = start.op
    finite, counts, weights, weighed = not is_weighted(start), None, None, False
    for node in behind:
        if isinstance(node.op, Require):
            if not finite and weighed:
                weights = node
            elif not finite:
                counts = node
            finite = finite or node.op.rule == "finite"
        elif kind_of(node) == "log":  # of a negative count there is none
            finite, weighed = finite and not op.signed and not is_weighted(start), True
        elif kind_of(node) == "multiply":
            finite, weighed = finite and not is_weighted(start), True
    return Known(finite, counts, weights)


def is_weighted(start: Node) -> bool:
    """Whether a node's numbers are weights, not counts."""
    return isinstance(start.op, Items) and start.op.weighted


def may_check(start: Node, behind: Sequence[Node], check: Node) -> bool:
    """Whether the kernels can make a check behind some nodes: logarithms of negative counts they
    do not look at, and of two checks in one place only the first."""
    assert isinstance(check.op, Require)
    known = known_of(start, behind)
    kinds = {kind_of(node) for node in behind}
    if known.finite:
        return True
    if not is_weighted(start) or "log" in kinds:
        return False
    if "multiply" in kinds:
        return known.weights is None and check.op.rule == "finite"
    return known.counts is None


def kind_of(node: Node) -> str:
    """The function that an elementwise operator is of."""
    return str(getattr(node.op, "op", ""))
