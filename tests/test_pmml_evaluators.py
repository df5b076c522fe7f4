"""What evaluators' own test documents ask for, in small documents."""

from __future__ import annotations

import pytest

from .pmml_documents import derived, document, regression, scores


@pytest.mark.parametrize("strategy", ["defaultChild", "none"])
def test_a_penalty_of_missing_values(strategy: str) -> None:
    """For a surrogate that decides, though another child is chosen, and for a default child."""

    def asks(field: str, operator: str) -> str:
        return f'<SimplePredicate field="{field}" operator="{operator}" value="5"/>'

    def leaf(name: str, *predicates: str) -> str:
        return (
            f'<Node id="{name}" score="{name}"><CompoundPredicate booleanOperator="surrogate">'
            f"{''.join(predicates)}</CompoundPredicate>"
            f'<ScoreDistribution value="{name}" recordCount="1" confidence="0.5"/></Node>'
        )

    body = f"""<TreeModel functionName="classification" missingValueStrategy="{strategy}"
    missingValuePenalty="0.8">MINING<Output><OutputField name="c" feature="confidence"/>
    <OutputField name="id" feature="entityId"/></Output><Node id="root" defaultChild="a"><True/>
    {leaf("a", asks("x", "lessThan"), asks("z", "lessThan"))}
    {leaf("b", asks("x", "greaterOrEqual"), asks("z", "greaterOrEqual"))}</Node></TreeModel>"""
    made = document(body, {"x": "double", "z": "double", "y": "string"})
    rows = [{"x": x, "z": z} for x, z in ((1, 9), (None, 1), (None, 9), (None, None))]
    found = scores(made, *rows)
    assert [row["id"] for row in found[:3]] == ["a", "a", "b"]
    assert [row["c"] for row in found[:3]] == pytest.approx([0.5, 0.4, 0.32])
    if strategy == "defaultChild":
        assert (found[3]["id"], found[3]["c"]) == ("a", pytest.approx(0.4))
    else:
        assert (found[3]["id"], found[3]["y"]) == (None, None)


def test_a_table_of_texts_that_claims_to_hold_numbers() -> None:
    table = """<MapValues outputColumn="o" dataType="integer">
    <FieldColumnPair field="c" column="i"/><InlineTable><row><i>1</i><o>one</o></row>
    <row><i>2</i><o>two</o></row></InlineTable>
    </MapValues>"""
    made = document(derived(table, "string"), {"c": "string"})
    assert [row["d"] for row in scores(made, {"c": "2"}, {"c": "3"})] == ["two", None]


def test_an_output_that_refers_to_the_target_is_the_prediction() -> None:
    output = '<Output><OutputField name="o" dataType="double"><FieldRef field="y"/></OutputField>'
    made = document(
        regression(output + '</Output><RegressionTable intercept="3"/>'),
        {"x": "double", "y": "double"},
    )
    assert scores(made, {"x": 1.0})[0]["o"] == 3


def test_a_network_of_two_targets_with_targets_elements() -> None:
    outputs = "".join(
        f'<NeuralOutput outputNeuron="{neuron}"><DerivedField dataType="double" '
        f'optype="continuous"><FieldRef field="{field}"/></DerivedField></NeuralOutput>'
        for neuron, field in (("2", "y"), ("1", "z"))
    )
    body = f"""<NeuralNetwork functionName="regression" activationFunction="identity">
    MINING<Output><OutputField name="oy" targetField="y"/><OutputField name="oz" targetField="z"/>
    </Output><Targets><Target field="y" max="10"/><Target field="z" rescaleFactor="2"/></Targets>
    <NeuralInputs><NeuralInput id="0"><DerivedField dataType="double" optype="continuous">
    <FieldRef field="x"/></DerivedField></NeuralInput></NeuralInputs>
    <NeuralLayer><Neuron id="1"><Con from="0" weight="2"/></Neuron></NeuralLayer>
    <NeuralLayer><Neuron id="2" bias="3"><Con from="1" weight="1"/></Neuron></NeuralLayer>
    <NeuralOutputs>{outputs}</NeuralOutputs></NeuralNetwork>"""
    made = document(body, {"x": "double", "y": "double", "z": "double"}).replace(
        b'name="z"/>', b'name="z" usageType="target"/>', 1
    )
    found = scores(made, {"x": 1.0}, {"x": 7.0})
    assert [(row["oy"], row["y"]) for row in found] == [(5, 5), (10, 10)]
    assert [(row["oz"], row["z"]) for row in found] == [(4, 4), (28, 28)]


def test_bins_keep_their_texts_where_these_are_asked_for() -> None:
    bins = """<Discretize field="x" mapMissingTo="none"><DiscretizeBin binValue="0.10">
    <Interval closure="openOpen" rightMargin="0"/></DiscretizeBin><DiscretizeBin binValue="1">
    <Interval closure="closedOpen" leftMargin="0"/></DiscretizeBin></Discretize>"""
    made = document(derived(bins, "string"), {"x": "double"})
    assert [row["d"] for row in scores(made, *({"x": x} for x in (-1, 2, None)))] == [
        "0.10",
        "1",
        "none",
    ]


def test_the_entity_of_a_network_is_an_output_neuron() -> None:
    outputs = "".join(
        f'<NeuralOutput outputNeuron="{neuron}"><DerivedField dataType="string" '
        f'optype="categorical"><NormDiscrete field="y" value="{value}"/></DerivedField>'
        "</NeuralOutput>"
        for neuron, value in (("low", "b"), ("high", "a"))
    )
    body = f"""<NeuralNetwork functionName="classification" activationFunction="identity">
    MINING<Output><OutputField name="id" feature="entityId"/></Output>
    <NeuralInputs><NeuralInput id="0"><DerivedField dataType="double" optype="continuous">
    <FieldRef field="x"/></DerivedField></NeuralInput></NeuralInputs>
    <NeuralLayer><Neuron id="high"><Con from="0" weight="2"/></Neuron>
    <Neuron id="low"><Con from="0" weight="-1"/></Neuron></NeuralLayer>
    <NeuralOutputs>{outputs}</NeuralOutputs></NeuralNetwork>"""
    values = {"y": '<Value value="a"/><Value value="b"/>'}
    made = document(body, {"x": "double", "y": "string"}, values=values)
    found = scores(made, {"x": 1.0}, {"x": -1.0}, {"x": None})
    assert [(row["y"], row["id"]) for row in found] == [("a", "high"), ("b", "low"), (None, None)]


def test_what_one_tree_of_a_forest_says() -> None:
    trees = "".join(
        f"""<Segment id="{name}"><True/><TreeModel functionName="regression">MINING
        <Node score="{score}"><True/></Node></TreeModel></Segment>"""
        for name, score in (("one", 1), ("two", 2))
    )
    body = f"""<MiningModel functionName="regression">MINING<Output>
    <OutputField name="second" feature="predictedValue" segmentId="two"/></Output>
    <Segmentation multipleModelMethod="sum">{trees}</Segmentation></MiningModel>"""
    found = scores(document(body, {"x": "double", "y": "double"}), {"x": 1.0})[0]
    assert (found["y"], found["second"]) == (3, 2)


def test_the_most_probable_of_no_predictions_is_missing() -> None:
    segments = "".join(
        f"""<Segment><True/><TreeModel functionName="classification">MINING<Node><True/>
        <Node score="{label}"><SimplePredicate field="x" operator="lessThan" value="{below}"/>
        </Node></Node></TreeModel></Segment>"""
        for label, below in (("a", 1), ("b", 2))
    )
    body = f"""<MiningModel functionName="classification">MINING
    <Segmentation multipleModelMethod="max">{segments}</Segmentation></MiningModel>"""
    made = document(body, {"x": "double", "y": "string"})
    found = scores(made, *({"x": x} for x in (0.0, 1.5, 3.0)))
    assert [row["y"] for row in found] == ["a", "b", None]
