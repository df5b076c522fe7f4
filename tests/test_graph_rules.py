"""Every rule of the graph: names, order, types, widths, outputs, references to tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scorebundle.bundle import BundleError, Graph, Input, Node, Output, graph, graph_json
from scorebundle.bundle.ops import Constant, Labels, Numbers, Select, Unary
from scorebundle.bundle.types import MAX_WIDTH

from .bundles import node_entry

INPUTS = (Input("x", "float64"), Input("c", "string"))

ONE = Node(Constant(np.zeros(1)), (), "one")
PAIR = Node(Constant(np.zeros(2)), (), "pair")
LABEL = (
    Node(Constant(np.zeros(1, np.int64)), (), "code"),
    Node(Labels(("a",), "str"), ("code",), "label"),
)


def test_values_come_from_earlier_nodes() -> None:
    refuses_graph(
        [Node(Unary("sqrt"), ("v",), "w")], "node 0 .Unary.: input 'v' is not produced by"
    )
    loop = [Node(Unary("sqrt"), ("b",), "a"), Node(Unary("sqrt"), ("a",), "b")]
    refuses_graph(loop, "node 0 .Unary.: input 'b' is not produced by an earlier node")
    refuses_graph([Node(Unary("sqrt"), ("v",), "v")], "node 0 .Unary.: input 'v'")


def test_value_names_are_unique_and_not_empty() -> None:
    refuses_graph([ONE, ONE], "node 1 .Constant.: value 'one' is empty or produced twice")
    refuses_graph([Node(Constant(np.zeros(1)), (), "")], "node 0 .Constant.: value '' is empty")


def test_labels_only_leave_the_graph() -> None:
    use = Node(Select((0,)), ("label",), "again")
    refuses_graph([*LABEL, use], "node 2 .Select.: labels may only leave the graph")


def test_a_node_cannot_be_wider_than_the_limit() -> None:
    wide = Node(Numbers(("x",) * (MAX_WIDTH + 1), "float64"), (), "wide")
    refuses_graph([wide], f"node 0 .Numbers.: is wider than {MAX_WIDTH}")


def test_the_whole_workspace_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MAX_TOTAL_WIDTH", 2)
    Graph(INPUTS, (PAIR,), ())
    refuses_graph([PAIR, ONE], "holds more than 2 numbers a row")


def test_the_number_of_nodes_and_columns_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MAX_NODES", 1)
    refuses_graph([PAIR, ONE], "has more than 1 nodes")
    monkeypatch.setattr(graph, "MAX_INPUTS", 1)
    refuses_graph([], "inputs: more than 1 columns", member="bundle.json")


@pytest.mark.parametrize(
    "inputs, rule",
    [
        ((Input("x", "float64"), Input("x", "string")), "a column is named twice"),
        ((Input("x", "float16"),), "type must be one of"),
        ((Input("\ud800", "float64"),), "must be a column name"),
    ],
)
def test_inputs_are_named_once_and_typed(inputs: tuple[Input, ...], rule: str) -> None:
    with pytest.raises(BundleError, match=f"bundle.json: inputs: {rule}"):
        Graph(inputs, (), ())


@pytest.mark.parametrize(
    "output, rule",
    [
        (Output("p", (), "matrix"), "output 'p': has no values"),
        (Output("p", ("nothing",), "matrix"), "output 'p': value 'nothing' is not produced"),
        (Output("p", ("one",), "cube"), "output 'p': shape must be one of vector, matrix, list"),
        (Output("p", ("pair",), "vector"), "output 'p': a vector is one value of width 1"),
        (Output("p", ("one", "one"), "vector"), "output 'p': a vector is one value of width 1"),
        (Output("p", ("one", "pair"), "matrix"), "output 'p': only labels are put side by side"),
        (Output("p", ("label",), "list"), "output 'p': a list holds numbers"),
    ],
)
def test_outputs_have_one_of_the_shapes(output: Output, rule: str) -> None:
    refuses_graph([ONE, PAIR, *LABEL], rule, (output,))


def test_outputs_are_named_once() -> None:
    twice = Output("p", ("one",), "vector")
    refuses_graph([ONE], "an output is named twice", (twice, twice))


def refuses_graph(
    nodes: list[Node], rule: str, outputs: tuple[Output, ...] = (), member: str = "graph.json"
) -> None:
    with pytest.raises(BundleError, match=f"{member}.*{rule}") as caught:
        Graph(INPUTS, tuple(nodes), outputs)
    assert caught.value.member == member


# graph.json's references


def refuses_entry(rule: str, arrays: dict[str, Any] | None = None, **changes: Any) -> None:
    node = {**node_entry("Constant", [], "one", {}, {"value": "t"}), **changes}
    stored = {"t": np.zeros(1)} if arrays is None else arrays
    with pytest.raises(BundleError, match=rule) as caught:
        graph_json.from_json({"nodes": [node], "outputs": []}, stored, INPUTS)
    assert caught.value.member == "graph.json"


def test_references_between_graph_and_tensors_are_one_to_one() -> None:
    refuses_entry("node 0 .Constant.: value: tensor 't' does not exist", arrays={})
    refuses_entry("node 0 .Constant.: value: tensor 1 does not exist", tensors={"value": 1})
    refuses_entry("tensor 'u' is used by no node", {"t": np.zeros(1), "u": np.zeros(1)})
    one = node_entry("Constant", [], "one", {}, {"value": "t"})
    two = node_entry("Constant", [], "two", {}, {"value": "t"})
    with pytest.raises(BundleError, match=r"node 1 .Constant.: value: tensor 't' .* used twice"):
        graph_json.from_json({"nodes": [one, two], "outputs": []}, {"t": np.zeros(1)}, INPUTS)


def test_node_is_a_known_operator_with_one_output() -> None:
    refuses_entry("node 0 .eval.: is not an operator of this format", op="eval")
    refuses_entry("node 0 .Constant.: must have one output", outputs=["a", "b"])
    refuses_entry("node 0 .Constant.: must have one output", outputs=[])
