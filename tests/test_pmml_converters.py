"""What the converters of JPMML write, in small: the reader against formulas computed here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from scorebundle.bundle import BundleError
from scorebundle.pmml.reader import read_bundle
from scorebundle.runtime import Runtime

HEAD = '<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header/><DataDictionary>'
FIELD = '<FieldRef field="{}"/>'


def loaded(fields: str, rest: str) -> Runtime:
    """A document of DataFields and of what follows the DataDictionary."""
    text = f"{HEAD}{fields}</DataDictionary>{rest}</PMML>"
    return Runtime.load(read_bundle(text.encode()))


def field(name: str, kind: str = "double", inside: str = "") -> str:
    """A DataField."""
    optype = "continuous" if kind in ("double", "float") else "categorical"
    return f'<DataField name="{name}" optype="{optype}" dataType="{kind}">{inside}</DataField>'


def of_expression(fields: str, mining: str, expression: str, kind: str = "string") -> Runtime:
    """A document whose prediction counts 1 for each of two texts, by an expression."""
    return loaded(
        fields + field("y"),
        f"""<RegressionModel functionName="regression"><MiningSchema>{mining}
        <MiningField name="y" usageType="target"/></MiningSchema>
        <LocalTransformations><DerivedField name="d" optype="categorical" dataType="{kind}">
        {expression}</DerivedField></LocalTransformations>
        <RegressionTable intercept="0">
        <CategoricalPredictor name="d" value="none" coefficient="1"/>
        <CategoricalPredictor name="d" value="private" coefficient="2"/>
        <CategoricalPredictor name="d" value="70/1" coefficient="3"/>
        </RegressionTable></RegressionModel>""",
    )


LOWER = '<Apply function="trimBlanks"><Apply function="lowercase">{}</Apply></Apply>'
IMPUTED = (
    '<Apply function="if"><Apply function="isMissing"><FieldRef field="c"/></Apply>'
    '<Constant dataType="string">NONE</Constant><FieldRef field="c"/></Apply>'
)


@pytest.mark.parametrize(
    ("mining", "expression"),
    [
        ('<MiningField name="c" missingValueReplacement="None"/>', LOWER.format(FIELD.format("c"))),
        ('<MiningField name="c"/>', LOWER.format(IMPUTED)),
        (
            '<MiningField name="c"/>',
            '<Apply function="lowercase"><Apply function="concat">'
            f'<Constant dataType="string"></Constant>{IMPUTED}</Apply></Apply>',
        ),
    ],
)
def test_a_text_that_was_chosen_can_be_changed(mining: str, expression: str) -> None:
    runtime = of_expression(field("c", "string"), mining, expression)
    rows = [{"c": "Private"}, {"c": None}, {"c": "other"}, {"c": "NONE"}]
    assert runtime.score(rows)["y"].tolist() == [2, 1, 0, 1]


def test_one_of_two_open_texts_is_taken() -> None:
    expression = IMPUTED.replace('<Constant dataType="string">NONE</Constant>', FIELD.format("e"))
    mining = '<MiningField name="c"/><MiningField name="e"/>'
    fields = field("c", "string") + field("e", "string")
    runtime = of_expression(fields, mining, LOWER.format(expression))
    rows = [{"c": "Private", "e": "none"}, {"c": None, "e": "None"}, {"c": "x", "e": "Private"}]
    assert runtime.score(rows)["y"].tolist() == [2, 1, 0]


def test_texts_that_were_chosen_are_joined() -> None:
    either = (
        '<Apply function="concat"><Apply function="if"><Apply function="isNotMissing">{0}</Apply>'
        '{0}<Constant dataType="string">no</Constant></Apply><Apply function="if">'
        '<Apply function="isNotMissing">{1}</Apply>{1}'
        '<Constant dataType="string">ne</Constant></Apply></Apply>'
    ).format(FIELD.format("c"), FIELD.format("e"))
    mining = '<MiningField name="c"/><MiningField name="e"/>'
    runtime = of_expression(field("c", "string") + field("e", "string"), mining, either)
    rows = [(None, None), ("pri", "vate"), ("p", None), ("no", "ne"), (None, "x")]
    found = runtime.score([{"c": c, "e": e} for c, e in rows])["y"]
    assert found.tolist() == [1, 2, 0, 1, 0]


@pytest.mark.parametrize(("into", "middle"), [("$1$1", "nono"), ("$$$1", "[$]no")])
def test_groups_and_dollars_replace(into: str, middle: str) -> None:
    replace = (
        '<Apply function="replace">{}<Constant dataType="string">{}</Constant>'
        '<Constant dataType="string">{}</Constant></Apply>'
    )
    once = replace.format(FIELD.format("c"), "^(no)!$", into)
    twice = replace.format(once, f"^{middle}$", "none")
    runtime = of_expression(field("c", "string"), '<MiningField name="c"/>', twice)
    assert runtime.score([{"c": "no!"}, {"c": "no"}])["y"].tolist() == [1, 0]


def test_two_open_texts_are_not_compared() -> None:
    expression = f'<Apply function="equal">{FIELD.format("c")}{FIELD.format("e")}</Apply>'
    fields = field("c", "string") + field("e", "string")
    mining = '<MiningField name="c"/><MiningField name="e"/>'
    with pytest.raises(BundleError, match="compares two texts"):
        of_expression(fields, mining, expression, "boolean")


def test_whole_numbers_of_listed_values_are_joined_as_text() -> None:
    def listed(name: str, values: list[int]) -> str:
        return field(name, "integer", "".join(f'<Value value="{v}"/>' for v in values))

    joined = (
        f'<Apply function="concat">{FIELD.format("a")}<Constant dataType="string">/</Constant>'
        f"{FIELD.format('b')}</Apply>"
    )
    mining = '<MiningField name="a"/><MiningField name="b" missingValueReplacement="1"/>'
    runtime = of_expression(listed("a", list(range(70, 83))) + listed("b", [1, 2]), mining, joined)
    rows: list[dict[str, Any]] = [
        {"a": 70, "b": 1},
        {"a": "70", "b": None},
        {"a": 70, "b": 2},
        {"a": None, "b": 1},
    ]
    assert runtime.score(rows)["y"].tolist() == [3, 3, 0, 0]


def test_true_and_false_spelled_are_numbers() -> None:
    runtime = loaded(
        field("x") + field("y"),
        """<RegressionModel functionName="regression"><MiningSchema><MiningField name="x"/>
        <MiningField name="y" usageType="target"/></MiningSchema><RegressionTable intercept="5">
        <NumericPredictor name="x" coefficient="2"/></RegressionTable></RegressionModel>""",
    )
    rows = [{"x": "TRUE"}, {"x": "false"}, {"x": True}, {"x": "1.5"}]
    assert runtime.score(rows)["y"].tolist() == [7, 5, 7, 8]


TREE = """<Segment><True/><TreeModel functionName="regression" x-mathContext="float">
<MiningSchema><MiningField name="x"/></MiningSchema><Node><True/>
<Node score="{}"><SimplePredicate field="x" operator="lessThan" value="1"/></Node>
<Node score="{}"><SimplePredicate field="x" operator="greaterOrEqual" value="1"/></Node>
</Node></TreeModel></Segment>"""


def test_float_trees_are_added_to_the_constant_as_their_producer_adds_them() -> None:
    """((base + t₁) + t₂) in float32, and 1 − p of a p in float32, as in XGBoost."""
    leaves = [(0.7, -0.3), (2.2, 1.1e-7), (3.14159, 5.0)]
    runtime = loaded(
        field("x", "float") + field("y", "integer", '<Value value="0"/><Value value="1"/>'),
        f"""<MiningModel functionName="classification" x-mathContext="float"><MiningSchema>
        <MiningField name="x"/><MiningField name="y" usageType="target"/></MiningSchema>
        <Segmentation multipleModelMethod="modelChain"><Segment><True/>
        <MiningModel functionName="regression" x-mathContext="float"><MiningSchema>
        <MiningField name="x"/></MiningSchema>
        <Output><OutputField name="m" dataType="float" optype="continuous"/></Output>
        <Targets><Target rescaleConstant="0.35020238"/></Targets>
        <Segmentation multipleModelMethod="sum">{"".join(TREE.format(*pair) for pair in leaves)}
        </Segmentation></MiningModel></Segment><Segment><True/>
        <RegressionModel functionName="classification" normalizationMethod="logit"
        x-mathContext="float"><MiningSchema><MiningField name="m"/>
        <MiningField name="y" usageType="target"/></MiningSchema>
        <RegressionTable targetCategory="1"><NumericPredictor name="m" coefficient="1"/>
        </RegressionTable><RegressionTable targetCategory="0"/></RegressionModel></Segment>
        </Segmentation></MiningModel>""",
    )
    expected = []
    for side in (0, 1):
        margin = np.float32(0.35020238)
        for pair in leaves:
            margin += np.float32(pair[side])
        p = np.float32(1) / (np.float32(1) + np.exp(-np.float64(margin)).astype(np.float32))
        expected.append([np.float32(1) - p, p])
    found = runtime.predict_proba([{"x": 0.0}, {"x": 2.0}])
    assert found.tolist() == np.array(expected, np.float64).tolist()


LINEAR = """<TreeModel functionName="{}" missingValueStrategy="defaultChild"><MiningSchema>
<MiningField name="x"/><MiningField name="z"/></MiningSchema>
<Node id="0" defaultChild="2"><True/>
<Node id="1" score="10"><SimplePredicate field="x" operator="lessOrEqual" value="1"/>
<Regression functionName="regression"><RegressionTable intercept="0.5">
<NumericPredictor name="x" coefficient="2"/><NumericPredictor name="z" coefficient="-3"/>
</RegressionTable></Regression></Node>
<Node id="2" score="20"><SimplePredicate field="x" operator="greaterThan" value="1"/></Node>
</Node></TreeModel>"""


@pytest.mark.parametrize("trees", [1, 3])
def test_leaves_are_linear_where_their_fields_are_known(trees: int) -> None:
    tree = LINEAR.format("regression")
    target = '<MiningField name="y" usageType="target"/>'
    model = tree.replace("<MiningField", f"{target}<MiningField", 1)
    if trees > 1:
        segments = f"<Segment><True/>{tree}</Segment>" * trees
        model = f"""<MiningModel functionName="regression"><MiningSchema><MiningField name="x"/>
        <MiningField name="z"/>{target}</MiningSchema><Segmentation multipleModelMethod="sum">
        {segments}</Segmentation></MiningModel>"""
    runtime = loaded(field("x") + field("z") + field("y"), model)
    rows = [(0.25, 0.125), (0.25, None), (3.0, None), (None, 0.125), (1.0, -1.0)]
    expected = [0.5 + 2 * 0.25 - 3 * 0.125, 10, 20, 20, 0.5 + 2 + 3]
    found = runtime.score([{"x": x, "z": z} for x, z in rows])["y"]
    assert found.tolist() == [trees * each for each in expected]


def test_a_network_predicts_several_targets() -> None:
    neurons = "".join(
        f'<Neuron id="1/{i}" bias="{i}"><Con from="0" weight="2"/></Neuron>' for i in (1, 2)
    )
    outputs = "".join(
        f'<NeuralOutput outputNeuron="1/{i}"><DerivedField optype="continuous" dataType="double">'
        f'<FieldRef field="y{i}"/></DerivedField></NeuralOutput>'
        for i in (1, 2)
    )
    runtime = loaded(
        field("x") + field("y1") + field("y2"),
        f"""<NeuralNetwork functionName="regression" activationFunction="identity"><MiningSchema>
        <MiningField name="x"/><MiningField name="y1" usageType="target"/>
        <MiningField name="y2" usageType="target"/></MiningSchema>
        <NeuralInputs><NeuralInput id="0"><DerivedField optype="continuous" dataType="double">
        <FieldRef field="x"/></DerivedField></NeuralInput></NeuralInputs>
        <NeuralLayer>{neurons}</NeuralLayer><NeuralOutputs>{outputs}</NeuralOutputs>
        </NeuralNetwork>""",
    )
    scores = runtime.score([{"x": 1.5}])
    assert [scores["y1"][0], scores["y2"][0]] == [4, 5]
    assert scores["predict"].tolist() == [[4, 5]]


def test_a_neighbour_at_no_distance_counts_alone() -> None:
    rows = "".join(f"<row><x>{x}</x><y>{y}</y></row>" for x, y in [(0, 1), (1, 3), (3, 8)])
    runtime = loaded(
        field("x") + field("y"),
        f"""<NearestNeighborModel functionName="regression" numberOfNeighbors="2"
        continuousScoringMethod="weightedAverage" threshold="0"><MiningSchema>
        <MiningField name="x"/><MiningField name="y" usageType="target"/></MiningSchema>
        <TrainingInstances><InstanceFields><InstanceField field="x" column="x"/>
        <InstanceField field="y" column="y"/></InstanceFields><InlineTable>{rows}</InlineTable>
        </TrainingInstances><ComparisonMeasure kind="distance"><euclidean/></ComparisonMeasure>
        <KNNInputs><KNNInput field="x"/></KNNInputs></NearestNeighborModel>""",
    )
    found = runtime.score([{"x": 1.0}, {"x": 2.5}])["y"]
    assert found[0] == 3
    assert math.isclose(found[1], (8 / 0.5 + 3 / 1.5) / (1 / 0.5 + 1 / 1.5), rel_tol=1e-15)
