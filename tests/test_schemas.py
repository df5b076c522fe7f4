"""The JSON Schemas must not drift from the code that reads the format."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scorebundle.bundle import BundleError, graph_json, schema, tensors
from scorebundle.bundle.errors import Violation
from scorebundle.bundle.manifest import Manifest, graph_inputs
from scorebundle.bundle.ops import OPERATORS

from .bundles import BUNDLES, members_of

OTHERS: tuple[Any, ...] = (None, True, 7, 1.5, -1, "text", [], {}, [None])
"""One value of each JSON type, to put in the place of another."""


@pytest.mark.parametrize("name", schema.FILES)
def test_stored_schema_is_the_generated_one(name: str) -> None:
    stored = files("scorebundle.schemas").joinpath(name).read_text("utf-8")
    assert stored == schema.text_of(schema.FILES[name]()), "run python -m scorebundle.bundle.schema"


@pytest.mark.parametrize("name", schema.FILES)
def test_schema_is_valid_2020_12(name: str) -> None:
    document = schema.FILES[name]()
    assert document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(document)


def test_main_writes_every_file(tmp_path: Any) -> None:
    schema.main(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(schema.FILES)


def test_every_operator_has_a_branch() -> None:
    document = schema.graph_schema()
    branches = document["$defs"]["node"]["allOf"]
    assert [branch["if"]["properties"]["op"]["const"] for branch in branches] == sorted(OPERATORS)
    assert set(OPERATORS) < set(document["$defs"])


@pytest.mark.parametrize("name", BUNDLES)
def test_real_members_validate(name: str) -> None:
    members = members_of(BUNDLES[name]())
    Draft202012Validator(schema.bundle_schema()).validate(json.loads(members["bundle.json"]))
    Draft202012Validator(schema.graph_schema()).validate(json.loads(members["graph.json"]))


@pytest.mark.parametrize("name", BUNDLES)
def test_manifest_reader_and_schema_refuse_the_same(name: str) -> None:
    document = json.loads(members_of(BUNDLES[name]())["bundle.json"])
    document["extensions"] = {"tool": 1}
    assert_agreement(document, schema.bundle_schema(), Manifest.from_json)


@pytest.mark.parametrize("name", BUNDLES)
def test_graph_reader_and_schema_refuse_the_same(name: str) -> None:
    bundle = BUNDLES[name]()
    members = members_of(bundle)
    document = json.loads(members["graph.json"])
    document["extensions"] = {"tool": 1}
    document["nodes"][0]["extensions"] = {"tool": 1}
    arrays = tensors.unpack(members["tensors.msgpack"])
    inputs = graph_inputs(bundle.manifest)

    def read(value: Any) -> object:
        return graph_json.from_json(value, arrays, inputs)

    assert_agreement(document, schema.graph_schema(), read)


def assert_agreement(document: Any, rules: Any, read: Callable[[Any], object]) -> None:
    """Reader and schema must accept or refuse every mutant of the document together."""
    validator = Draft202012Validator(rules)
    assert validator.is_valid(document)
    read(document)
    refused, apart = 0, []
    for label, mutant in mutants(document):
        by_schema = not validator.is_valid(mutant)
        by_code = is_refused(read, mutant)
        refused += by_code
        # That a class label is of its list's dtype is a relation JSON Schema cannot state.
        if "'classes', " in label and by_code:
            continue
        if by_schema != by_code:
            apart.append((label, f"schema {'refuses' if by_schema else 'accepts'}"))
    assert apart == []
    assert refused > 100, "the mutants do not reach the rules"


def is_refused(read: Callable[[Any], object], mutant: Any) -> bool:
    try:
        read(mutant)
    except (BundleError, Violation):
        return True
    return False


def mutants(document: Any) -> Iterator[tuple[str, Any]]:
    """The document with one field removed, one unknown field added, or one type changed."""
    for path in list(places(document)):
        holder, key = at(document, path[:-1]), path[-1]
        if isinstance(holder, dict):
            mutant = copy.deepcopy(document)
            del at(mutant, path[:-1])[key]
            yield f"{path} removed", mutant
            mutant = copy.deepcopy(document)
            at(mutant, path[:-1])["surprise"] = 1
            yield f"{path} with an unknown field beside", mutant
        for other in OTHERS:
            if type(other) is not type(holder[key]) or other == -1 or other == [None]:
                mutant = copy.deepcopy(document)
                at(mutant, path[:-1])[key] = copy.deepcopy(other)
                yield f"{path} = {other!r}", mutant


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field and list item inside a JSON value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """What lies at a path inside a JSON value."""
    for key in path:
        value = value[key]
    return value
