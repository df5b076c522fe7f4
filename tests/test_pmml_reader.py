"""The PMML reader: examples of the DMG's specification, and small documents per element."""

from __future__ import annotations

import math
from typing import Any

import pytest

from .pmml_documents import (
    GOLF,
    GOLF_FIELDS,
    SCORECARD,
    document,
    regression,
    scores,
)

CARS = {"age": "double", "salary": "double", "car_location": "string", "y": "double"}


def test_linear_regression_of_the_specification() -> None:
    """number_of_claims = 132.37 + 7.1 age + 0.01 salary + 41.1 carpark + 325.03 street."""
    table = (
        '<RegressionTable intercept="132.37">'
        '<NumericPredictor name="age" exponent="1" coefficient="7.1"/>'
        '<NumericPredictor name="salary" exponent="1" coefficient="0.01"/>'
        '<CategoricalPredictor name="car_location" value="carpark" coefficient="41.1"/>'
        '<CategoricalPredictor name="car_location" value="street" coefficient="325.03"/>'
        "</RegressionTable>"
    )
    made = document(regression(table), CARS)
    rows = [
        {"age": 30.0, "salary": 1000.0, "car_location": "street"},
        {"age": 30.0, "salary": 1000.0, "car_location": "carpark"},
        {"age": 30.0, "salary": 1000.0, "car_location": None},
        {"age": None, "salary": 1000.0, "car_location": "street"},
    ]
    found = [row["y"] for row in scores(made, *rows)]
    assert found[:3] == pytest.approx([680.4, 396.47, 355.37], rel=1e-15)
    assert math.isnan(found[3])


def test_polynomial_regression_of_the_specification() -> None:
    table = (
        '<RegressionTable intercept="3216.38">'
        '<NumericPredictor name="salary" exponent="1" coefficient="-0.08"/>'
        '<NumericPredictor name="salary" exponent="2" coefficient="9.54E-7"/>'
        '<NumericPredictor name="salary" exponent="3" coefficient="-2.67E-12"/>'
        '<CategoricalPredictor name="car_location" value="carpark" coefficient="93.78"/>'
        '<CategoricalPredictor name="car_location" value="street" coefficient="288.75"/>'
        "</RegressionTable>"
    )
    (row,) = scores(document(regression(table), CARS), {"salary": 2e4, "car_location": "street"})
    expected = 3216.38 - 0.08 * 2e4 + 9.54e-7 * 2e4**2 - 2.67e-12 * 2e4**3 + 288.75
    assert row["predict"] == pytest.approx(expected, rel=1e-14)


def test_the_golfing_tree_of_the_specification() -> None:
    rows = [
        {"temperature": 75.0, "humidity": 55.0, "windy": "false", "outlook": "overcast"},
        {"temperature": 75.0, "humidity": 90.0, "windy": "false", "outlook": "sunny"},
        {"temperature": 95.0, "humidity": 55.0, "windy": "false", "outlook": "sunny"},
        {"temperature": 75.0, "humidity": 55.0, "windy": "true", "outlook": "rain"},
        {"temperature": 75.0, "humidity": 55.0, "windy": "true", "outlook": "snow"},
    ]
    found = [row["y"] for row in scores(document(GOLF, GOLF_FIELDS), *rows)]
    assert found == ["may play", "no play", "no play", "no play", None]


MISSING_VALUES = """<TreeModel missingValueStrategy="{strategy}" functionName="classification">
MINING
<Node id="1" score="a"{default}><True/>
 <Node id="2" score="b"><SimplePredicate field="x" operator="lessThan" value="1"/></Node>
 <Node id="3" score="c"><SimplePredicate field="x" operator="greaterOrEqual" value="1"/></Node>
</Node></TreeModel>"""


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("none", None), ("lastPrediction", "a"), ("nullPrediction", None), ("defaultChild", "c")],
)
def test_missing_values_in_trees(strategy: str, expected: str | None) -> None:
    default = ' defaultChild="3"' if strategy == "defaultChild" else ""
    body = MISSING_VALUES.format(strategy=strategy, default=default)
    made = document(body, {"x": "double", "y": "string"})
    found = [row["y"] for row in scores(made, {"x": 0.0}, {"x": 1.0}, {"x": None})]
    assert found == ["b", "c", expected]


def test_no_true_child_returns_the_last_prediction() -> None:
    body = """<TreeModel functionName="regression" noTrueChildStrategy="{}">MINING
      <Node score="5"><True/><Node score="7">
      <SimplePredicate field="x" operator="equal" value="2"/></Node></Node></TreeModel>"""
    fields = {"x": "double", "y": "double"}
    last = scores(document(body.format("returnLastPrediction"), fields), {"x": 1.0}, {"x": 2.0})
    assert [row["y"] for row in last] == [5, 7]
    null = scores(document(body.format("returnNullPrediction"), fields), {"x": 1.0})
    assert math.isnan(null[0]["y"])


def test_a_default_child_besides_the_two_that_are_asked() -> None:
    body = """<TreeModel functionName="regression" missingValueStrategy="defaultChild">MINING
      <Node score="0" defaultChild="c"><True/>
      <Node id="a" score="1"><SimplePredicate field="x" operator="lessThan" value="1"/></Node>
      <Node id="b" score="2"><SimplePredicate field="x" operator="lessThan" value="2"/></Node>
      <Node id="c" score="3"><SimplePredicate field="x" operator="lessThan" value="3"/></Node>
      </Node></TreeModel>"""
    made = document(body, {"x": "double", "y": "double"})
    found = [row["y"] for row in scores(made, *({"x": x} for x in (0.0, 1.0, 2.0, None, 3.0)))]
    assert found[:4] == [1, 2, 3, 3]
    assert math.isnan(found[4])


def test_a_surrogate_is_asked_where_the_first_is_unknown() -> None:
    body = """<TreeModel functionName="regression">MINING<Node><True/>
      <Node score="1"><CompoundPredicate booleanOperator="surrogate">
      <SimplePredicate field="a" operator="lessThan" value="0"/>
      <SimplePredicate field="b" operator="lessThan" value="0"/><False/></CompoundPredicate></Node>
      <Node score="2"><True/></Node></Node></TreeModel>"""
    made = document(body, {"a": "double", "b": "double", "y": "double"})
    rows = [
        {"a": -1.0, "b": 1.0},
        {"a": None, "b": -1.0},
        {"a": 1.0, "b": -1.0},
        {"a": None, "b": None},
    ]
    assert [row["y"] for row in scores(made, *rows)] == [1, 1, 2, 2]


FOREST = """<MiningModel functionName="{function}">MINING
<Segmentation multipleModelMethod="{method}"{missing}>{segments}</Segmentation></MiningModel>"""


def segment(score: Any, *, weight: float = 1, threshold: float = 0, function: str = "") -> str:
    kind = function or ("regression" if isinstance(score, float) else "classification")
    other = -score if isinstance(score, float) else f"not {score}"
    return (
        f'<Segment weight="{weight}"><True/><TreeModel functionName="{kind}" '
        'missingValueStrategy="nullPrediction">MINING'
        f'<Node><True/><Node score="{score}"><SimplePredicate field="x" operator="lessThan" '
        f'value="{threshold}"/></Node><Node score="{other}"><SimplePredicate field="x" '
        f'operator="greaterOrEqual" value="{threshold}"/></Node></Node></TreeModel></Segment>'
    )


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("sum", 6.0, 4.0),
        ("average", 2.0, 4 / 3),
        ("weightedAverage", (1 + 2 * 2 + 3 * 3) / 6, (-1 + 2 * 2 + 3 * 3) / 6),
        ("weightedSum", 14.0, 12.0),
        ("median", 2.0, 2.0),
        ("weightedMedian", 2.0, 2.0),
        ("max", 3.0, 3.0),
    ],
)
def test_segments_of_numbers(method: str, low: float, high: float) -> None:
    segments = "".join(segment(float(i), weight=i, threshold=0 if i == 1 else 9) for i in (1, 2, 3))
    body = FOREST.format(function="regression", method=method, segments=segments, missing="")
    made = document(body, {"x": "double", "y": "double"})
    assert [row["y"] for row in scores(made, {"x": -1.0}, {"x": 1.0})] == pytest.approx([low, high])


def test_majority_votes_and_their_weights() -> None:
    segments = segment("a", weight=3) + segment("b") + segment("b")
    fields = {"x": "double", "y": "string"}
    for method, winner, share in (("majorityVote", "b", 2 / 3), ("weightedMajorityVote", "a", 0.6)):
        body = FOREST.format(
            function="classification", method=method, segments=segments, missing=""
        )
        (row,) = scores(document(body, fields), {"x": -1.0})
        assert row["y"] == winner
        assert max(row["predict_proba"]) == pytest.approx(share)


@pytest.mark.parametrize(("missing", "expected"), [("skipSegment", 2.0), ("returnMissing", None)])
def test_segments_that_predict_nothing(missing: str, expected: float | None) -> None:
    nothing = segment(4.0).replace('operator="greaterOrEqual"', 'operator="greaterThan"')
    body = FOREST.format(
        function="regression",
        method="average",
        segments=nothing + segment(-2.0),
        missing=f' missingPredictionTreatment="{missing}"',
    )
    (row,) = scores(document(body, {"x": "double", "y": "double"}), {"x": 0.0})
    assert row["y"] == expected if expected is not None else math.isnan(row["y"])


def test_a_chain_sees_the_outputs_before() -> None:
    body = """<MiningModel functionName="regression">MINING
      <Segmentation multipleModelMethod="modelChain">
      <Segment><True/><RegressionModel functionName="regression">MINING
      <Output><OutputField name="z" feature="predictedValue" isFinalResult="false"/></Output>
      <RegressionTable intercept="1"><NumericPredictor name="x" coefficient="2"/></RegressionTable>
      </RegressionModel></Segment>
      <Segment><True/><RegressionModel functionName="regression" normalizationMethod="exp">
      <MiningSchema><MiningField name="z"/></MiningSchema>
      <RegressionTable intercept="0"><NumericPredictor name="z" coefficient="1"/></RegressionTable>
      </RegressionModel></Segment></Segmentation></MiningModel>"""
    (row,) = scores(document(body, {"x": "double", "y": "double"}), {"x": 0.5})
    assert row == {"y": pytest.approx(math.exp(2)), "predict": pytest.approx(math.exp(2))}


def test_a_scorecard_gives_its_reasons() -> None:
    made = document(
        SCORECARD.format(algorithm="pointsBelow"),
        {"d": "string", "age": "double", "i": "double", "y": "double"},
    )
    rows = [{"d": "engineering", "age": 25.0, "i": 500.0}, {"d": None, "age": 40.0, "i": 2000.0}]
    first, second = scores(made, *rows)
    assert (first["score"], first["reason1"], first["reason2"]) == (29, "RC2_3", "RC1")
    assert (second["score"], second["reason1"], second["reason2"]) == (8, "RC1", "RC2_4")


def test_rule_selection() -> None:
    rules = """<RuleSetModel functionName="classification">MINING
      <RuleSet defaultScore="none" defaultConfidence="0.1">
      <RuleSelectionMethod criterion="{}"/>
      <SimpleRule id="r1" score="a" weight="1" confidence="0.5">
       <SimplePredicate field="x" operator="lessThan" value="9"/></SimpleRule>
      <CompoundRule><SimplePredicate field="x" operator="lessThan" value="5"/>
       <SimpleRule id="r2" score="b" weight="3"><True/></SimpleRule></CompoundRule>
      <SimpleRule id="r3" score="a" weight="2.5"><SimplePredicate field="x" operator="lessThan"
       value="2"/></SimpleRule></RuleSet></RuleSetModel>"""
    fields = {"x": "double", "y": "string"}
    expected = {"firstHit": "aaa", "weightedMax": "abb", "weightedSum": "aba"}
    for criterion, labels in expected.items():
        made = document(rules.format(criterion), fields)
        found = scores(made, *({"x": x} for x in (7.0, 3.0, 1.0, 10.0)))
        assert "".join(row["y"] for row in found[:3]) == labels
        assert found[3]["y"] == "none"


def test_networks_of_neurons() -> None:
    body = """<NeuralNetwork functionName="regression" activationFunction="tanh">MINING
      <NeuralInputs><NeuralInput id="0"><DerivedField optype="continuous" dataType="double">
      <NormContinuous field="x"><LinearNorm orig="0" norm="0"/><LinearNorm orig="10" norm="1"/>
      </NormContinuous></DerivedField></NeuralInput></NeuralInputs>
      <NeuralLayer><Neuron id="1" bias="0.5"><Con from="0" weight="2"/></Neuron>
      <Neuron id="2"><Con from="0" weight="-1"/></Neuron></NeuralLayer>
      <NeuralLayer activationFunction="identity"><Neuron id="3" bias="0.1">
      <Con from="1" weight="1"/><Con from="2" weight="3"/></Neuron></NeuralLayer>
      <NeuralOutputs><NeuralOutput outputNeuron="3">
      <DerivedField optype="continuous" dataType="double"><NormContinuous field="y">
      <LinearNorm orig="0" norm="0"/><LinearNorm orig="100" norm="1"/></NormContinuous>
      </DerivedField></NeuralOutput></NeuralOutputs></NeuralNetwork>"""
    (row,) = scores(document(body, {"x": "double", "y": "double"}), {"x": 3.0})
    hidden = math.tanh(0.3 * 2 + 0.5), math.tanh(-0.3)
    assert row["y"] == pytest.approx(100 * (0.1 + hidden[0] + 3 * hidden[1]))


def test_clusters_without_what_is_missing() -> None:
    body = """<ClusteringModel functionName="clustering" modelClass="centerBased"
      numberOfClusters="2">MINING<Output><OutputField name="id" feature="clusterId"/>
      <OutputField name="d2" feature="affinity" value="2"/></Output>
      <ComparisonMeasure kind="distance"><euclidean/></ComparisonMeasure>
      <ClusteringField field="a"/><ClusteringField field="b"/>
      <Cluster name="one"><Array n="2" type="real">0 0</Array></Cluster>
      <Cluster name="two"><Array n="2" type="real">3 4</Array></Cluster></ClusteringModel>"""
    made = document(body, {"a": "double", "b": "double"})
    rows = [{"a": 0.0, "b": 0.0}, {"a": 3.0, "b": 3.0}, {"a": 3.0, "b": None}]
    found = scores(made, *rows)
    assert [row["id"] for row in found] == ["1", "2", "2"]
    assert [row["d2"] for row in found] == [5, 1, 0]
