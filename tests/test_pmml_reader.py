"""The PMML reader: examples of the DMG's specification, and small documents per element."""

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scorebundle.bundle import BundleError, RowError
from scorebundle.pmml.reader import read_bundle, read_graph
from scorebundle.pmml.supported import page
from scorebundle.runtime import Runtime

from .pmml_documents import derived, document, scores, value

CARS = {"age": "double", "salary": "double", "car_location": "string", "y": "double"}


def regression(tables: str, **attributes: str) -> str:
    extra = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return f'<RegressionModel functionName="regression"{extra}>MINING{tables}</RegressionModel>'


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


GOLF = """<TreeModel modelName="golfing" functionName="classification">MINING
<Node score="will play"><True/>
 <Node score="will play"><SimplePredicate field="outlook" operator="equal" value="sunny"/>
  <Node score="will play"><CompoundPredicate booleanOperator="and">
    <SimplePredicate field="temperature" operator="lessThan" value="90"/>
    <SimplePredicate field="temperature" operator="greaterThan" value="50"/></CompoundPredicate>
   <Node score="will play"><SimplePredicate field="humidity" operator="lessThan" value="80"/></Node>
   <Node score="no play">
    <SimplePredicate field="humidity" operator="greaterOrEqual" value="80"/></Node></Node>
  <Node score="no play"><CompoundPredicate booleanOperator="or">
    <SimplePredicate field="temperature" operator="greaterOrEqual" value="90"/>
    <SimplePredicate field="temperature" operator="lessOrEqual" value="50"/></CompoundPredicate>
  </Node></Node>
 <Node score="may play"><CompoundPredicate booleanOperator="or">
   <SimplePredicate field="outlook" operator="equal" value="overcast"/>
   <SimplePredicate field="outlook" operator="equal" value="rain"/></CompoundPredicate>
  <Node score="may play"><CompoundPredicate booleanOperator="and">
    <SimplePredicate field="temperature" operator="greaterThan" value="60"/>
    <SimplePredicate field="temperature" operator="lessThan" value="100"/>
    <SimplePredicate field="outlook" operator="equal" value="overcast"/>
    <SimplePredicate field="humidity" operator="lessThan" value="70"/>
    <SimplePredicate field="windy" operator="equal" value="false"/></CompoundPredicate></Node>
  <Node score="no play"><CompoundPredicate booleanOperator="and">
    <SimplePredicate field="outlook" operator="equal" value="rain"/>
    <SimplePredicate field="humidity" operator="lessThan" value="70"/></CompoundPredicate></Node>
 </Node></Node></TreeModel>"""
GOLF_FIELDS = {
    "temperature": "double",
    "humidity": "double",
    "windy": "string",
    "outlook": "string",
    "y": "string",
}


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


SCORECARD = """<Scorecard reasonCodeAlgorithm="{algorithm}" initialScore="0"
functionName="regression">MINING<Output><OutputField name="score" feature="predictedValue"/>
<OutputField name="reason1" feature="reasonCode" rank="1" dataType="string"/>
<OutputField name="reason2" feature="reasonCode" rank="2" dataType="string"/></Output>
<Characteristics>
<Characteristic reasonCode="RC1" baselineScore="19">
 <Attribute partialScore="-9"><SimplePredicate field="d" operator="isMissing"/></Attribute>
 <Attribute partialScore="19"><SimplePredicate field="d" operator="equal" value="marketing"/>
 </Attribute>
 <Attribute partialScore="3"><SimplePredicate field="d" operator="equal" value="engineering"/>
 </Attribute></Characteristic>
<Characteristic reasonCode="RC2" baselineScore="18">
 <Attribute partialScore="0" reasonCode="RC2_3">
  <SimplePredicate field="age" operator="lessOrEqual" value="29"/></Attribute>
 <Attribute partialScore="12" reasonCode="RC2_4"><True/></Attribute></Characteristic>
<Characteristic reasonCode="RC3" baselineScore="10">
 <Attribute partialScore="26"><SimplePredicate field="i" operator="lessOrEqual" value="1000"/>
 </Attribute><Attribute partialScore="5"><True/></Attribute></Characteristic>
</Characteristics></Scorecard>"""


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


EXPRESSIONS: list[tuple[str, dict[str, Any], Any]] = [
    ('<Apply function="+"><FieldRef field="x"/><Constant>1</Constant></Apply>', {"x": 2.5}, 3.5),
    ('<Apply function="+"><FieldRef field="x"/><Constant>1</Constant></Apply>', {"x": None}, None),
    (
        '<Apply function="+" mapMissingTo="-1"><FieldRef field="x"/><Constant>1</Constant></Apply>',
        {"x": None},
        -1,
    ),
    (
        '<Apply function="/" defaultValue="9" invalidValueTreatment="asMissing">'
        '<Constant>1</Constant><FieldRef field="x"/></Apply>',
        {"x": 0.0},
        9,
    ),
    (
        '<Apply function="max"><FieldRef field="x"/><FieldRef field="z"/></Apply>',
        {"x": None, "z": 2.0},
        2,
    ),
    (
        '<Apply function="avg"><FieldRef field="x"/><FieldRef field="z"/></Apply>',
        {"x": 4.0, "z": 2.0},
        3,
    ),
    ('<Apply function="round"><FieldRef field="x"/></Apply>', {"x": -2.5}, -2),
    (
        '<Apply function="modulo"><FieldRef field="x"/><Constant>3</Constant></Apply>',
        {"x": -8.0},
        1,
    ),
    (
        '<Apply function="threshold"><FieldRef field="x"/><Constant>3</Constant></Apply>',
        {"x": 4.0},
        1,
    ),
    (
        '<Apply function="stdNormalCDF"><FieldRef field="x"/></Apply>',
        {"x": -40.0},
        3.655893540915029e-350,
    ),
    (
        '<Apply function="x-atan2"><FieldRef field="x"/><FieldRef field="z"/></Apply>',
        {"x": 1.0, "z": -1.0},
        math.atan2(1, -1),
    ),
    (
        '<Apply function="if"><Apply function="isIn"><FieldRef field="c"/><Constant>a</Constant>'
        "<Constant>b</Constant></Apply><Constant>1</Constant><Constant>0</Constant></Apply>",
        {"c": "b"},
        1,
    ),
    (
        '<Apply function="if"><Apply function="equal"><Apply function="lowercase">'
        '<FieldRef field="c"/></Apply><Constant dataType="string">ab</Constant></Apply>'
        "<Constant>1</Constant><Constant>0</Constant></Apply>",
        {"c": "AB"},
        1,
    ),
    (
        '<Apply function="if"><Apply function="equal"><Apply function="concat">'
        '<FieldRef field="c"/><FieldRef field="e"/></Apply>'
        '<Constant dataType="string">xy</Constant></Apply>'
        "<Constant>1</Constant><Constant>0</Constant></Apply>",
        {"c": "x", "e": "y"},
        1,
    ),
    ('<Apply function="stringLength"><FieldRef field="c"/></Apply>', {"c": "seven.."}, 7),
    (
        '<Apply function="if"><Apply function="matches"><FieldRef field="c"/>'
        '<Constant dataType="string">ar?y</Constant></Apply><Constant>1</Constant>'
        "<Constant>0</Constant></Apply>",
        {"c": "February"},
        1,
    ),
    (
        '<MapValues outputColumn="o" defaultValue="0" mapMissingTo="-1"><FieldColumnPair field="c" '
        'column="i"/><FieldColumnPair field="e" column="j"/><InlineTable>'
        "<row><i>a</i><j>p</j><o>1</o></row><row><i>a</i><j>q</j><o>2</o></row>"
        "<row><i>b</i><j>q</j><o>3</o></row></InlineTable></MapValues>",
        {"c": "b", "e": "q"},
        3,
    ),
    (
        '<NormContinuous field="x" outliers="asExtremeValues"><LinearNorm orig="0" norm="0"/>'
        '<LinearNorm orig="2" norm="1"/><LinearNorm orig="4" norm="5"/></NormContinuous>',
        {"x": 3.0},
        3,
    ),
    (
        '<Discretize field="x" mapMissingTo="7" defaultValue="8"><DiscretizeBin binValue="1">'
        '<Interval closure="closedOpen" leftMargin="0" rightMargin="2"/></DiscretizeBin>'
        '<DiscretizeBin binValue="2"><Interval closure="closedClosed" leftMargin="2" '
        'rightMargin="3"/></DiscretizeBin></Discretize>',
        {"x": 2.0},
        2,
    ),
    ('<NormDiscrete field="c" value="b" mapMissingTo="0.5"/>', {"c": None}, 0.5),
    (
        '<TextIndex textField="c"><Constant>the dog</Constant></TextIndex>',
        {"c": "The dog, the  dogs. THE DOG!"},
        2,
    ),
    (
        '<TextIndex textField="c" localTermWeights="logarithmic" isCaseSensitive="true">'
        "<Constant>The</Constant></TextIndex>",
        {"c": "The dog: the The"},
        math.log10(3),
    ),
    (
        '<TextIndex textField="c">'
        "<TextIndexNormalization><InlineTable><row><string>interfaces?</string>"
        "<stem>interface</stem><regex>true</regex></row><row><string>is|are|seem(ed|s)?|were"
        "</string><stem>be</stem><regex>true</regex></row><row>"
        "<string>user friendl(y|iness)</string><stem>user_friendly</stem><regex>true</regex>"
        "</row></InlineTable></TextIndexNormalization>"
        '<TextIndexNormalization inField="re" outField="feature" regexField="regex"><InlineTable>'
        "<row><re>interface be (?:user_friendly|well_designed|excellent)</re>"
        "<feature>ui_good</feature><regex>true</regex></row></InlineTable>"
        "</TextIndexNormalization><Constant>ui_good</Constant></TextIndex>",
        {"c": "Testing the app: the interfaces are excellent! Its interface seems user friendly."},
        2,
    ),
    (
        '<TextIndex textField="c"><TextIndexNormalization><InlineTable><row><string>big dog'
        "</string><stem>hound</stem></row></InlineTable></TextIndexNormalization>"
        "<Constant>hound</Constant></TextIndex>",
        {"c": "Hound! big dog, Big dog; big dogs (hound)"},
        4,
    ),
    (
        '<TextIndex textField="c" maxLevenshteinDistance="1"><Constant>brown fox</Constant>'
        "</TextIndex>",
        {"c": "brown fox, bron fox brown foxy; Brwn fx, brown box. the brownfox"},
        4,
    ),
    (
        '<TextIndex textField="c" maxLevenshteinDistance="2" countHits="bestHits">'
        "<Constant>fox</Constant></TextIndex>",
        {"c": "foxes fix foxy and furs"},
        2,
    ),
    *(
        (
            f'<TextIndex textField="c" {words}><TextIndexNormalization recursive="true">'
            f"<InlineTable><row><string>{stop}</string><stem> </stem><regex>true</regex></row>"
            "</InlineTable></TextIndexNormalization><Constant>big dog</Constant></TextIndex>",
            {"c": "Big the of dog: (big), of dog -- theory big often dog; big of-dog"},
            count,
        )
        for words, stop, count in (
            ('x-wordRE="(?u)\\b\\w\\w+\\b"', r"(?u)\b(the|of)\b", 3),
            ("", r"(^|\s+)\p{Punct}*(the|of)\p{Punct}*(\s+|$)", 2),
        )
    ),
    ('<Aggregate field="x" function="average"/>', {"x": 3.5}, 3.5),
    ('<Aggregate field="x" function="count"/>', {"x": None}, 0),
]


@pytest.mark.parametrize(("expression", "row", "expected"), EXPRESSIONS)
def test_expressions(expression: str, row: dict[str, Any], expected: float | None) -> None:
    types = {"c": "string", "e": "string"}
    found = value(expression, row, types={k: v for k, v in types.items() if k in row})
    if expected is None:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(expected, rel=1e-12)


def test_a_thermometer_rises_with_the_order_of_values() -> None:
    order = "".join(f'<Value value="{word}"/>' for word in ("low", "mid", "high"))
    found = [
        value(
            '<NormDiscrete field="c" value="mid" method="thermometer"/>',
            {"c": word},
            types={"c": "string"},
            values={"c": order},
        )
        for word in ("low", "mid", "high")
    ]
    assert found == [0.0, 1.0, 1.0]


def test_dates_are_days_and_seconds() -> None:
    days = (
        '<Apply function="dateDaysSinceYear"><FieldRef field="t"/><Constant>1960</Constant></Apply>'
    )
    for text, expected in (("1960-01-03", 2), ("1959-12-31", -1), ("2003-04-01", 15796)):
        assert value(days, {"t": text}, types={"t": "date"}) == expected
    clock = '<Apply function="dateSecondsSinceMidnight"><FieldRef field="t"/></Apply>'
    assert value(clock, {"t": "05:23:30"}, types={"t": "time"}) == 19410
    seconds = (
        '<Apply function="dateSecondsSinceYear"><FieldRef field="t"/><Constant>1960</Constant>'
        "</Apply>"
    )
    assert value(seconds, {"t": "1960-01-03T03:30:03"}, types={"t": "dateTime"}) == 185403


@pytest.mark.parametrize(
    ("pattern", "day", "expected"),
    [
        ("%m/%d/%y", "2004-08-20", "08/20/04"),
        ("%A", "2004-08-20", "Friday"),
        ("%Y-%j", "1904-12-31", "1904-366"),
        ("%Y", None, None),
        ("%Y", "2150-01-01", None),
        ("%Hh%M", "2004-08-20T17:05:59", "17h05"),
        ("%B", "2004-08-20T23:59:59", "August"),
    ],
)
def test_dates_are_spelled_by_a_pattern(pattern: str, day: str | None, expected: Any) -> None:
    kind = "dateTime" if day is not None and "T" in day else "date"
    spelled = (
        '<Apply function="formatDatetime"><FieldRef field="t"/>'
        f'<Constant dataType="string">{pattern}</Constant></Apply>'
    )
    assert value(spelled, {"t": day}, "string", types={"t": kind}) == expected


def test_functions_of_the_document_are_inlined() -> None:
    shared = """<TransformationDictionary><DefineFunction name="ramp" optype="continuous"
      dataType="double"><ParameterField name="a"/><ParameterField name="b"/>
      <Apply function="if"><Apply function="lessThan"><FieldRef field="a"/><FieldRef field="b"/>
      </Apply><FieldRef field="a"/><FieldRef field="b"/></Apply></DefineFunction>
      <DerivedField name="twice" optype="continuous" dataType="double"><Apply function="*">
      <FieldRef field="x"/><Constant>2</Constant></Apply></DerivedField>
      </TransformationDictionary>"""
    call = '<Apply function="ramp"><FieldRef field="twice"/><Constant>5</Constant></Apply>'
    assert [value(call, {"x": x}, shared=shared) for x in (1.0, 4.0)] == [2, 5]


def test_three_valued_logic() -> None:
    """and is false if one is, else unknown if one is; or the other way round."""
    for name, expected in (("and", [False, None, False]), ("or", [True, True, None])):
        call = (
            f'<Apply function="{name}"><Apply function="greaterThan"><FieldRef field="x"/>'
            '<Constant>0</Constant></Apply><Apply function="greaterThan"><FieldRef field="z"/>'
            "<Constant>0</Constant></Apply></Apply>"
        )
        rows = [{"x": 1.0, "z": -1.0}, {"x": 1.0, "z": None}, {"x": -1.0, "z": None}]
        found = [value(call, row, "boolean", types={"z": "double"}) for row in rows]
        assert found == expected


INTERVAL = '<Interval closure="closedClosed" leftMargin="1.1" rightMargin="4.4"/>'


def test_a_value_equal_to_a_float_fields_margin_is_valid() -> None:
    made = document(derived('<FieldRef field="x"/>'), {"x": "float"}, values={"x": INTERVAL})
    first, second, third = scores(made, {"x": 4.4}, {"x": 1.1}, {"x": 4.5})
    assert first["d"] == np.float32(4.4)
    assert "status" not in second
    assert "status" in third


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('invalidValueTreatment="asIs"', [9.0, math.nan]),
        ('invalidValueTreatment="asMissing"', [math.nan, math.nan]),
        ('invalidValueTreatment="asMissing" missingValueReplacement="2"', [2.0, 2.0]),
        ('invalidValueTreatment="asValue" invalidValueReplacement="3"', [3.0, math.nan]),
        (
            'invalidValueTreatment="asIs" outliers="asExtremeValues" lowValue="1" highValue="5"',
            [5.0, math.nan],
        ),
        (
            'invalidValueTreatment="asIs" outliers="asMissingValues" highValue="5"',
            [math.nan, math.nan],
        ),
        ("", [None, math.nan]),
        ('invalidValueTreatment="asIs" missingValueTreatment="returnInvalid"', [9.0, None]),
    ],
)
def test_treatments_of_numbers(attributes: str, expected: list[float | None]) -> None:
    body = derived('<FieldRef field="x"/>')
    made = document(body, {"x": "double"}, values={"x": INTERVAL})
    made = made.replace(
        b'<MiningField name="x"/>', f'<MiningField name="x" {attributes}/>'.encode()
    )
    for row, wanted in zip(scores(made, {"x": 9.0}, {"x": None}), expected, strict=True):
        assert ("status" in row) == (wanted is None)
        assert wanted is None or row["d"] == wanted or (wanted != wanted and row["d"] != row["d"])


def test_treatments_of_texts() -> None:
    body = '<NormDiscrete field="c" value="b"/>'
    values = {"c": '<Value value="a"/><Value value="b"/><Value value="?" property="missing"/>'}
    made = document(derived(body), {"c": "string"}, values=values)
    rows = [{"c": "b"}, {"c": "?"}, {"c": "zz"}]
    plain = scores(made, *rows)
    assert plain[0]["d"] == 1
    assert math.isnan(plain[1]["d"])
    assert "status" in plain[2]
    replaced = made.replace(
        b'<MiningField name="c"/>',
        b'<MiningField name="c" invalidValueTreatment="asMissing" missingValueReplacement="b"/>',
    )
    assert [row["d"] for row in scores(replaced, *rows)] == [1, 1, 1]


def test_targets_bound_scale_and_round() -> None:
    body = """<RegressionModel functionName="regression">MINING<Targets><Target field="y" min="0"
      max="10" rescaleFactor="2" rescaleConstant="0.4" castInteger="round"/></Targets>
      <RegressionTable intercept="0"><NumericPredictor name="x" coefficient="1"/></RegressionTable>
      </RegressionModel>"""
    found = scores(
        document(body, {"x": "double", "y": "double"}), *({"x": x} for x in (-5.0, 3.1, 99.0))
    )
    assert [row["y"] for row in found] == [0, 7, 20]


def test_rows_are_taken_as_they_come() -> None:
    """Unknown columns are ignored, absent ones missing; texts spell numbers and the reverse."""
    made = document(GOLF, {**GOLF_FIELDS, "windy": "boolean"})
    row = {"temperature": "75", "humidity": "55.0", "windy": False, "outlook": "overcast", "id": 7}
    assert scores(made, row)[0]["y"] == "may play"
    assert scores(made, {"outlook": "sunny"})[0]["y"] is None


def test_a_text_for_a_number_is_its_rows_matter() -> None:
    """Refused with its row, or missing where the document says so, whatever the column is."""
    table = '<RegressionTable intercept="1"><NumericPredictor name="x" coefficient="2"/>'
    made = document(regression(f"{table}</RegressionTable>"), {"x": "double", "y": "double"})
    rows = [{"x": 1.5}, {"x": "many"}, {"x": "2"}]
    first, second, third = scores(made, *rows)
    assert (first["y"], third["y"]) == (4.0, 5.0)
    assert second["status"] == "x: must be a number, not 'many'"
    assert math.isnan(second["y"])
    runtime = Runtime.load(read_bundle(made))
    with pytest.raises(RowError, match="row 1: x: must be a number, not 'many'"):
        runtime.score(rows)
    column = runtime.score({"x": np.array(["1.5", "many"])}, errors="mark")
    assert column.status == {1: "x: must be a number, not 'many'"}
    treated = made.replace(
        b'<MiningField name="x"/>',
        b'<MiningField name="x" invalidValueTreatment="asMissing" missingValueReplacement="7"/>',
    )
    assert [row["y"] for row in scores(treated, *rows)] == [4.0, 15.0, 5.0]


@pytest.mark.parametrize("version", ["3.0", "3.2", "4.0", "4.1", "4.2", "4.3", "4.4"])
def test_every_version_is_read(version: str) -> None:
    made = document(GOLF, GOLF_FIELDS, version=version)
    row = {"temperature": 75.0, "humidity": 90.0, "windy": "false", "outlook": "sunny"}
    assert scores(made, row)[0]["y"] == "no play"
    bare = made.replace(
        f' xmlns="http://www.dmg.org/PMML-{version.replace(".", "_")}"'.encode(), b""
    )
    assert scores(bare, row)[0]["y"] == "no play"


VERIFIED = """<RegressionModel functionName="regression">MINING
<RegressionTable intercept="1"><NumericPredictor name="x" coefficient="2"/></RegressionTable>
<ModelVerification recordCount="1" fieldCount="2"><VerificationFields>
<VerificationField field="x"/><VerificationField field="y" precision="1E-9"/></VerificationFields>
<InlineTable><row><x>3</x><y>{}</y></row></InlineTable></ModelVerification></RegressionModel>"""


def test_model_verification_is_checked() -> None:
    fields = {"x": "double", "y": "double"}
    assert Runtime.load(document(VERIFIED.format("7"), fields), verify=True).verify() == 1
    with pytest.raises(BundleError, match="row 0"):
        Runtime.load(document(VERIFIED.format("7.01"), fields), verify=True)


def test_the_imported_bundle_scores_alike(tmp_path: Path) -> None:
    bundle = read_bundle(document(GOLF, GOLF_FIELDS))
    bundle.save(tmp_path / "golf.zip")
    runtime = Runtime.load(tmp_path / "golf.zip", verify=True)
    assert runtime.name == "golfing"
    row = {"temperature": 75.0, "humidity": 90.0, "windy": "false", "outlook": "sunny", "more": 1}
    assert runtime.predict(row).tolist() == ["no play"]


# What is refused ------------------------------------------------------------------------------


def test_entities_are_refused_before_they_are_read() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b"<PMML><x>&b;</x></PMML>"
    )
    with pytest.raises(BundleError, match="DOCTYPE"):
        read_graph(bomb)
    outside = b'<!DOCTYPE p SYSTEM "file:///etc/passwd"><PMML/>'
    with pytest.raises(BundleError, match="DOCTYPE"):
        read_graph(outside)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"<PMML", "not well-formed"),
        (b"<a/>", "must be PMML"),
        (b"<PMML><DataDictionary/></PMML>", "holds no model"),
        (b"<PMML/>", "needs DataDictionary"),
        (b"<PMML>" + b"<x>" * 5000 + b"</x>" * 5000 + b"</PMML>", "not well-formed"),
    ],
)
def test_broken_documents_are_refused(data: bytes, rule: str) -> None:
    with pytest.raises(BundleError, match=rule):
        read_graph(data)


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ('<Apply function="sinc"><FieldRef field="x"/></Apply>', "Apply .line 5.*'sinc'"),
        ('<FieldRef field="nowhere"/>', "FieldRef .line 5.*nowhere"),
        ("<Lag/>", "holds no expression"),
        ('<FieldRef field="derived"/>', "defined by itself"),
        ("<Constant dataType='integer'>one</Constant>", "not of type integer"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_its_line(expression: str, rule: str) -> None:
    with pytest.raises(BundleError, match=rule):
        read_graph(document(derived(expression), {"x": "double"}))


def test_a_deeply_nested_expression_is_refused() -> None:
    deep = '<Apply function="abs">' * 600 + '<FieldRef field="x"/>' + "</Apply>" * 600
    with pytest.raises(BundleError, match="nested too deeply"):
        read_graph(document(derived(deep), {"x": "double"}))


def test_functions_cannot_grow_without_bound() -> None:
    functions = "".join(
        f'<DefineFunction name="f{i}" optype="continuous"><ParameterField name="a"/>'
        f'<Apply function="+"><Apply function="f{i - 1}"><FieldRef field="a"/></Apply>'
        f'<Apply function="f{i - 1}"><Apply function="sin"><FieldRef field="a"/></Apply></Apply>'
        "</Apply></DefineFunction>"
        for i in range(1, 40)
    )
    first = (
        '<DefineFunction name="f0" optype="continuous"><ParameterField name="a"/>'
        '<FieldRef field="a"/></DefineFunction>'
    )
    shared = f"<TransformationDictionary>{first}{functions}</TransformationDictionary>"
    call = '<Apply function="f39"><FieldRef field="x"/></Apply>'
    made = document(derived(call), {"x": "double"}, shared=shared)
    assert len(read_graph(made).nodes) < 2000  # what is the same is made once


def test_damaged_documents_are_refused_and_nothing_else() -> None:
    """Every attribute and element left out, one at a time: read, or refused by a BundleError."""
    fields = {"d": "string", "age": "double", "i": "double", "y": "double"}
    made = document(SCORECARD.format(algorithm="pointsBelow"), fields).decode()
    for part in re.findall(r' [a-zA-Z]+="[^"]*"|<[A-Z][a-zA-Z]+/>', made):
        with contextlib.suppress(BundleError):
            read_graph(made.replace(part, "", 1).encode())
        with contextlib.suppress(BundleError):
            read_graph(
                re.sub('"[^"]*"', '"?"', made[made.index(part) :], count=1)
                .join([made[: made.index(part)], ""])
                .encode()
            )


def test_a_deep_tree_is_read() -> None:
    levels = 1500
    node = "".join(
        f'<Node score="{i}"><SimplePredicate field="x" operator="greaterThan" value="{i}"/>'
        for i in range(levels)
    )
    body = (
        '<TreeModel functionName="regression" noTrueChildStrategy="returnLastPrediction">MINING'
        f'<Node score="-1"><True/>{node}{"</Node>" * levels}</Node></TreeModel>'
    )
    made = document(body, {"x": "double", "y": "double"})
    found = scores(made, {"x": 1e9}, {"x": 700.5}, {"x": -3.0})
    assert [row["y"] for row in found] == [levels - 1, 700, -1]


def test_the_page_of_what_is_supported_is_fresh() -> None:
    assert Path(__file__).parents[1].joinpath("docs/pmml.md").read_text() == page()
