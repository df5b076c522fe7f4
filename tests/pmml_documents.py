"""Small PMML documents for the reader's tests, and scoring of them."""

from __future__ import annotations

from typing import Any

from scorebundle.pmml.reader import read_bundle
from scorebundle.runtime import Runtime

TARGET = ' usageType="target"'


def document(
    body: str, fields: dict[str, str], *, shared: str = "", version: str = "4.4", values: Any = None
) -> bytes:
    """A document of one model.

    Args:
        body: the model, where MINING stands for a MiningSchema of all fields.
        fields: dataType by name; the one called y is the target.
        shared: a TransformationDictionary.
        version: of PMML.
        values: Values and Intervals by field, as XML.
    """
    dictionary = "".join(
        f'<DataField name="{name}" dataType="{kind}" optype="{_optype(kind)}">'
        f"{(values or {}).get(name, '')}</DataField>"
        for name, kind in fields.items()
    )
    mining = "".join(
        '<MiningField name="y" usageType="target"/>'
        if name == "y"
        else f'<MiningField name="{name}"/>'
        for name in fields
    )
    body = body.replace("MINING", f"<MiningSchema>{mining}</MiningSchema>")
    space = version.replace(".", "_")
    return (
        f'<?xml version="1.0"?>\n<PMML version="{version}" '
        f'xmlns="http://www.dmg.org/PMML-{space}"><Header/>\n'
        f"<DataDictionary>{dictionary}</DataDictionary>\n{shared}\n{body}</PMML>"
    ).encode()


def _optype(kind: str) -> str:
    return "continuous" if kind in ("double", "float", "integer") else "categorical"


def scores(made: bytes, *rows: Any, **options: Any) -> list[dict[str, Any]]:
    """The scores of rows, one dict each; a refused row has a status."""
    runtime = Runtime.load(read_bundle(made))
    return runtime.score(list(rows), errors="mark", **options).to_dicts()


def derived(expression: str, kind: str = "double") -> str:
    """A regression whose output `d` is an expression over the fields."""
    return (
        '<RegressionModel functionName="regression">MINING'
        f'<Output><OutputField name="d" dataType="{kind}" feature="transformedValue">'
        '<FieldRef field="derived"/></OutputField></Output><LocalTransformations>'
        f'<DerivedField name="derived" dataType="{kind}" optype="continuous">{expression}'
        '</DerivedField></LocalTransformations><RegressionTable intercept="0"/>'
        "</RegressionModel>"
    )


def value(expression: str, row: Any, kind: str = "double", **options: Any) -> Any:
    """What an expression gives for a row; types follow the row's values."""
    kinds = {str: "string", bool: "boolean"}
    given = options.pop("types", {})
    fields = {n: given.get(n) or kinds.get(type(v), "double") for n, v in row.items()}
    made = document(derived(expression, kind), fields, **options)
    return scores(made, row)[0]["d"]


def regression(tables: str, **attributes: str) -> str:
    """A RegressionModel of those tables."""
    extra = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return f'<RegressionModel functionName="regression"{extra}>MINING{tables}</RegressionModel>'


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

VERIFIED = """<RegressionModel functionName="regression">MINING
<RegressionTable intercept="1"><NumericPredictor name="x" coefficient="2"/></RegressionTable>
<ModelVerification recordCount="1" fieldCount="2"><VerificationFields>
<VerificationField field="x"/><VerificationField field="y" precision="1E-9"/></VerificationFields>
<InlineTable><row><x>3</x><y>{}</y></row></InlineTable></ModelVerification></RegressionModel>"""
