"""Lowering of the operators that are solved for each row: in float64, whatever the input is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Node
from scorebundle.bundle.ops import Multiplicative, NonNegative, SparseCode, Topics
from scorebundle.bundle.types import Type

from ..assembler import Assembler, Place
from ..kernels.codes import DTYPE
from .registry import lowers

SIZE = 8


def _bits(number: Array) -> int:
    return int(number.view("<i8")[0])


def _converted(target: Place, source: Place, to: Assembler) -> None:
    codes = DTYPE[target.type.dtype], DTYPE[source.type.dtype]
    to.step("cast", target.reference, source.reference, source.type.width, *codes)


@contextmanager
def _wide(node: Node, to: Assembler) -> Iterator[list[Place]]:
    """The result's and the inputs' places as float64; the result is converted afterwards."""
    places = [to.column(name) for name in node.inputs]
    target = to.new(node)
    if target.type.dtype == "float64":
        yield [target, *places]
        return
    wide = [to.scratch(Type("float64", place.type.width)) for place in (target, *places)]
    for place, source in zip(wide[1:], places, strict=True):
        _converted(place, source, to)
    yield wide
    _converted(target, wide[0], to)


def _gram(components: Array) -> Array:
    """H·Hᵀ, summed from left to right: the same on every machine."""
    result = np.zeros((len(components), len(components)))
    for column in components.T:
        result += column[:, np.newaxis] * column
    return result


def _float64(op: NonNegative | Multiplicative | Topics | SparseCode, to: Assembler) -> Array:
    """The operator's matrix."""
    matrix = op.gram if isinstance(op, (NonNegative, SparseCode)) else op.components
    wide: Array = to.packed((id(op), "float64"), lambda: np.ascontiguousarray(matrix, np.float64))
    return wide


@lowers(NonNegative)
def non_negative(op: NonNegative, node: Node, to: Assembler) -> None:
    count = len(op.gram)
    addresses = to.address(_float64(op, to)), to.address(op.order)
    with _wide(node, to) as (target, source):
        ends = target.reference, source.reference
        settings = len(op.order), _bits(op.tol), op.rounds, to.reserve(count * SIZE)
        to.step("non_negative", *ends, count, *addresses, *settings)


@lowers(Multiplicative)
def multiplicative(op: Multiplicative, node: Node, to: Assembler) -> None:
    count, width = op.components.shape
    components = _float64(op, to)
    gram = to.packed((id(op), "gram"), lambda: _gram(components))
    sums = to.packed((id(op), "sums"), lambda: np.cumsum(components, axis=1)[:, -1].copy())
    addresses = [to.address(array) for array in (components, gram, sums)]
    numbers = [_bits(number) for number in (op.beta, op.l1, op.l2, op.tol)]
    with _wide(node, to) as (target, source):
        ends = target.reference, source.reference
        scratch = to.reserve(3 * (count + width) * SIZE)
        ending = int(op.stop == "divergence"), op.rounds, scratch
        to.step("multiplicative", *ends, width, count, *addresses, *numbers, *ending)


@lowers(Topics)
def topics(op: Topics, node: Node, to: Assembler) -> None:
    count, width = op.components.shape
    epsilon = np.array([np.finfo(op.components.dtype).eps], np.float64)
    numbers = [_bits(number) for number in (op.prior, epsilon, op.tol)]
    address = to.address(_float64(op, to))
    with _wide(node, to) as (target, source):
        ends = target.reference, source.reference
        scratch = to.reserve(2 * (count + width) * SIZE)
        to.step("topics", *ends, width, count, address, *numbers, op.rounds, scratch)


@lowers(SparseCode)
def sparse_code(op: SparseCode, node: Node, to: Assembler) -> None:
    atoms, gram = len(op.gram), to.address(_float64(op, to))
    with _wide(node, to) as (target, *sources):
        ends = [place.reference for place in (target, *sources)]
        if op.method == "pursuit":
            least = np.array([np.finfo(op.gram.dtype).eps], np.float64)
            scratch = to.reserve(SIZE * (1 + 4 * atoms + op.rounds * op.rounds))
            to.step("pursuit", *ends, atoms, gram, op.rounds, _bits(least), scratch)
        elif op.method == "lasso descent":
            scratch = to.reserve(atoms * (4 * SIZE + 1))
            penalty = _bits(op.alpha), int(op.positive == "positive")
            to.step("descent", *ends, atoms, gram, op.rounds, *penalty, scratch)
        else:
            _angle(op, ends, gram, to)


def _angle(op: SparseCode, ends: list[tuple[int, int, int]], gram: int, to: Assembler) -> None:
    atoms = len(op.gram)
    wide = min(op.rounds, atoms)
    # the library adds in float32 what it compares in float64, and rounds to its digits
    limit = np.array([np.float32(op.alpha[0]) + np.finfo(np.float32).eps], np.float64)
    decimals = np.array([10.0 ** np.finfo(op.gram.dtype).precision])
    scratch = to.reserve(SIZE * (1 + 8 * atoms + wide * wide))
    numbers = _bits(op.alpha), _bits(limit), op.samples, _bits(decimals)
    ways = int(op.method == "lasso angle"), int(op.positive == "positive")
    to.step("angle", *ends, atoms, gram, op.rounds, wide, *numbers, *ways, scratch)
