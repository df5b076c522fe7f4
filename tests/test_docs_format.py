"""docs/format.md must name everything that a bundle can hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scorebundle.bundle import archive, schema, tensors
from scorebundle.bundle.fields import TENSOR_DTYPES, Attribute
from scorebundle.bundle.graph import INPUT_TYPES, MAX_INPUTS, MAX_NODES, MAX_TOTAL_WIDTH, SHAPES
from scorebundle.bundle.ops import OPERATORS
from scorebundle.bundle.protocol import MEMBERS
from scorebundle.bundle.strict_json import MAX_DEPTH
from scorebundle.bundle.types import MAX_WIDTH

PAGE = (Path(__file__).parent.parent / "docs" / "format.md").read_text("utf-8")
SECTIONS: dict[str, str] = dict(
    re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
)


def part_of(operator: str) -> str:
    """Where the page describes an operator: its table row, or a section of its own."""
    heading = {"Trees": "### Trees", "Terms": "### Text", "Items": "### Collections"}.get(operator)
    if heading is not None:
        return SECTIONS["5"].partition(heading)[2].partition("###")[0]
    rows = re.findall(rf"^\| `{operator}` \|.*$", SECTIONS["5"], re.M)
    assert len(rows) == 1, f"{operator} needs one row in section 5"
    return str(rows[0])


@pytest.mark.parametrize("operator", OPERATORS)
def test_operator_is_described_with_every_field(operator: str) -> None:
    part = part_of(operator)
    missing = [name for name in OPERATORS[operator].declared if f"`{name}`" not in part]
    assert missing == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_word_of_a_choice_is_named(operator: str) -> None:
    shortened = {f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (16, 32)}
    for spec in OPERATORS[operator].declared.values():
        if isinstance(spec, Attribute) and operator != "Labels":
            words = set(spec.schema.get("enum", ()))
            assert {word for word in words if f"`{word}`" not in SECTIONS["5"]} == set()
        elif isinstance(spec, Attribute):  # the page writes `int8` … `int64`
            words = set(spec.schema.get("enum", ())) - shortened
            assert {word for word in words if f"`{word}`" not in part_of(operator)} == set()


def test_page_describes_no_operator_that_does_not_exist() -> None:
    rows = re.findall(r"^\| `([A-Z]\w*)` \|", SECTIONS["5"], re.M)
    assert {*rows, "Trees"} == set(OPERATORS)


def fields_in(section: str, heading: str) -> set[str]:
    """Field names of the table that follows a heading."""
    start = SECTIONS[section].index(heading) + len(heading)
    table = SECTIONS[section][start:].lstrip().split("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.M))


@pytest.mark.parametrize("record", ["input", "output", "certificate", "member"])
def test_records_of_the_manifest_have_exactly_these_fields(record: str) -> None:
    properties = schema.bundle_schema()["$defs"][record]["properties"]
    assert fields_in("3", f"**{record}**") == set(properties)


def test_documents_have_exactly_these_fields() -> None:
    assert fields_in("3", "") == set(schema.bundle_schema()["properties"])
    assert fields_in("4", "") == set(schema.graph_schema()["properties"])
    node = schema.graph_schema()["$defs"]["node"]["properties"]
    assert fields_in("4", "**node**") == set(node)


def test_members_types_shapes_and_dtypes_are_named() -> None:
    for section, words in [("1", MEMBERS), ("3", INPUT_TYPES), ("3", SHAPES), ("6", TENSOR_DTYPES)]:
        assert [word for word in words if f"`{word}`" not in SECTIONS[section]] == []


def test_limits_are_those_of_the_code() -> None:
    assert f"more than {archive.MAX_MEMBERS} members, a member of 2 GiB" in SECTIONS["1"]
    assert archive.MAX_MEMBER == 2 << 30
    assert f"more than {archive.MAX_RATIO} times" in SECTIONS["1"]
    assert f"nesting deeper than\n{MAX_DEPTH}" in SECTIONS["2"]
    assert f"at most {tensors.MAX_DIMS} sizes" in SECTIONS["6"]
    assert "2²⁰ inputs, 2¹⁸ nodes, width 2²⁰ of a value, 2²² of all" in SECTIONS["4"]
    assert (MAX_INPUTS, MAX_NODES, MAX_WIDTH, MAX_TOTAL_WIDTH) == (2**20, 2**18, 2**20, 2**22)
