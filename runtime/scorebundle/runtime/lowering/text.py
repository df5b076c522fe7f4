"""Lowering of counts of terms: what weighs them, and a linear map behind, become one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import (
    Affine,
    Binary,
    Cast,
    Constant,
    Normalize,
    Require,
    Select,
    Terms,
    Unary,
    Where,
)

from ..assembler import Assembler
from ..kernels.codes import NORM
from .registry import fuses, lowers

LOGARITHM, SCALE, NORMALIZE, SELECT, AFFINE = range(1, 6)
"""The order in which a step can take the nodes behind Terms in."""


class Taken(NamedTuple):
    """One link of the chain: how far it goes, its nodes, the last of which gives its value."""

    stage: int
    nodes: tuple[Node, ...]


@fuses(Terms)
def chain(node: Node, to: Assembler) -> Sequence[Node]:
    """The nodes behind Terms that its kernels compute, as far as they follow each other."""
    found: list[Node] = []
    complete = 0
    stage, last = 0, node
    while stage < AFFINE:
        link = _next(node, last, to)
        if link is None or (link.stage <= stage and link.stage):
            break
        stage, last = link.stage or stage, link.nodes[-1]
        found += link.nodes
        if stage != SELECT:  # columns can be left out only by the coefficients behind
            complete = len(found)
    return found[:complete]


def _next(terms: Node, last: Node, to: Assembler) -> Taken | None:
    """The link behind a node, if only one reads it."""
    readers = to.readers(last)
    if len(readers) == 2:
        return _logarithm(last, readers, to)
    if len(readers) != 1:
        return None
    (reader,) = readers
    op, behind = reader.op, (reader,)
    if isinstance(op, Cast) and last is terms and op.dtype in ("float32", "float64"):
        return Taken(0, behind)
    if isinstance(op, Require) and _stays_finite(terms, last, to):
        return Taken(0, behind)
    if isinstance(op, Binary) and op.op == "multiply" and reader.inputs[0] == last.output:
        scale = _constant(reader.inputs[1], to)
        width = to.graph.types[last.output].width
        if scale is not None and len(scale) == width and np.isfinite(scale).all():
            return Taken(SCALE, behind)
    if isinstance(op, Normalize):
        return Taken(NORMALIZE, behind)
    if isinstance(op, Select):
        return Taken(SELECT, behind)
    return Taken(AFFINE, behind) if isinstance(op, Affine) else None


def _stays_finite(terms: Node, last: Node, to: Assembler) -> bool:
    """Whether no row can break a rule: logarithms of negative counts would."""
    assert isinstance(terms.op, Terms)
    return not terms.op.signed and to.graph.types[last.output].dtype.startswith("float")


def _logarithm(last: Node, readers: Sequence[Node], to: Assembler) -> Taken | None:
    """Where(x ≠ 0, ln x + 1, 0)."""
    by_kind = {_kind(reader): reader for reader in readers}
    if set(by_kind) != {"not_equal", "log"}:
        return None
    some, log = by_kind["not_equal"], by_kind["log"]
    plus = to.readers(log)
    if [_kind(node) for node in plus] != ["add"]:
        return None
    choice = to.readers(plus[0])
    if choice != to.readers(some) or len(choice) != 1 or not isinstance(choice[0].op, Where):
        return None
    constants = [some.inputs[1], plus[0].inputs[1], choice[0].inputs[2]]
    numbers = [_constant(name, to) for name in constants]
    if [None if n is None else n.tolist() for n in numbers] != [[0.0], [1.0], [0.0]]:
        return None
    ordered = [some.inputs[0], log.inputs[0], plus[0].inputs[0], *choice[0].inputs[:2]]
    if ordered != [last.output, last.output, log.output, some.output, plus[0].output]:
        return None
    return Taken(LOGARITHM, (some, log, plus[0], choice[0]))


def _kind(node: Node) -> str:
    return str(getattr(node.op, "op", ""))


def _constant(name: str, to: Assembler) -> Array | None:
    op = to.producer(name).op
    return op.value if isinstance(op, Constant) else None


@lowers(Terms)
def terms(op: Terms, node: Node, to: Assembler) -> None:
    nodes = to.fused[node.output]
    last = nodes[-1] if nodes else node
    dtype = to.graph.types[last.output].dtype
    target = to.new(last)
    if dtype == "int64":  # counts are whole numbers far below 2**53
        made = to.scratch(target.type._replace(dtype="float64"))
        to.step("terms_float64", made.reference, *_weights(node, nodes, to), made.type.width)
        to.step("cast", target.reference, made.reference, made.type.width, 2, 1)
        return
    weights = _weights(node, nodes, to)
    if not isinstance(last.op, Affine):
        to.step(f"terms_{dtype}", target.reference, *weights, target.type.width)
        return
    affine, width = last.op, op.output().width
    chosen = [n.op.indices for n in nodes if isinstance(n.op, Select)]

    def by_term() -> Array:
        """Coefficients (terms, outputs); 0 for columns that were left out."""
        if not chosen:
            return np.ascontiguousarray(affine.coef.T)
        table = np.zeros((width, len(affine.coef)), affine.coef.dtype)
        np.add.at(table, list(chosen[0]), affine.coef.T)
        return table

    coef = to.packed((id(affine), "by term"), by_term)
    addresses = to.address(coef), to.address(affine.intercept)
    to.step(f"terms_affine_{dtype}", target.reference, *weights, len(affine.coef), *addresses)


def _weights(node: Node, nodes: Sequence[Node], to: Assembler) -> tuple[int, ...]:
    """The kernels' arguments but for the last ones."""
    op: Any = node.op
    place = to.graph.nodes.index(node)
    ports = [to.port(op.column, "int64", place, part) for part in range(3)]
    logarithmic = any(_kind(behind) == "log" for behind in nodes)
    scale, norm = 0, "none"
    for behind in nodes:
        if _kind(behind) == "multiply":
            numbers = _constant(behind.inputs[1], to)
            assert numbers is not None
            scale = to.address(numbers)
        elif isinstance(behind.op, Normalize):
            norm = behind.op.norm
    return (*ports, place + 1, int(logarithmic), scale, NORM[norm])
