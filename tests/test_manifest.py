"""bundle.json: versions to come, unknown fields, and a schema that must be the graph's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scorebundle.bundle import Bundle, BundleError, strict_json
from scorebundle.bundle.errors import Violation
from scorebundle.bundle.manifest import Manifest

from .bundles import BUNDLES, Json, classifier_bundle, members_of, tree_bundle, with_member, zipped


def changed(change: Callable[[Json], object]) -> bytes:
    """The classifier's zip with its bundle.json changed."""
    members = members_of(classifier_bundle())
    document = json.loads(members["bundle.json"])
    change(document)
    return with_member(members, "bundle.json", json.dumps(document).encode())


def refuses(rule: str, change: Callable[[Json], object]) -> None:
    with pytest.raises(BundleError, match=rule) as caught:
        Bundle.open(changed(change))
    assert caught.value.member == "bundle.json"


def field(name: str, value: Any) -> Callable[[Json], object]:
    return lambda document: document.update({name: value})


@pytest.mark.parametrize("name", BUNDLES)
def test_manifest_survives_writing_and_reading(name: str) -> None:
    manifest = BUNDLES[name]().manifest
    assert Manifest.from_json(strict_json.parse(strict_json.dump(manifest.to_json()))) == manifest


# Versions


@pytest.mark.parametrize("version", ["2.0", "10.3", "0.9", "99999999999999999999.0"])
def test_other_major_version_is_refused_with_what_to_do(version: str) -> None:
    refuses(
        "this scorebundle reads format 1: install the release", field("format_version", version)
    )


def test_too_new_is_said_before_anything_else_is_wrong() -> None:
    def from_the_future(document: Json) -> None:
        document.clear()
        document.update(format="scorebundle", format_version="2.0", everything="else")

    refuses("is '2.0'; this scorebundle reads format 1", from_the_future)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.250"])
def test_newer_minor_version_is_read(version: str) -> None:
    assert Bundle.open(changed(field("format_version", version))).manifest.format_version == version


@pytest.mark.parametrize("version", [1, 1.0, None, "1", "1.", ".0", "1.0.0", "1.x", "v1.0", "１.0"])
def test_version_that_is_none_is_refused(version: Any) -> None:
    refuses("must look like '1.0'", field("format_version", version))


@pytest.mark.parametrize("version", ["01.0", "0000000012.0"])
def test_version_is_written_without_leading_zeros(version: str) -> None:
    refuses("must look like '1.0'", field("format_version", version))


@pytest.mark.parametrize("value", ["pickle", None, 1, "ScoreBundle"])
def test_file_of_another_kind_is_told_so(value: Any) -> None:
    refuses("this is not a scorebundle", field("format", value))


# Unknown fields


def test_unknown_field_is_refused_by_name() -> None:
    refuses("surprise: is not a field of this format", field("surprise", 1))


def test_unknown_field_inside_is_refused_with_its_path() -> None:
    refuses(
        r"outputs: \[1\]: surprise: is not a field",
        lambda document: document["outputs"][1].update(surprise=1),
    )


def test_extensions_are_kept_and_not_looked_into() -> None:
    extensions = {"tool": {"any": [1, None, {"thing": True}]}, "1.1": {"calibration": []}}
    manifest = Bundle.open(changed(field("extensions", extensions))).manifest
    assert manifest.extensions == extensions
    assert manifest.to_json()["extensions"] == extensions


def test_extensions_may_be_absent() -> None:
    def drop(document: Json) -> None:
        del document["extensions"]

    assert Bundle.open(changed(drop)).manifest.extensions == {}


def test_metadata_is_kept_as_it_is() -> None:
    assert Bundle.open(tree_bundle().to_bytes()).manifest.metadata == {
        "note": ["free", {"form": None}]
    }


# Single fields


@pytest.mark.parametrize(
    "path, value, rule",
    [
        ("name", 1, "name: must be text"),
        ("name", "\ud800", "name: must be valid Unicode text"),
        ("model_version", None, "model_version: must be text"),
        ("created", 0, "created: must be text"),
        ("producer", [], "producer: must be text"),
        ("libraries", [], "libraries: must be an object"),
        ("libraries", {"numpy": 2}, "libraries: numpy: must be text"),
        ("source", None, "source: must be text"),
        ("metadata", [], "metadata: must be an object"),
        ("extensions", [], "extensions: must be an object"),
        ("inputs", {}, "inputs: must be a list"),
        ("inputs/0/name", 1, r"inputs: \[0\]: name: must be a column name"),
        ("inputs/0/type", "float16", r"inputs: \[0\]: type: must be one of"),
        ("inputs/0/categories", [[]], r"inputs: \[0\]: categories: a category must be text"),
        ("inputs/0/missing", "maybe", r"inputs: \[0\]: missing: must be one of accept, refuse"),
        ("outputs/0/shape", "cube", r"outputs: \[0\]: shape: must be one of"),
        ("outputs/0/type", "str", r"outputs: \[0\]: type: must be one of"),
        ("outputs/0/widths", [-1], r"outputs: \[0\]: widths: \[0\]: must be a whole number"),
        ("outputs/0/classes", [[None]], r"outputs: \[0\]: classes: \[0\]: a category must be"),
        ("certificate/predict/rows", -1, "certificate: predict: rows: must be a whole number"),
        ("certificate/predict/contract", 1, "certificate: predict: contract: must be text"),
        ("certificate/predict/max_ulp", "0", "certificate: predict: max_ulp: must be a number"),
        ("certificate/predict/max_ulp", -1, "certificate: predict: max_ulp: must be a number"),
        ("certificate/predict/max_ulp", True, "certificate: predict: max_ulp: must be a number"),
        ("members/graph.json/size", 1.5, "members: graph.json: size: must be a whole number"),
        ("members/graph.json/sha256", "A" * 64, "sha256: must be 64 hexadecimal digits"),
        ("members/graph.json/sha256", "a" * 63, "sha256: must be 64 hexadecimal digits"),
        ("members/model.pkl", {}, "members: model.pkl: is not a field of this format"),
    ],
)
def test_field_of_a_wrong_kind_is_refused_with_its_path(path: str, value: Any, rule: str) -> None:
    def change(document: Json) -> None:
        *before, last = path.split("/")
        place: Any = document
        for key in before:
            place = place[int(key) if key.isdigit() else key]
        place[int(last) if last.isdigit() else last] = value

    refuses(rule, change)


def test_infinite_difference_is_refused() -> None:
    document = classifier_bundle().manifest.to_json()
    document["certificate"]["predict"]["max_ulp"] = float("inf")
    with pytest.raises(Violation, match="must be a number of at least 0"):
        Manifest.from_json(document)


def test_difference_beyond_float64_is_refused() -> None:
    huge = 10**400
    refuses(
        "max_ulp: must be a number",
        lambda document: document["certificate"]["predict"].update(max_ulp=huge),
    )


def test_certificate_names_outputs() -> None:
    refuses(
        "certificate",
        lambda document: document["certificate"].update(other=document["certificate"]["predict"]),
    )


# The manifest and what it describes


def test_pmml_is_a_member_or_there_is_a_reason() -> None:
    refuses("pmml: must be null exactly if", field("pmml", None))

    def listed(document: Json) -> None:
        document["members"]["model.pmml"] = document["members"]["graph.json"]

    refuses("pmml: must be null exactly if", listed)


@pytest.mark.parametrize(
    "rule, change",
    [
        ("inputs: differ", lambda document: document["inputs"][0].update(categories=["a"])),
        ("outputs: differ", lambda document: document["outputs"].pop()),
        ("outputs: differ", lambda document: document["outputs"].reverse()),
        ("outputs: differ", lambda document: document["outputs"][0]["classes"][0].reverse()),
        ("outputs: differ", lambda document: document["outputs"][1].update(type="float32")),
        ("outputs: differ", lambda document: document["outputs"][1].update(widths=[4])),
        ("outputs: differ", lambda document: document["outputs"][1].update(name="proba")),
    ],
)
def test_schema_that_is_not_the_graphs_is_refused(
    rule: str, change: Callable[[Json], object]
) -> None:
    refuses(rule, change)


def test_column_may_be_described_only_once() -> None:
    refuses("inputs: a column is named twice", lambda d: d["inputs"].append(d["inputs"][0]))


def test_missing_value_policy_may_be_derived_better_by_a_later_release() -> None:
    members = members_of(classifier_bundle())
    document = json.loads(members["bundle.json"])
    for item in document["inputs"]:
        item["missing"] = "accept" if item["missing"] == "refuse" else "refuse"
    Bundle.open(zipped({**members, "bundle.json": json.dumps(document).encode()}))
