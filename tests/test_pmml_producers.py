"""What documents of many producers do that the standard's text leaves open, or only old versions
know."""

from __future__ import annotations

import math
from typing import Any

import pytest

from .pmml_documents import derived, document, regression, scores

SAS = """<TransformationDictionary>
<DefineFunction name="SAS-EM-String-Normalize" optype="categorical" dataType="string">
 <ParameterField name="W" optype="continuous"/><ParameterField name="C" optype="categorical"/>
 <Apply function="trimBlanks"><Apply function="uppercase"><Apply function="substring">
 <FieldRef field="C"/><Constant>1</Constant><Constant>W</Constant></Apply></Apply></Apply>
</DefineFunction>
<DefineFunction name="SAS-FORMAT-{format}" optype="categorical" dataType="string">
 <ParameterField name="W" optype="continuous"/><ParameterField name="C" optype="categorical"/>
 <Apply function="substring"><FieldRef field="C"/><Constant>1</Constant><Constant>W</Constant>
 </Apply></DefineFunction></TransformationDictionary>"""

NORMALISED = """<MapValues outputColumn="To"><FieldColumnPair field="n" column="From"/><InlineTable>
<row><From>{a}</From><To>1</To></row><row><From>{b}</From><To>-1</To></row></InlineTable>
</MapValues>"""


@pytest.mark.parametrize(
    ("spelling", "kind", "words", "cells"),
    [
        ("$CHARw", "string", ("BACH", "YR9"), ["bachelor", "Bach", "yr9", "yr10", None]),
        ("BESTw", "double", ("1", "20"), [1.0, 1.0, 20.0, 3.0, None]),
    ],
)
def test_the_functions_that_sas_defines_wrongly(
    spelling: str, kind: str, words: tuple[str, str], cells: list[Any]
) -> None:
    """Their definitions use a Constant for a parameter's name; the functions are known."""
    normalised = (
        '<DerivedField name="n" dataType="string" optype="categorical">'
        '<Apply function="SAS-EM-String-Normalize"><Constant>4</Constant>'
        f'<Apply function="SAS-FORMAT-{spelling}"><Constant>12</Constant>'
        '<FieldRef field="c"/></Apply></Apply></DerivedField>'
    )
    body = derived(NORMALISED.format(a=words[0], b=words[1])).replace(
        "<LocalTransformations>", f"<LocalTransformations>{normalised}"
    )
    made = document(body, {"c": kind}, shared=SAS.format(format=spelling))
    found = [row["d"] for row in scores(made, *({"c": cell} for cell in cells))]
    assert found[:3] == [1, 1, -1]
    assert all(x != x for x in found[3:])


def test_the_residual_of_a_classification_is_by_default_of_what_is_predicted() -> None:
    body = """<RegressionModel functionName="classification">MINING
      <Output><OutputField name="r" feature="residual"/></Output>
      <RegressionTable intercept="0" targetCategory="yes">
      <NumericPredictor name="x" coefficient="0.5"/></RegressionTable>
      <RegressionTable intercept="0" targetCategory="no"/></RegressionModel>"""
    made = document(body, {"x": "double", "y": "string"})
    rows = [{"x": 0.8, "y": "yes"}, {"x": 0.8, "y": "no"}, {"x": 0.8, "y": None}]
    found = [row["r"] for row in scores(made, *rows)]
    assert found[:2] == pytest.approx([-0.6, 0.4])
    assert math.isnan(found[2])


@pytest.mark.parametrize(
    ("method", "x", "expected"),
    [("none", -3.0, [0, 1]), ("none", 0.25, [0.25, 0.75]), ("none", 9.0, [1, 0])],
)
def test_probabilities_lie_between_0_and_1(method: str, x: float, expected: list[float]) -> None:
    tables = (
        '<RegressionTable intercept="0" targetCategory="a">'
        '<NumericPredictor name="x" coefficient="1"/></RegressionTable>'
    )
    both = f'{tables}<RegressionTable intercept="0" targetCategory="b"/>'
    values = {"y": '<Value value="a"/><Value value="b"/>'}
    for each in (both, tables):  # the table of the last category may be left out
        body = regression(each, normalizationMethod=method)
        body = body.replace('"regression"', '"classification"')
        made = document(body, {"x": "double", "y": "string"}, values=values)
        assert scores(made, {"x": x})[0]["predict_proba"] == expected


def test_predictors_may_be_called_fields() -> None:
    table = (
        '<RegressionTable intercept="1"><NumericPredictor field="x" coefficient="2"/>'
        '<CategoricalPredictor field="c" value="a" coefficient="10"/></RegressionTable>'
    )
    made = document(regression(table), {"x": "double", "c": "string", "y": "double"})
    assert scores(made, {"x": 3.0, "c": "a"})[0]["y"] == 17


def test_empty_texts_are_missing() -> None:
    """As cells of a CSV file are."""
    body = "".join(
        f'<RegressionTable intercept="{i}" targetCategory="{name}"/>'
        for i, name in enumerate(("a", "b"))
    )
    output = "".join(
        f'<OutputField name="m_{name}" dataType="boolean" feature="transformedValue">'
        f'<Apply function="isMissing"><FieldRef field="{name}"/></Apply></OutputField>'
        for name in ("flag", "day", "word", "x")
    )
    body = regression(body).replace('"regression"', '"classification"')
    body = body.replace("<RegressionTable", f"<Output>{output}</Output><RegressionTable", 1)
    fields = {"flag": "boolean", "day": "date", "word": "string", "x": "integer", "y": "string"}
    values = {"word": '<Value value="a"/>'}
    made = document(body, fields, values=values)
    empty, full = scores(
        made,
        {"flag": "", "day": "", "word": "", "x": ""},
        {"flag": "true", "day": "2020-01-31", "word": "a", "x": "7"},
    )
    names = ("m_flag", "m_day", "m_word", "m_x")
    assert [empty[name] for name in names] == [True] * 4
    assert [full[name] for name in names] == [False] * 4


def test_shared_fields_see_the_treatments_of_a_segment() -> None:
    shared = """<TransformationDictionary>
      <DerivedField name="square" optype="continuous" dataType="double"><Apply function="*">
      <FieldRef field="x"/><FieldRef field="x"/></Apply></DerivedField>
      </TransformationDictionary>"""
    body = """<MiningModel functionName="regression">MINING
      <Segmentation multipleModelMethod="modelChain"><Segment><True/>
      <RegressionModel functionName="regression"><MiningSchema>
      <MiningField name="x" missingValueReplacement="50"/></MiningSchema>
      <Output><OutputField name="first" feature="predictedValue"/></Output>
      <RegressionTable intercept="0"><NumericPredictor name="square" coefficient="1"/>
      </RegressionTable></RegressionModel></Segment><Segment><True/>
      <RegressionModel functionName="regression"><MiningSchema>
      <MiningField name="first" outliers="asExtremeValues" lowValue="0" highValue="1000"/>
      </MiningSchema><RegressionTable intercept="0">
      <NumericPredictor name="first" coefficient="1"/></RegressionTable></RegressionModel></Segment>
      </Segmentation></MiningModel>"""
    made = document(body, {"x": "double", "y": "double"}, shared=shared)
    found = [row["y"] for row in scores(made, {"x": 3.0}, {"x": None}, {"x": 50.0})]
    assert found == [9, 1000, 1000]


def test_keys_of_a_table_that_spell_one_value() -> None:
    table = """<MapValues outputColumn="o"><FieldColumnPair field="x" column="i"/>
      <FieldColumnPair field="f" column="flag"/><InlineTable>
      <row><i>1.0</i><flag>true</flag><o>11</o></row><row><i>1</i><flag>0</flag><o>10</o></row>
      <row><i>2</i><flag>1</flag><o>21</o></row><row><i>2.0</i><flag>false</flag><o>20</o></row>
      </InlineTable></MapValues>"""
    made = document(derived(table), {"x": "double", "f": "boolean"})
    rows = [{"x": x, "f": f} for x in (1.0, 2.0) for f in (True, False)]
    assert [row["d"] for row in scores(made, *rows)] == [11, 10, 21, 20]


# Missing predictions --------------------------------------------------------------------------


def voter(label: str, below: float, weight: float = 1) -> str:
    """A segment that predicts a label where x lies below a number, and else nothing."""
    return (
        f'<Segment weight="{weight}"><True/><TreeModel functionName="classification">'
        f'<MiningSchema><MiningField name="x"/></MiningSchema><Node><True/><Node score="{label}">'
        f'<SimplePredicate field="x" operator="lessThan" value="{below}"/></Node></Node>'
        "</TreeModel></Segment>"
    )


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", ["a", "a", None, None]),
        ('missingPredictionTreatment="skipSegment"', ["a", "a", "a", None]),
        ('missingPredictionTreatment="returnMissing"', ["a", None, None, None]),
        ('x-missingPredictionTreatment="skipSegment"', ["a", "a", "a", None]),
        ('missingPredictionTreatment="skipSegment" missingThreshold="0.5"', ["a", "a", None, None]),
        ('missingThreshold="0.2"', ["a", None, None, None]),
    ],
)
def test_missing_predictions_vote_or_are_left_out(
    attributes: str, expected: list[str | None], fused: bool
) -> None:
    segments = voter("a", 3) + voter("a", 2) + voter("b", 1)
    if not fused:
        segments = segments.replace("</MiningSchema><Node>", "</MiningSchema><Output/><Node>")
    body = (
        '<MiningModel functionName="classification">MINING<Output>'
        '<OutputField name="p" feature="probability" value="a"/></Output>'
        f'<Segmentation multipleModelMethod="majorityVote" {attributes}>{segments}</Segmentation>'
        "</MiningModel>"
    )
    found = scores(
        document(body, {"x": "double", "y": "string"}), *({"x": x} for x in (0.0, 1.0, 2.0, 3.0))
    )
    assert [row["y"] for row in found] == expected
    shares = [2 / 3, 1.0, 1.0, math.nan]  # of the votes that there are
    for row, label, share in zip(found, expected, shares, strict=True):
        assert row["p"] == share if label is not None else math.isnan(row["p"])


# Clusters and neighbours ----------------------------------------------------------------------


def test_clusters_by_rank() -> None:
    output = "".join(
        f'<OutputField name="id{rank}" feature="entityId" rank="{rank}"/>'
        f'<OutputField name="far{rank}" feature="affinity" rank="{rank}"/>'
        for rank in (1, 2, 3, 4)
    )
    centres = "".join(f'<Cluster><Array type="real">{x}</Array></Cluster>' for x in (-3, 0, 3))
    body = (
        '<ClusteringModel functionName="clustering" modelClass="centerBased" numberOfClusters="3">'
        f'MINING<Output>{output}</Output><ComparisonMeasure kind="distance"><squaredEuclidean/>'
        f'</ComparisonMeasure><ClusteringField field="x"/>{centres}</ClusteringModel>'
    )
    found, nothing = scores(document(body, {"x": "double"}), {"x": 2.0}, {"x": None})
    assert [found[f"id{rank}"] for rank in (1, 2, 3)] == ["3", "2", "1"]
    assert [found[f"far{rank}"] for rank in (1, 2, 3)] == [1, 4, 25]
    assert math.isnan(found["id4"])
    assert nothing["predict"] is None


def test_neighbours_that_tie() -> None:
    """The category with most rows, then the first in lexical order."""
    rows = "".join(
        f"<row><i>{i}</i><o>{label}</o></row>"
        for i, label in ((1, "low"), (2, "mid"), (3, "mid"), (4, "high"), (5, "high"))
    )
    body = (
        '<NearestNeighborModel functionName="classification" numberOfNeighbors="2">MINING'
        '<TrainingInstances><InstanceFields><InstanceField field="x" column="i"/>'
        f'<InstanceField field="y" column="o"/></InstanceFields><InlineTable>{rows}</InlineTable>'
        '</TrainingInstances><ComparisonMeasure kind="distance"><squaredEuclidean/>'
        '</ComparisonMeasure><KNNInputs><KNNInput field="x"/></KNNInputs></NearestNeighborModel>'
    )
    values = {"y": "".join(f'<Value value="{each}"/>' for each in ("low", "mid", "high"))}
    made = document(body, {"x": "double", "y": "string"}, values=values)
    found = [row["y"] for row in scores(made, *({"x": x} for x in (1.4, 2.5, 3.5, None)))]
    assert found == ["mid", "mid", "high", None]


# Statistica, MATLAB and others ----------------------------------------------------------------


def test_an_empty_mapMissingTo_says_nothing() -> None:
    line = '<LinearNorm orig="2" norm="1"/><LinearNorm orig="0" norm="0"/>'  # in no order
    given = f'<NormContinuous field="x" mapMissingTo="">{line}</NormContinuous>'
    made = document(derived(given), {"x": "double"})
    found = [row["d"] for row in scores(made, *({"x": x} for x in (-1, 1, 4, None)))]
    assert found[:3] == [-0.5, 0.5, 2]
    assert math.isnan(found[3])
    made = document(derived('<NormDiscrete field="c" value="a" mapMissingTo=""/>'), {"c": "string"})
    found = [row["d"] for row in scores(made, *({"c": c} for c in ("a", "b", None, "")))]
    assert found[:2] == [1, 0]
    assert all(math.isnan(x) for x in found[2:])


def test_a_probability_of_a_model_without_any_is_missing() -> None:
    output = '<Output><OutputField name="p" feature="probability" value="1"/></Output>'
    made = document(
        regression(output + '<RegressionTable intercept="3"/>'), {"x": "double", "y": "double"}
    )
    found = scores(made, {"x": 1.0})[0]
    assert found["y"] == 3
    assert math.isnan(found["p"])


def test_weights_that_rows_decide() -> None:
    segments = "".join(
        f"""<Segment><True/><TreeModel functionName="classification">MINING<Output>
        <OutputField name="w{i}" feature="transformedValue" dataType="double">
        <Apply function="*"><FieldRef field="x"/><Constant>{factor}</Constant></Apply>
        </OutputField></Output><Node score="{score}"><True/></Node></TreeModel>
        <VariableWeight field="w{i}"/></Segment>"""
        for i, (score, factor) in enumerate((("a", 1), ("b", 3), ("a", 4)))
    )
    body = (
        '<MiningModel functionName="classification">MINING<Segmentation multipleModelMethod='
        f'"weightedMajorityVote">{segments}</Segmentation></MiningModel>'
    )
    values = {"y": '<Value value="a"/><Value value="b"/>'}
    made = document(body, {"x": "double", "y": "string"}, values=values)
    found = scores(made, {"x": 2.0})[0]
    assert found["y"] == "a"
    assert found["predict_proba"] == pytest.approx([5 / 8, 3 / 8])


def test_the_display_values_of_version_3() -> None:
    body = """<TreeModel functionName="classification">MINING
    <Output><OutputField name="shown" feature="predictedDisplayValue"/></Output>
    <Targets><Target field="y"><TargetValue value="1" rawDataValue="good"/></Target></Targets>
    <Node score="1"><True/></Node></TreeModel>"""
    made = document(body, {"x": "double", "y": "string"}, version="3.1")
    assert scores(made, {"x": 1.0})[0]["shown"] == "good"


def test_functions_that_were_extensions() -> None:
    apply = '<Apply function="x-sin"><FieldRef field="x"/></Apply>'
    made = document(derived(apply), {"x": "double"}, version="4.2")
    assert scores(made, {"x": 0.5})[0]["d"] == pytest.approx(math.sin(0.5))
