"""Fields and documents of PMML: treatments, targets, versions, and what is refused."""

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path

import numpy as np
import pytest

from scorebundle.bundle import BundleError, RowError
from scorebundle.pmml.reader import read_bundle, read_graph
from scorebundle.pmml.supported import page
from scorebundle.runtime import Runtime

from .pmml_documents import (
    GOLF,
    GOLF_FIELDS,
    SCORECARD,
    VERIFIED,
    derived,
    document,
    regression,
    scores,
)

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
            [9.0, math.nan],  # without modification
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


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('outliers="asExtremeValues" lowValue="1" highValue="5"', [5.0, 1.0, math.nan]),
        ('outliers="asMissingValues" highValue="5"', [math.nan, -9.0, math.nan]),
        (
            'outliers="asMissingValues" highValue="5" missingValueReplacement="7"',
            [7.0, -9.0, 7.0],
        ),
        (
            'outliers="asExtremeValues" highValue="5" missingValueReplacement="7"',
            [5.0, -9.0, 7.0],
        ),
    ],
)
def test_outliers_are_treated_before_what_is_missing(
    attributes: str, expected: list[float]
) -> None:
    made = document(derived('<FieldRef field="x"/>'), {"x": "double"})
    made = made.replace(
        b'<MiningField name="x"/>', f'<MiningField name="x" {attributes}/>'.encode()
    )
    found = [row["d"] for row in scores(made, {"x": 9.0}, {"x": -9.0}, {"x": None})]
    assert np.array_equal(found, expected, equal_nan=True)


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


@pytest.mark.parametrize("mentioned", [True, False])
def test_an_output_repeats_only_words_that_the_document_mentions(mentioned: bool) -> None:
    """Another word could only become None, which would be wrong without a sign of it."""
    predictor = '<CategoricalPredictor name="c" value="a" coefficient="2"/>' if mentioned else ""
    model = (
        '<RegressionModel functionName="regression">MINING<Output><OutputField name="said" '
        'dataType="string" feature="transformedValue"><FieldRef field="c"/></OutputField></Output>'
        f'<RegressionTable intercept="1">{predictor}</RegressionTable></RegressionModel>'
    )
    made = document(model, {"c": "string", "y": "double"})
    listed, other, missing = scores(made, {"c": "a"}, {"c": "b"}, {"c": None})
    if mentioned:
        assert (listed["said"], listed["y"]) == ("a", 3)
        assert "not seen" in other["status"]
        assert (missing["said"], missing["y"]) == (None, 1)
        (alone,) = scores(made, {"c": "b"}, select=["y"])
        assert alone["y"] == 1
    else:
        assert all("said" not in row and row["y"] == 1 for row in (listed, other, missing))
