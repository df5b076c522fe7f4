"""Outputs of the graph as OutputFields, and the model that carries them (Output, Regression).

labels `predict` and `predict_proba`   classification RegressionModel without normalisation;
                                       transformedValue, probability(class)
a numeric vector `predict`             regression RegressionModel that returns it;
                                       predictedValue
anything else                          regression RegressionModel that returns 0;
                                       transformedValue
"""

from __future__ import annotations

from typing import NamedTuple

from scorebundle.bundle.graph import Graph, classes_of
from scorebundle.bundle.graph import Output as GraphOutput
from scorebundle.bundle.ops import Labels
from scorebundle.bundle.types import LABELS, Scalar

from .columns import label_dtype
from .draft import Draft
from .elements import DATA_TYPES, Element, Unsupported, element, optype, spelled
from .expressions import Cell, Ref, as_element
from .names import Names

PREDICT, PROBABILITIES = "predict", "predict_proba"


class Result(NamedTuple):
    """One number or label that leaves the model.

    Attributes:
        output, value, column: its place in the graph's outputs.
        name: of the OutputField.
        dtype: of a number, or of the label.
    """

    output: str
    value: int
    column: int
    name: str
    dtype: str


class Target(NamedTuple):
    """The field that the model predicts; classes are empty for a number."""

    name: str
    dtype: str
    classes: tuple[Scalar, ...]


def results_of(graph: Graph, names: Names) -> list[Result]:
    """Every output as fields: `predict`, `probability(yes)`, `transform_3`, …"""
    found = []
    producers = {node.output: node.op for node in graph.nodes}
    classes = _classes(graph)
    for output in graph.outputs:
        for position, value in enumerate(output.values):
            op, width = producers[value], graph.types[value].width
            dtype = label_dtype(op) if isinstance(op, Labels) else graph.types[value].dtype
            labels = classes[position] if position < len(classes) else ()
            for column, name in enumerate(_value_names(output, position, width, labels)):
                found.append(Result(output.name, position, column, names.unique(name), dtype))
    if not found:
        raise Unsupported("the graph has no outputs, or all of them have no columns")
    return found


def _value_names(
    output: GraphOutput, position: int, width: int, labels: tuple[Scalar, ...]
) -> list[str]:
    several = f"_{position}" if len(output.values) > 1 else ""
    if output.name == PROBABILITIES and len(labels) == width:
        return [f"probability{several}({spelled(label)})" for label in labels]
    name = f"{output.name}{several}"
    if width == 1 and output.shape != "list":
        return [name]
    return [f"{name}_{column}" for column in range(width)]


def _classes(graph: Graph) -> tuple[tuple[Scalar, ...], ...]:
    """The labels that `predict` chooses from, per value; empty if it has none."""
    outputs = [output for output in graph.outputs if output.name == PREDICT]
    return classes_of(graph, outputs[0]) if outputs else ()


def target_of(graph: Graph, names: Names) -> Target | None:
    """What the model predicts; None if it only transforms."""
    by_name = {output.name: output for output in graph.outputs}
    predict = by_name.get(PREDICT)
    if predict is None or predict.shape != "vector":
        return None
    kind = graph.types[predict.values[0]]
    if kind.dtype != LABELS:
        return None if kind.dtype == "bool" else Target(names.unique("y"), kind.dtype, ())
    (classes,), proba = _classes(graph), by_name.get(PROBABILITIES)
    if proba is None or len(proba.values) != 1 or len(classes) < 2:
        return None
    if graph.types[proba.values[0]].width != len(classes):
        return None
    (op,) = (node.op for node in graph.nodes if node.output == predict.values[0])
    assert isinstance(op, Labels)
    return Target(names.unique("y"), label_dtype(op), classes)


class Outcome:
    """The last model of the chain: its RegressionTables and its Output.

    Constants that leave the graph become fields of the draft's last stage here.
    """

    def __init__(
        self,
        graph: Graph,
        draft: Draft,
        cells: dict[str, list[Cell]],
        results: list[Result],
        target: Target | None,
    ) -> None:
        self.target = target
        values = {(o.name, i): value for o in graph.outputs for i, value in enumerate(o.values)}
        self._fields = {
            result: draft.field(
                cells[values[result.output, result.value]][result.column], result.dtype
            )
            for result in results
        }
        draft.finish(self._fields.values())

    @property
    def function(self) -> str:
        """functionName of the model and of those around it."""
        return "classification" if self.target and self.target.classes else "regression"

    def tables(self) -> list[Element]:
        """RegressionTables that return the predicted number, or the probabilities, as they are."""
        if self.target is None:
            return [element("RegressionTable", {"intercept": "0"})]
        wanted = PROBABILITIES if self.target.classes else PREDICT
        fields = [field for result, field in self._fields.items() if result.output == wanted]
        labels: list[dict[str, str]] = [
            {"targetCategory": spelled(label)} for label in self.target.classes
        ] or [{}]
        return [
            element(
                "RegressionTable",
                {"intercept": "0", **label},
                element("NumericPredictor", {"name": field, "coefficient": "1"}),
            )
            for field, label in zip(fields, labels, strict=True)
        ]

    def output(self) -> Element:
        """Every result; a label is the graph's own choice, also where two classes tie."""
        return element("Output", None, *map(self._output_field, self._fields))

    def _output_field(self, result: Result) -> Element:
        data_type = DATA_TYPES[result.dtype]
        attributes = {"name": result.name, "optype": optype(data_type), "dataType": data_type}
        classes = self.target.classes if self.target else ()
        if classes and result.output == PROBABILITIES:
            label = spelled(classes[result.column])
            return element("OutputField", {**attributes, "feature": "probability", "value": label})
        if self.target and not classes and result.output == PREDICT:
            return element("OutputField", {**attributes, "feature": "predictedValue"})
        attributes["feature"] = "transformedValue"
        return element("OutputField", attributes, as_element(Ref(self._fields[result])))
