"""Lowering of counts of terms, and of weights of items: what weighs them on, and a linear map
behind, become one step."""

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
    Concat,
    Constant,
    Items,
    Normalize,
    Require,
    Select,
    Terms,
    Where,
)

from ..assembler import Assembler, Fused
from ..kernels.codes import NORM, RULE
from .columns import refuse
from .known import is_weighted, kind_of, known_of, may_check
from .registry import fuses, lowers

LOGARITHM, SCALE, NORMALIZE, SELECT, AFFINE = range(1, 6)
"""The order in which a step can take the nodes behind Terms in."""


class Taken(NamedTuple):
    """One link of the chain: how far it goes, its nodes, the last of which gives its value."""

    stage: int
    nodes: tuple[Node, ...]


@fuses(Terms)
@fuses(Items)
def chain(node: Node, to: Assembler) -> Fused:
    """The nodes behind Terms or Items that its kernels compute, as far as they follow each
    other."""
    found: list[Node] = []
    complete = 0
    stage, last = 0, node
    while stage < AFFINE:
        link = _next(node, last, found, to)
        if link is None or (link.stage <= stage and link.stage):
            break
        stage, last = link.stage or stage, link.nodes[-1]
        found += link.nodes
        if stage != SELECT:  # columns can be left out only by the coefficients behind
            complete = len(found)
    kept = (node, *found[:complete])
    return Fused(kept[1:], frozenset(n.output for n in kept[:-1]))


class Sum(NamedTuple):
    """A linear map of values side by side.

    Attributes:
        concat: the node that puts them side by side.
        checks: the nodes in between that refuse rows.
        terms: by a part's name, the Terms or Items node that it is made of.
    """

    concat: Node
    checks: tuple[Node, ...]
    terms: dict[str, Node]


@fuses(Affine)
def parts(node: Node, to: Assembler) -> Fused:
    """Counts of terms beside other values, which are summed up part by part."""
    found = _sum(node, to)
    if found is None:
        return Fused()
    absorbed = [found.concat, *found.checks]
    for terms in found.terms.values():
        absorbed += [terms, *to.fused[terms.output].nodes]
    return Fused(tuple(absorbed), frozenset(each.output for each in absorbed))


def _sum(node: Node, to: Assembler) -> Sum | None:
    checks = []
    before = to.producer(node.inputs[0])
    while isinstance(before.op, Require) and len(to.readers(before)) == 1:
        checks.append(before)
        before = to.producer(before.inputs[0])
    if not isinstance(before.op, Concat) or len(to.readers(before)) != 1:
        return None
    ends = {}
    for name, fused in to.fused.items():
        start = to.producer(name)
        if isinstance(start.op, (Terms, Items)):
            ends[fused.nodes[-1].output if fused.nodes else name] = start
    terms = {}
    for name in before.inputs:
        alone = name in ends and len(to.readers(to.producer(name))) == 1
        if alone and before.inputs.count(name) == 1 and _can_check(ends[name], checks, to):
            terms[name] = ends[name]
    return Sum(before, tuple(checks), terms) if terms else None


def _can_check(start: Node, checks: Sequence[Node], to: Assembler) -> bool:
    """Whether checks say nothing of a part's numbers, or its kernel can make them."""
    behind = to.fused[start.output].nodes
    known = known_of(start, behind)
    if known.finite or not checks:
        return True
    one = len(checks) == 1 and may_check(start, behind, checks[0])
    return one and known.weights is None


def lower_sum(op: Affine, node: Node, to: Assembler) -> bool:
    """Lower a linear map of values side by side, if some are counts of terms."""
    found = _sum(node, to) if node.output in to.fused and to.fused[node.output].nodes else None
    if found is None:
        return False
    target, outputs, first = to.new(node), len(op.coef), 0
    names = found.concat.inputs
    for position, name in enumerate(names):
        last = position == len(names) - 1
        ends = int(position == 0), to.address(op.intercept) if last else 0
        width = to.graph.types[name].width
        if name in found.terms:
            start = found.terms[name]
            part = op.coef[:, first : first + width].T
            key = (id(op), "by term", first)
            coef = to.packed(key, lambda part=part: np.ascontiguousarray(part))  # type: ignore[misc]
            weights = _weights(start, to.fused[start.output].nodes, to, found.checks)
            kernel = f"terms_affine_{target.type.dtype}"
            to.step(kernel, target.reference, *weights, outputs, to.address(coef), *ends)
        else:
            source = to.column(name)
            for check in found.checks:
                refuse(source, check, to)
            coefs = to.address(op.coef) + first * target.itemsize, op.coef.shape[1]
            kernel = f"affine_part_{target.type.dtype}"
            both = target.reference, source.reference
            to.step(kernel, *both, width, outputs, *coefs, *ends)
        first += width
    return True


def _next(terms: Node, last: Node, found: Sequence[Node], to: Assembler) -> Taken | None:
    """The link behind a node, if only one reads it."""
    readers = to.readers(last)
    if len(readers) == 2:
        return _logarithm(last, readers, to)
    if len(readers) != 1:
        return None
    (reader,) = readers
    op, behind, finite = reader.op, (reader,), known_of(terms, found).finite
    if isinstance(op, Cast) and last is terms and op.dtype in ("float32", "float64"):
        return Taken(0, behind)
    if isinstance(op, Require) and op.rule != "known" and may_check(terms, found, reader):
        return Taken(0, behind)
    if isinstance(op, Binary) and op.op == "multiply" and reader.inputs[0] == last.output:
        scale = _constant(reader.inputs[1], to)
        width = to.graph.types[last.output].width
        if scale is not None and len(scale) == width and np.isfinite(scale).all():
            return Taken(SCALE, behind)
    if isinstance(op, Normalize) and (finite or not is_weighted(terms)):
        return Taken(NORMALIZE, behind)
    if isinstance(op, Select) and finite:  # a column that is left out counts 0 times
        return Taken(SELECT, behind)
    return Taken(AFFINE, behind) if isinstance(op, Affine) else None


def _logarithm(last: Node, readers: Sequence[Node], to: Assembler) -> Taken | None:
    """Where(x ≠ 0, ln x + 1, 0)."""
    by_kind = {kind_of(reader): reader for reader in readers}
    if set(by_kind) != {"not_equal", "log"}:
        return None
    some, log = by_kind["not_equal"], by_kind["log"]
    plus = to.readers(log)
    if [kind_of(node) for node in plus] != ["add"]:
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


def _constant(name: str, to: Assembler) -> Array | None:
    op = to.producer(name).op
    return op.value if isinstance(op, Constant) else None


@lowers(Terms)
@lowers(Items)
def terms(op: Terms | Items, node: Node, to: Assembler) -> None:
    nodes = to.fused[node.output].nodes
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
    ends = to.address(coef), 1, to.address(affine.intercept)
    to.step(f"terms_affine_{dtype}", target.reference, *weights, len(affine.coef), *ends)


def _weights(
    node: Node, nodes: Sequence[Node], to: Assembler, checks: Sequence[Node] = ()
) -> tuple[int, ...]:
    """The kernels' arguments but for the last ones.

    Args:
        node, nodes: what makes the counts, and what weighs them.
        checks: of the whole row of columns that they are part of.
    """
    op: Any = node.op
    place = to.graph.nodes.index(node)
    ports = [to.port(op.column, "int64", place, part) for part in range(3)]
    logarithmic = any(kind_of(behind) == "log" for behind in nodes)
    scale, norm = 0, "none"
    for behind in nodes:
        if kind_of(behind) == "multiply":
            numbers = _constant(behind.inputs[1], to)
            assert numbers is not None
            scale = to.address(numbers)
        elif isinstance(behind.op, Normalize):
            norm = behind.op.norm
    known = known_of(node, [*nodes, *checks])
    rule = 0 if known.counts is None else RULE[known.counts.op.rule]  # type: ignore[attr-defined]
    counts, weights = (0 if n is None else _mark(n, to) for n in (known.counts, known.weights))
    return (*ports, place + 1, int(logarithmic), scale, NORM[norm], rule, counts, weights)


def _mark(check: Node, to: Assembler) -> int:
    return to.graph.nodes.index(check) + 1
