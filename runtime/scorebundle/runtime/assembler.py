"""The assembler: gives every value its place in the workspace, and collects program steps."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from scorebundle.bundle.fields import Array
from scorebundle.bundle.graph import Graph, Node
from scorebundle.bundle.ops import Concat, Constant, Require, Select, Tolerance, Trees
from scorebundle.bundle.types import Type

from .facts import Facts
from .kernels.codes import CONSTANT, ITEMSIZE, WORK

BLOCK_BYTES: Final = 1 << 19
MAX_BLOCK: Final = 256
"""Rows per block: as many as keep the workspace within a core's level-2 cache."""

MANY_NODES: Final = 1 << 18
"""Nodes of trees whose analysis, 100 bytes each, is not kept."""

WIDE_BLOCK_BYTES: Final = 1 << 22
"""The same for operators that gain more from larger blocks than they lose in cache."""


class Place(NamedTuple):
    """Where a value lies: a reference that kernels understand, and its type."""

    kind: int
    base: int
    before: int
    type: Type

    @property
    def reference(self) -> tuple[int, int, int]:
        """The three words of a kernel argument."""
        return self.kind, self.base, self.before

    @property
    def itemsize(self) -> int:
        """Bytes of one number."""
        return ITEMSIZE[self.type.dtype]


class Port(NamedTuple):
    """What one input port carries: a numeric column, or what a node makes of text.

    Attributes:
        column: the input column.
        dtype: of the numbers.
        encoder: index of the Encode or Terms node in the graph, −1 for numbers.
        part: which of the arrays a Terms node makes.
    """

    column: str
    dtype: str
    encoder: int
    part: int = 0


class Fused(NamedTuple):
    """What one step computes together with its own node.

    Attributes:
        nodes: that have no step of their own.
        lost: outputs that never exist.
    """

    nodes: tuple[Node, ...] = ()
    lost: frozenset[str] = frozenset()


class Prepared:
    """What lowering has made of a model's tensors, for all of its programs.

    Attributes:
        made: by key.
        found: what a program needs only while it is made, by key.
        arrays: those whose addresses the programs hold.
    """

    def __init__(self) -> None:
        self.made: dict[Any, Any] = {}
        self.found: dict[Any, Any] = {}
        self.arrays: list[Array] = []

    def settle(self, graph: Graph) -> None:
        """Let go of what was found, where it takes more memory than finding it again time."""
        trees = [node.op for node in graph.nodes if isinstance(node.op, Trees)]
        if sum(len(op.feature) for op in trees) > MANY_NODES:
            self.found.clear()
            if sys.platform == "linux":
                trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
                if trim is not None:
                    trim(0)


class Assembler:
    """State of lowering a graph to a program.

    Attributes:
        ports: the inputs that the program reads, in order.
        steps: kernel name and arguments, in order.
        block: rows per block.
        work_bytes: size of the workspace.
        many: whether the program is for many rows.
        turn: from how many rows on another program is faster.
        fused: by a node's output, what its step computes as well.
        absorbed: outputs that no step of their own computes.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: Sequence[Node],
        prepared: Prepared,
        many: bool,
        fusions: Mapping[Any, Callable[[Node, Any], Fused]],
    ) -> None:
        self.graph = graph
        self.ports: list[Port] = []
        self.steps: list[tuple[str, tuple[int | str, ...]]] = []
        self.many = many
        self.turn = float("inf")
        self._prepared = prepared
        self._readers: dict[str, list[Node]] = {}
        for node in nodes:
            for name in node.inputs:
                self._readers.setdefault(name, []).append(node)
        self._producers = {node.output: node for node in nodes}
        self._places: dict[str, Place] = {}
        self.fused: dict[str, Fused] = {}
        for node in nodes:
            if type(node.op) in fusions:
                self.fused[node.output] = fusions[type(node.op)](node, self)
        self.absorbed = {node.output for fused in self.fused.values() for node in fused.nodes}
        lost = {name for fused in self.fused.values() for name in fused.lost}
        self._homes = _homes(graph, [node for node in nodes if node.output not in lost])
        widths = [
            ITEMSIZE.get(graph.types[n.output].dtype, 8) * graph.types[n.output].width
            for n in nodes
            if n.output not in lost
        ]
        self._row_bytes = max(1, sum(widths))
        self.block = max(1, min(MAX_BLOCK, BLOCK_BYTES // self._row_bytes))
        self.work_bytes = 0

    @property
    def facts(self) -> Facts:
        """What is known of the graph's values."""
        facts: Facts = self.packed("facts", lambda: Facts(self.graph))
        return facts

    def place(self, name: str) -> Place:
        """Where a value lies; it must have been placed."""
        return self._places[name]

    def column(self, name: str) -> Place:
        """Where a value lies as columns: a constant is repeated for every row first."""
        place = self._places[name]
        if place.kind == CONSTANT:
            target = self._allocate(place.type)
            self.copy(target, place, range(place.type.width))
            return target
        return place

    def readers(self, node: Node) -> list[Node]:
        """The nodes that read a node's output, if it is only for them."""
        leaves = any(node.output in output.values for output in self.graph.outputs)
        return [] if leaves else self._readers.get(node.output, [])

    def producer(self, name: str) -> Node:
        """The node that computes a value."""
        return self._producers[name]

    def new(self, node: Node) -> Place:
        """A place for a node's output: inside the Concat that takes it, if there is one."""
        kind = self.graph.types[node.output]
        home = self._homes.get(node.output)
        if home:
            parent, before = home
            outer = self._home_place(parent)
            place = Place(WORK, outer.base, outer.before + before, kind)
        else:
            place = self._places.get(node.output) or self._allocate(kind)
        self._places[node.output] = place
        return place

    def scratch(self, kind: Type) -> Place:
        """A place for a value that no node names."""
        return self._allocate(kind)

    def alias(self, node: Node, place: Place) -> None:
        """Let a node's output be memory that exists already."""
        self._places[node.output] = place

    def is_home(self, concat: Node, name: str) -> bool:
        """Whether an input of a Concat was computed right where it belongs."""
        home = self._homes.get(name)
        return home is not None and home[0] == concat.output

    def step(self, kernel: str, *arguments: int | str | tuple[int, int, int]) -> None:
        """Append a kernel call; value references are flattened, and the name of a kernel that
        this one calls becomes its address."""
        words: list[int | str] = []
        for argument in arguments:
            words.extend(argument if isinstance(argument, tuple) else (argument,))
        self.steps.append((kernel, tuple(words)))

    def copy(self, target: Place, source: Place, indices: Iterable[int]) -> None:
        """Copy columns by index."""
        chosen = tuple(indices)
        self.step(
            "select", target.reference, source.reference, source.itemsize, len(chosen), *chosen
        )

    def address(self, array: Array) -> int:
        """Address of an array, which is kept alive with the model."""
        self._prepared.arrays.append(array)
        return int(array.__array_interface__["data"][0])

    def packed(self, key: Any, make: Callable[[], Any]) -> Any:
        """What is derived from tensors, made once for all programs of a model."""
        if key not in self._prepared.made:
            self._prepared.made[key] = make()
        return self._prepared.made[key]

    def found(self, key: Any, find: Callable[[], Any]) -> Any:
        """What is found out about tensors, for the programs that are made next."""
        if key not in self._prepared.found:
            self._prepared.found[key] = find()
        return self._prepared.found[key]

    def many_from(self, rows: float) -> None:
        """Say from how many rows on the program for many rows is faster."""
        self.turn = min(self.turn, rows)

    def widen(self, rows: int) -> None:
        """Have at least so many rows in a block, if the workspace stays of bearable size."""
        bearable = max(MAX_BLOCK, WIDE_BLOCK_BYTES // self._row_bytes)
        self.block = max(self.block, min(rows, bearable))

    def reserve(self, size: int) -> int:
        """Offset of scratch memory for one kernel."""
        base = self.work_bytes
        self.work_bytes = base + (size + 63) // 64 * 64
        return base

    def port(self, column: str, dtype: str, encoder: int = -1, part: int = 0) -> int:
        """Number of an input port."""
        port = Port(column, dtype, encoder, part)
        if port not in self.ports:
            self.ports.append(port)
        return self.ports.index(port)

    def _allocate(self, kind: Type) -> Place:
        size = ITEMSIZE.get(kind.dtype, 8) * kind.width * self.block
        return Place(WORK, self.reserve(size), 0, kind)

    def _home_place(self, name: str) -> Place:
        chain = [name]
        while chain[-1] not in self._places and chain[-1] in self._homes:
            chain.append(self._homes[chain[-1]][0])
        for value in reversed(chain):
            if value in self._places:
                continue
            home = self._homes.get(value)
            if home is None:
                self._places[value] = self._allocate(self.graph.types[value])
            else:
                outer = self._places[home[0]]
                self._places[value] = Place(
                    WORK, outer.base, outer.before + home[1], self.graph.types[value]
                )
        return self._places[name]


def _homes(graph: Graph, nodes: Sequence[Node]) -> dict[str, tuple[str, int]]:
    """Values that can be computed right inside the Concat that takes them.

    Maps a value to (Concat's output, bytes of the columns before it). Not those that are
    somebody else's memory (constants, aliases), and each only in one place.
    """
    borrowed = {n.output for n in nodes if isinstance(n.op, (Constant, Require, Select, Tolerance))}
    homes: dict[str, tuple[str, int]] = {}
    for node in nodes:
        if not isinstance(node.op, Concat):
            continue
        before = 0
        for name in node.inputs:
            kind = graph.types[name]
            if name not in borrowed and name not in homes:
                homes[name] = (node.output, before)
            before += ITEMSIZE[kind.dtype] * kind.width
    return homes


def program(steps: Sequence[tuple[str, tuple[int | str, ...]]], address: Any) -> Array:
    """The steps as the words that the native loop reads (see `kernels.execute`)."""
    words = [len(steps)]
    for kernel, arguments in steps:
        values = [address(word) if isinstance(word, str) else word for word in arguments]
        words += [address(kernel), len(values), *values]
    return np.array(words, np.int64)
