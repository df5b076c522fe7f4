"""Expressions of PMML: every function and element on small documents."""

from __future__ import annotations

import math
from typing import Any

import pytest

from .pmml_documents import value

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
            f'<TextIndex textField="c"><TextIndexNormalization recursive="{again}"><InlineTable>'
            "<row><string>dogs</string><stem>dog</stem></row><row><string>Hounds</string>"
            "<stem>dogs</stem></row><row><string>dog</string><stem>dog</stem></row></InlineTable>"
            "</TextIndexNormalization><Constant>dog</Constant></TextIndex>",
            {"c": "Dog dogs, hounds (HOUNDS) hound"},
            count,
        )
        for again, count in (("true", 4), ("false", 2))
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
