"""The Graph: operators in evaluation order with named inputs and outputs, always valid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from .errors import BundleError, Violation
from .fields import Operator, check_name
from .ops import Encode, Items, Labels, Numbers, Parse, Phrase, Terms
from .types import LABELS, MAX_WIDTH, Scalar, Type

NUMERIC_INPUTS: Final = ("float64", "float32", "int64")
CATEGORY_INPUTS: Final = ("string", "boolean", "mixed")
INPUT_TYPES: Final = (*NUMERIC_INPUTS, *CATEGORY_INPUTS, "items", "any")
"""Types of an input column; `mixed` holds any scalar, `items` collections, `any` is accepted and
never read."""
OBJECT_INPUTS: Final = (*CATEGORY_INPUTS, "items")
"""Those whose cells are no numbers."""
READABLE: Final = {
    Numbers: NUMERIC_INPUTS,
    Encode: CATEGORY_INPUTS,
    Phrase: CATEGORY_INPUTS,
    Parse: CATEGORY_INPUTS,
    Terms: ("string",),
    Items: ("items",),
}
"""Types of input columns that an operator can read."""
SHAPES: Final = ("vector", "matrix", "list")

MAX_INPUTS: Final = 1 << 20
MAX_NODES: Final = 1 << 18
MAX_TOTAL_WIDTH: Final = 1 << 22
"""Most numbers per row over all nodes: bounds the workspace that a file can ask for."""


class Input(NamedTuple):
    """A column of the input table.

    Attributes:
        name: the column's name, as the fitted pipeline knows it.
        type: one of `INPUT_TYPES`.
    """

    name: str
    type: str


class Output(NamedTuple):
    """A named result of the graph.

    Attributes:
        name: the scikit-learn method it equals: predict, predict_proba, transform, …
        values: names of the values it is made of.
        shape: `vector` is (rows,); `matrix` is (rows, width), several labels side by side;
            `list` is one matrix per value.
    """

    name: str
    values: tuple[str, ...]
    shape: str


class Value(NamedTuple):
    """What a node produces: its name on the edge and its type."""

    name: str
    type: Type


class Node(NamedTuple):
    """One operator at work.

    Attributes:
        op: the operator with its attributes and tensors.
        inputs: names of the values it reads, in the operator's order.
        output: name of the value it produces.
        step: path of the step in the source pipeline, e.g. `preprocess/num/impute`.
    """

    op: Operator
    inputs: tuple[str, ...]
    output: str
    step: str = ""

    @property
    def kind(self) -> str:
        """The operator's name."""
        return self.op.kind


class Graph:
    """A validated graph, immutable. Creating one checks names, order, types and widths on
    every edge.

    Attributes:
        inputs, nodes, outputs: as given.
        types: type of every value, by name.

    Raises:
        BundleError: naming the node and the broken rule.
    """

    def __init__(
        self, inputs: tuple[Input, ...], nodes: tuple[Node, ...], outputs: tuple[Output, ...]
    ) -> None:
        self.inputs, self.nodes, self.outputs = inputs, nodes, outputs
        self.types: dict[str, Type] = {}
        try:
            self._check_inputs()
        except Violation as broken:
            raise BundleError(f"inputs: {broken}", member="bundle.json") from None
        column_types = dict(self.inputs)
        if len(self.nodes) > MAX_NODES:
            raise BundleError(f"has more than {MAX_NODES} nodes", member="graph.json")
        for position, node in enumerate(self.nodes):
            try:
                self.types[node.output] = self._check_node(node, column_types)
            except Violation as broken:
                where = f"node {position} ({node.kind})"
                raise BundleError(str(broken), member="graph.json", node=where) from None
        if sum(kind.width for kind in self.types.values()) > MAX_TOTAL_WIDTH:
            raise BundleError(
                f"holds more than {MAX_TOTAL_WIDTH} numbers a row", member="graph.json"
            )
        for output in self.outputs:
            try:
                self._check_output(output)
            except Violation as broken:
                raise BundleError(
                    f"output {output.name!r}: {broken}", member="graph.json"
                ) from None
        if len({output.name for output in self.outputs}) != len(self.outputs):
            raise BundleError("an output is named twice", member="graph.json")

    def _check_inputs(self) -> None:
        if len(self.inputs) > MAX_INPUTS:
            raise Violation(f"more than {MAX_INPUTS} columns")
        for name, kind in self.inputs:
            check_name(name)
            if kind not in INPUT_TYPES:
                raise Violation(f"type must be one of {', '.join(INPUT_TYPES)}, not {kind!r:.40}")
        if len({name for name, _ in self.inputs}) != len(self.inputs):
            raise Violation("a column is named twice")

    def _check_node(self, node: Node, column_types: dict[str, str]) -> Type:
        if not node.output or node.output in self.types:
            raise Violation(f"value {node.output!r:.80} is empty or produced twice")
        unknown = [name for name in node.inputs if name not in self.types]
        if unknown:
            raise Violation(f"input {unknown[0]!r:.80} is not produced by an earlier node")
        arity = node.op.arity
        if (arity is None and not node.inputs) or (arity is not None and len(node.inputs) != arity):
            raise Violation(f"takes {arity or 'one or more'} inputs, not {len(node.inputs)}")
        if any(self.types[name].dtype == LABELS for name in node.inputs):
            raise Violation("labels may only leave the graph")
        _check_columns(node.op, column_types)
        result = node.op.output(*(self.types[name] for name in node.inputs))
        if result.width > MAX_WIDTH:
            raise Violation(f"is wider than {MAX_WIDTH}")
        return result

    def _check_output(self, output: Output) -> None:
        check_name(output.name)
        if output.shape not in SHAPES:
            raise Violation(f"shape must be one of {', '.join(SHAPES)}")
        if not output.values:
            raise Violation("has no values")
        unknown = [name for name in output.values if name not in self.types]
        if unknown:
            raise Violation(f"value {unknown[0]!r:.80} is not produced by a node")
        kinds = [self.types[name] for name in output.values]
        if output.shape == "vector" and (len(kinds) != 1 or kinds[0].width != 1):
            raise Violation("a vector is one value of width 1")
        if output.shape == "matrix" and len(kinds) > 1 and any(k.dtype != LABELS for k in kinds):
            raise Violation("only labels are put side by side")
        if output.shape == "list" and any(k.dtype == LABELS for k in kinds):
            raise Violation("a list holds numbers")

    def output(self, name: str) -> Output:
        """The output of that name; KeyError if there is none."""
        for output in self.outputs:
            if output.name == name:
                return output
        raise KeyError(name)

    def needed(self, outputs: Iterable[str]) -> tuple[Node, ...]:
        """The nodes that the named outputs depend on, in evaluation order."""
        wanted = {value for name in outputs for value in self.output(name).values}
        kept = []
        for node in reversed(self.nodes):
            if node.output in wanted:
                wanted.update(node.inputs)
                kept.append(node)
        return tuple(reversed(kept))

    def columns_behind(self, value: str) -> tuple[str, ...]:
        """The input columns a value is computed from, in input order."""
        wanted: set[str] = {value}
        found: set[str] = set()
        for node in reversed(self.nodes):
            if node.output in wanted:
                wanted.update(node.inputs)
                found.update(columns_of(node.op))
        return tuple(name for name, _ in self.inputs if name in found)


def columns_of(op: Operator) -> tuple[str, ...]:
    """The input columns that an operator reads itself."""
    if isinstance(op, (Numbers, Phrase)):
        return op.columns
    return (op.column,) if isinstance(op, (Encode, Terms, Items, Parse)) else ()


def _check_columns(op: Operator, column_types: dict[str, str]) -> None:
    allowed = READABLE.get(type(op), ())
    for name in columns_of(op):
        if name not in column_types:
            raise Violation(f"column {name!r:.80} is not an input")
        if column_types[name] not in allowed:
            raise Violation(f"column {name!r:.80} must be {' or '.join(allowed)}")


class Builder:
    """Grows a graph node by node; exporters and the PMML reader share it.

    `add` infers types at once, so that a mistake is reported by the step that made it.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.path: tuple[str, ...] = ()
        self._columns: dict[tuple[tuple[str, ...], str], Value] = {}

    @property
    def step(self) -> str:
        """Path of the step being exported."""
        return "/".join(self.path)

    @contextmanager
    def within(self, *names: str) -> Iterator[None]:
        """Give the nodes added inside a longer step path."""
        before = self.path
        self.path = (*before, *names)
        try:
            yield
        finally:
            self.path = before

    def add(self, op: Operator, *inputs: Value) -> Value:
        """Append a node and return its value.

        Raises:
            Violation: if the operator does not take inputs of these types.
        """
        key = (op.columns, op.dtype) if isinstance(op, Numbers) else None
        if key is not None and key in self._columns:
            return self._columns[key]
        value = Value(f"v{len(self.nodes)}", op.output(*(x.type for x in inputs)))
        self.nodes.append(Node(op, tuple(x.name for x in inputs), value.name, self.step))
        if key is not None:
            self._columns[key] = value
        return value


def classes_of(graph: Graph, output: Output) -> tuple[tuple[Scalar, ...], ...]:
    """The class labels of an output's values, empty for numbers."""
    producers = {node.output: node.op for node in graph.nodes}
    labels = [producers[name] for name in output.values]
    return tuple(op.classes for op in labels if isinstance(op, Labels))


__all__ = [
    "Builder",
    "Graph",
    "Input",
    "Node",
    "Output",
    "Value",
    "classes_of",
    "columns_of",
]
