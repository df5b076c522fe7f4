"""Lowering of the operators that read, arrange and convert columns."""

from __future__ import annotations

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import (
    Cast,
    Concat,
    Constant,
    Encode,
    Labels,
    Numbers,
    OptionalLabels,
    Parse,
    Phrase,
    Require,
    Select,
)

from ..assembler import Assembler, Place
from ..kernels.codes import CONSTANT, DTYPE, RULE
from .registry import lowers


@lowers(Numbers)
def numbers(op: Numbers, node: Node, to: Assembler) -> None:
    dtype = op.dtype
    readers = to.readers(node)
    casts = all(isinstance(r.op, Cast) and r.op.dtype == "float32" for r in readers)
    if dtype == "float64" and readers and casts:
        # Rounded once, as from float64: a float32 that became float64 comes back unchanged.
        dtype = "float32"
        target = to.scratch(to.graph.types[node.output]._replace(dtype=dtype))
        to.alias(node, target)
    else:
        target = to.new(node)
    ports = [to.port(column, op.dtype) for column in op.columns]
    to.step("gather", target.reference, DTYPE[dtype], len(ports), *ports)


@lowers(Encode)
def encode(op: Encode, node: Node, to: Assembler) -> None:
    target = to.new(node)
    port = to.port(op.column, "int64", to.graph.nodes.index(node))
    to.step("gather", target.reference, DTYPE["int64"], 1, port)


@lowers(Phrase)
def phrase(op: Phrase, node: Node, to: Assembler) -> None:
    target = to.new(node)
    port = to.port(op.columns[0], "int64", to.graph.nodes.index(node))
    to.step("gather", target.reference, DTYPE["int64"], 1, port)


@lowers(Parse)
def parse(op: Parse, node: Node, to: Assembler) -> None:
    target = to.new(node)
    port = to.port(op.column, "float64", to.graph.nodes.index(node))
    to.step("gather", target.reference, DTYPE["float64"], 1, port)


@lowers(Constant)
def constant(op: Constant, node: Node, to: Assembler) -> None:
    kind = to.graph.types[node.output]
    to.alias(node, Place(CONSTANT, to.address(op.value), 0, kind))


@lowers(Select)
def select(op: Select, node: Node, to: Assembler) -> None:
    source = to.place(node.inputs[0])
    kind = to.graph.types[node.output]
    first, size = op.indices[0], source.itemsize
    if op.indices == tuple(range(first, first + len(op.indices))):
        if source.kind == CONSTANT:
            to.alias(node, Place(CONSTANT, source.base + first * size, 0, kind))
        else:
            to.alias(node, source._replace(before=source.before + first * size, type=kind))
        return
    to.copy(to.new(node), source, op.indices)


@lowers(Concat)
def concat(op: Concat, node: Node, to: Assembler) -> None:
    target = to.new(node)
    before = 0
    for name in node.inputs:
        source = to.place(name)
        part = target._replace(before=target.before + before, type=source.type)
        if not to.is_home(node, name) or source[:3] != part[:3]:
            to.copy(part, source, range(source.type.width))
        before += source.itemsize * source.type.width


@lowers(Cast)
def cast(op: Cast, node: Node, to: Assembler) -> None:
    source = to.column(node.inputs[0])
    if source.type.dtype == op.dtype:
        to.alias(node, source)
        return
    target = to.new(node)
    codes = DTYPE[op.dtype], DTYPE[source.type.dtype]
    to.step("cast", target.reference, source.reference, source.type.width, *codes)


@lowers(Require)
def require(op: Require, node: Node, to: Assembler) -> None:
    """Only the columns that can break the rule are looked at."""
    source = to.column(node.inputs[0])
    to.alias(node, source)
    for first, last in _runs(to.facts.broken(node.inputs[0], op.rule)):
        before = source.before + source.itemsize * first
        part = source._replace(before=before, type=source.type._replace(width=last - first))
        refuse(part, node, to)


def refuse(source: Place, node: Node, to: Assembler) -> None:
    """Mark the rows whose numbers break a Require node's rule."""
    assert isinstance(node.op, Require)
    mark = to.graph.nodes.index(node) + 1
    codes = DTYPE[source.type.dtype], RULE[node.op.rule]
    to.step("require", source.reference, *codes, source.type.width, mark)


def _runs(chosen: Array) -> list[tuple[int, int]]:
    """Where runs of True begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


@lowers(OptionalLabels)
@lowers(Labels)
def labels(op: Labels, node: Node, to: Assembler) -> None:
    to.alias(node, to.column(node.inputs[0]))  # codes leave; Python takes the classes
