"""The PMML reader takes bounded work and memory, refuses by type, and never cuts off silently."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from scorebundle.bundle import BundleError
from scorebundle.pmml.reader import read_bundle, read_graph

from .pmml_documents import derived, document, scores

PAIR = {"x": "double", "y": "double"}


def tree(nodes: str, attributes: str = "", outputs: str = "") -> str:
    """A regression tree."""
    return f'<TreeModel functionName="regression"{attributes}>MINING{outputs}{nodes}</TreeModel>'


def nested(levels: int, innermost: str = "") -> str:
    """Nodes in Nodes, each for numbers above its level."""
    nodes = "".join(
        f'<Node score="{i}"><SimplePredicate field="x" operator="greaterThan" value="{i}"/>'
        for i in range(levels)
    )
    return f'<Node score="-1"><True/>{nodes}{innermost}{"</Node>" * (levels + 1)}'


COMPOUND = (
    '<Node score="7"><CompoundPredicate booleanOperator="or">'
    '<SimplePredicate field="x" operator="lessThan" value="0"/>'
    '<SimplePredicate field="x" operator="greaterThan" value="1"/></CompoundPredicate></Node>'
)


@pytest.mark.parametrize("innermost", ["", COMPOUND])
def test_nodes_too_deep_for_the_parser_are_not_cut_off(innermost: str) -> None:
    with pytest.raises(BundleError, match=r"Node .line 5.: is nested too deeply"):
        read_graph(document(tree(nested(3000, innermost)), PAIR))


def test_prefixes_declared_around_a_tree_hold_inside() -> None:
    made = document(tree(f'<Node score="1"><True/>{COMPOUND}</Node>'), PAIR).decode()
    space = re.search('xmlns="([^"]*)"', made)
    assert space is not None
    mixed = re.sub("(</?)(Simple|Compound)", r"\1p:\2", made)
    mixed = mixed.replace("<PMML ", f'<PMML xmlns:p="{space[1]}" ')
    rows = [{"x": -1.0}, {"x": 0.5}, {"x": 2.0}]
    expected = scores(made.encode(), *rows)
    assert [row["y"] for row in expected if not math.isnan(row["y"])] == [7, 7]
    assert repr(scores(mixed.encode(), *rows)) == repr(expected)


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (b'<?xml version="1.0" encoding="none"?><PMML/>', "cannot be decoded"),
        (b'<?xml version="1.0" encoding="big5"?><PMML/>', "cannot be decoded"),
        (b"\xff\xfe\x00\xd8\x41\x00\x01", "not well-formed"),
    ],
)
def test_encodings_that_cannot_be_read(made: bytes, rule: str) -> None:
    with pytest.raises(BundleError, match=rule):
        read_bundle(made)


def test_an_array_outside_of_a_set_is_none_of_the_predicate() -> None:
    body = tree('<Node score="1"><True/><Array n="1" type="real">2</Array></Node>')
    assert scores(document(body, PAIR), {"x": 0.0})[0]["y"] == 1


def test_a_regression_has_no_affinity() -> None:
    output = '<Output><OutputField name="o" feature="affinity"/></Output>'
    with pytest.raises(BundleError, match=r"OutputField .*has no affinity"):
        read_graph(document(tree('<Node score="1"><True/></Node>', "", output), PAIR))


def test_a_member_that_is_not_scorable_is_not_scored() -> None:
    node = '<Node score="1"><True/></Node>'
    segments = "".join(
        f"<Segment><True/>{tree(node, more)}</Segment>" for more in ("", ' isScorable="false"')
    )
    body = (
        '<MiningModel functionName="regression">MINING<Segmentation multipleModelMethod="sum">'
        f"{segments}</Segmentation></MiningModel>"
    )
    with pytest.raises(BundleError, match="not scorable"):
        read_graph(document(body, PAIR))


def summed(method: str, *members: tuple[float, str], outer: str = "") -> bytes:
    """Trees that predict 0.1 above 0 and nothing else, by weight and with more attributes."""
    node = (
        '<Node><True/><Node score="0.1">'
        '<SimplePredicate field="x" operator="greaterThan" value="0"/></Node></Node>'
    )
    segments = "".join(
        f'<Segment weight="{weight}"><True/>{tree(node, more)}</Segment>'
        for weight, more in members
    )
    body = (
        f'<MiningModel functionName="regression"{outer}>MINING<Segmentation '
        f'multipleModelMethod="{method}" missingPredictionTreatment="skipSegment">{segments}'
        "</Segmentation></MiningModel>"
    )
    return document(body, PAIR)


@pytest.mark.parametrize("method", ["sum", "weightedSum", "average", "weightedAverage"])
@pytest.mark.parametrize("weight", [1.0, 0.0])
def test_no_predictions_have_no_sum(method: str, weight: float) -> None:
    found = scores(summed(method, (1.0, ""), (weight, "")), {"x": -1.0}, {"x": 1.0})
    assert math.isnan(found[0]["y"])
    assert found[1]["y"] > 0


def test_members_keep_the_arithmetic_that_they_state() -> None:
    single = ' x-mathContext="float"'
    (row,) = scores(summed("sum", (1.0, single), (1.0, "")), {"x": 1.0})
    assert row["y"] == 0.1 + 0.10000000149011612


TEXTS = [
    '<FieldRef field="c"/>',
    '<Apply function="stringLength"><FieldRef field="c"/></Apply>',
    '<TextIndex textField="c"><Constant>some</Constant></TextIndex>',
    '<TextIndex textField="c" maxLevenshteinDistance="1"><Constant>some</Constant></TextIndex>',
]


@pytest.mark.parametrize("expression", TEXTS)
def test_a_refused_text_is_refused_whatever_is_made_of_it(expression: str) -> None:
    values = {"c": '<Value value="bad" property="invalid"/><Value value="?" property="missing"/>'}
    made = document(derived(expression), {"c": "string"}, values=values)
    strict = made.replace(
        b'<MiningField name="c"/>', b'<MiningField name="c" missingValueTreatment="returnInvalid"/>'
    )
    rows: list[Any] = [{"c": "12"}, {"c": "?"}, {"c": "bad"}]
    assert [row.get("status") is None for row in scores(made, *rows)] == [True, True, False]
    rows.append({"c": None})
    assert [row.get("status") is None for row in scores(strict, *rows)] == [True, *[False] * 3]


def test_choices_of_choices_are_converted_once_each() -> None:
    step = (
        '<DerivedField name="d{}" dataType="string" optype="categorical"><Apply function="if">'
        '<Apply function="greaterThan"><FieldRef field="x"/><Constant>{}</Constant></Apply>'
        '<FieldRef field="{}"/><FieldRef field="{}"/></Apply></DerivedField>'
    )
    steps = [step.format(0, 0, "a", "b")]
    steps += [step.format(i, i, f"d{i - 1}", f"d{i - 1}") for i in range(1, 40)]
    shared = f"<TransformationDictionary>{''.join(steps)}</TransformationDictionary>"
    fields = {"a": "string", "b": "string", "x": "double"}
    made = document(derived('<FieldRef field="d39"/>'), fields, shared=shared)
    rows = [{"a": "1", "b": "2", "x": x} for x in (1.0, -1.0)]
    assert [row["d"] for row in scores(made, *rows)] == [1, 2]


@pytest.mark.parametrize(
    "expression",
    [
        '<Apply function="matches"><FieldRef field="c"/><Constant>(a+)+$</Constant></Apply>',
        '<TextIndex textField="c" x-wordRE="(a+)+$"><Constant>a</Constant></TextIndex>',
        '<TextIndex textField="c" x-wordRE="(a"><Constant>a</Constant></TextIndex>',
    ],
)
def test_regular_expressions_have_a_bound_on_listed_words(expression: str) -> None:
    values = {"c": f'<Value value="{"a" * 60}b"/>'}
    with pytest.raises(BundleError, match="regular expression"):
        read_graph(document(derived(expression), {"c": "string"}, values=values))


def test_a_regular_expression_of_several_groups_replaces_listed_words() -> None:
    values = {"c": '<Value value="ab1"/><Value value="cd2"/>'}
    replaced = (
        '<Apply function="replace"><FieldRef field="c"/><Constant>(.)(.)(.)</Constant>'
        '<Constant dataType="string">$3</Constant></Apply>'
    )
    made = document(derived(replaced), {"c": "string"}, values=values)
    assert [row["d"] for row in scores(made, {"c": "ab1"}, {"c": "cd2"})] == [1, 2]


def test_many_features_on_one_path_take_little_memory() -> None:
    count = 3000
    fields = {**{f"f{i}": "double" for i in range(count)}, "y": "double"}
    nodes = "".join(
        f'<Node><SimplePredicate field="f{i}" operator="isMissing"/><Node score="{i}">'
        '<SimplePredicate field="f0" operator="greaterThan" value="1"/></Node></Node>'
        for i in range(1, count)
    )
    body = tree(f"<Node><True/>{nodes}</Node>", ' missingValueStrategy="nullPrediction"')
    row: dict[str, Any] = {**dict.fromkeys(fields, 2.0), f"f{count - 1}": None}
    assert scores(document(body, fields), row)[0]["y"] == count - 1


def test_features_of_a_large_tree_are_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from scorebundle.pmml.reading import planting

    made = document(tree(nested(50), ' missingValueStrategy="lastPrediction"'), PAIR)
    rows: list[Any] = [{"x": 10.5}, {"x": None}, {"x": 100.0}]
    expected = repr(scores(made, *rows))
    monkeypatch.setattr(planting, "MAX_BITS", 0)
    assert repr(scores(made, *rows)) == expected


def test_rules_that_share_itemsets_are_bounded() -> None:
    items = "".join(f'<Item id="{i}" value="v{i}"/>' for i in range(3000))
    held = "".join(f'<ItemRef itemRef="{i}"/>' for i in range(3000))
    rule = '<AssociationRule antecedent="a" consequent="a" support="1" confidence="1"/>'
    body = (
        f'<AssociationModel functionName="associationRules">MINING{items}'
        f'<Itemset id="a">{held}</Itemset>{rule * 3000}</AssociationModel>'
    )
    with pytest.raises(BundleError, match=r"AssociationRule .*too many items"):
        read_graph(document(body, {"i": "string"}))


def test_combinations_of_parents_are_counted_before_they_are_listed() -> None:
    names = [f"p{i}" for i in range(40)]
    values = "".join(f'<ValueProbability value="{v}" probability="0.1"/>' for v in range(10))
    nodes = "".join(f'<DiscreteNode name="{name}">{values}</DiscreteNode>' for name in names)
    given = "".join(f'<ParentValue parent="{name}" value="1"/>' for name in names)
    normal = (
        "<ContinuousDistribution><NormalDistributionForBN><Mean><Constant>1</Constant></Mean>"
        "<Variance><Constant>1</Constant></Variance></NormalDistributionForBN>"
        "</ContinuousDistribution>"
    )
    body = (
        '<BayesianNetworkModel functionName="classification">MINING<BayesianNetworkNodes>'
        f'{nodes.replace("p0", "y")}<ContinuousNode name="c"><ContinuousConditionalProbability>'
        f"{given.replace(chr(34) + 'p0', chr(34) + 'y')}{normal}"
        "</ContinuousConditionalProbability></ContinuousNode>"
        "</BayesianNetworkNodes></BayesianNetworkModel>"
    )
    fields = {**dict.fromkeys(["y", *names[1:]], "string"), "c": "double"}
    with pytest.raises(BundleError, match="each combination"):
        read_graph(document(body, fields))


def test_sparse_vectors_are_as_long_as_the_fields() -> None:
    vector = '<VectorInstance id="v"><REAL-SparseArray n="16777216"/></VectorInstance>'
    body = (
        '<SupportVectorMachineModel functionName="regression">MINING<LinearKernelType/>'
        f'<VectorDictionary><VectorFields><FieldRef field="x"/></VectorFields>{vector}'
        '</VectorDictionary><SupportVectorMachine><SupportVectors><SupportVector vectorId="v"/>'
        '</SupportVectors><Coefficients><Coefficient value="1"/></Coefficients>'
        "</SupportVectorMachine></SupportVectorMachineModel>"
    )
    with pytest.raises(BundleError, match="is too long"):
        read_graph(document(body, PAIR))


@pytest.mark.parametrize(
    "step",
    [
        '<Apply function="concat"><FieldRef field="{0}"/><FieldRef field="{0}"/></Apply>',
        '<Apply function="replace"><FieldRef field="{0}"/><Constant>a</Constant>'
        "<Constant>aaaaaaaa</Constant></Apply>",
    ],
)
def test_texts_of_the_document_do_not_grow_without_bound(step: str) -> None:
    fields = "".join(
        f'<DerivedField name="d{i}" dataType="string" optype="categorical">'
        f"{step.format('c' if i == 0 else f'd{i - 1}')}</DerivedField>"
        for i in range(60)
    )
    shared = f"<TransformationDictionary>{fields}</TransformationDictionary>"
    values = {"c": '<Value value="a"/><Value value="aa"/>'}
    expression = '<Apply function="stringLength"><FieldRef field="d59"/></Apply>'
    made = document(derived(expression), {"c": "string"}, shared=shared, values=values)
    with pytest.raises(BundleError, match=r"too many c|too much"):
        read_graph(made)


def test_a_pattern_of_dates_is_short() -> None:
    expression = (
        '<Apply function="stringLength"><Apply function="formatDatetime"><FieldRef field="t"/>'
        f'<Constant dataType="string">%d{"x" * 1000}</Constant></Apply></Apply>'
    )
    with pytest.raises(BundleError, match="pattern of at most"):
        read_graph(document(derived(expression), {"t": "date"}))
