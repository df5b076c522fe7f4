"""Mutants of small bundles: each is refused with `BundleError`, or loads and scores unharmed."""

from __future__ import annotations

import copy
import json
import math
import random
import time
from collections.abc import Iterator
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorebundle.bundle import Bundle, BundleError
from scorebundle.bundle.fields import TENSOR_DTYPES
from scorebundle.runtime import Runtime

from .bundles import BUNDLES, members_of, packed, redigested, with_member, zipped

DTYPES = TENSOR_DTYPES
LONGEST = 5.0
"""Seconds of processor time after which a mutant of a few kilobytes counts as hanging."""

MEMBERS = {name: members_of(make()) for name, make in BUNDLES.items()}
SMALL: list[Any] = [None, True, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 0.5, "", "x", [], {}, [None]]
JSON_ONLY: list[Any] = [math.nan, -math.inf, "\ud800", [[]] * 3, {"a": {}}]


def score_without_fault(data: bytes) -> None:
    """Open, lower, score and check a bundle; the only error may be `BundleError`."""
    bundle = Bundle.open(data)
    runtime = Runtime.load(bundle)
    rows = dict(bundle.verification.rows)
    if rows:
        runtime.score(rows, errors="mark")
    bundle.check()


def survives(data: bytes, label: object) -> bool:
    """True if the mutant loads, False if it is refused; fails on other errors and on delay."""
    start = time.process_time()
    try:
        score_without_fault(data)
        return True
    except BundleError:
        return False
    except Exception as other:
        other.add_note(f"mutant: {label}")
        raise
    finally:
        assert time.process_time() - start < LONGEST, f"mutant: {label}"


def every_mutant(data: Iterator[tuple[object, bytes]]) -> tuple[int, int]:
    """Number of mutants refused and loaded, after trying all of them."""
    counts = [0, 0]
    for label, mutant in data:
        counts[survives(mutant, label)] += 1
    return counts[0], counts[1]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_unchanged_bundle_survives_the_harness(bundle: str) -> None:
    assert survives(zipped(MEMBERS[bundle]), "unchanged")
    assert survives(zipped(redigested(MEMBERS[bundle])), "digests written again")


# Structure: every field of every member


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("member", ["bundle.json", "graph.json"])
def test_every_field_of_a_json_member(bundle: str, member: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        document = json.loads(MEMBERS[bundle][member])
        for label, mutant in tree_mutants(document, SMALL + JSON_ONLY):
            text = json.dumps(mutant).encode()  # NaN and half surrogates pass, on purpose
            yield label, with_member(MEMBERS[bundle], member, text)

    assert every_mutant(mutants())[0] > 300


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize(
    "member",
    [
        "graph.json",
        pytest.param("bundle.json"),
    ],
)
def test_every_field_of_a_json_member_as_a_huge_integer(bundle: str, member: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        document = json.loads(MEMBERS[bundle][member])
        for label, mutant in tree_mutants(document, [10**400, -(10**4000)]):
            yield label, with_member(MEMBERS[bundle], member, json.dumps(mutant).encode())

    assert every_mutant(mutants())[0] > 50


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("member", ["bundle.json", "graph.json"])
def test_every_field_of_a_json_member_written_twice(bundle: str, member: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        text = json.dumps(json.loads(MEMBERS[bundle][member]))
        for position, letter in enumerate(text):
            if letter == ":" and text[position - 1] == '"':
                name = text[text.rindex('"', 0, position - 1) : position]
                doubled = f"{text[: position - len(name)]}{name}: 0, {text[position - len(name) :]}"
                yield name, with_member(MEMBERS[bundle], member, doubled.encode())

    refused, loaded = every_mutant(mutants())
    assert refused > 20
    assert loaded == 0


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("member", ["tensors.msgpack", "verification.msgpack"])
def test_every_field_of_a_msgpack_member(bundle: str, member: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        document = msgpack.unpackb(MEMBERS[bundle][member])
        values = [value for value in SMALL if value != -(2**63) - 1]  # msgpack has no such number
        for label, mutant in tree_mutants(document, [*values, math.nan, b"", b"\0" * 8]):
            yield label, with_member(MEMBERS[bundle], member, packed(mutant))

    assert every_mutant(mutants())[0] > 100


def tree_mutants(document: Any, values: list[Any]) -> Iterator[tuple[object, Any]]:
    """Each field or item removed, doubled, or replaced by each of the values."""
    for path in list(places(document)):
        *before, key = path
        mutant, holder = copied(document, before)
        del holder[key]
        yield ("removed", path), mutant
        mutant, holder = copied(document, before)
        if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[f"{key}2"] = copy.deepcopy(holder[key])
        yield ("doubled", path), mutant
        for value in values:
            mutant, holder = copied(document, before)
            holder[key] = copy.deepcopy(value)
            yield (path, value), mutant


def copied(document: Any, path: list[Any]) -> tuple[Any, Any]:
    """A deep copy, and what lies at the path inside the copy."""
    mutant = copy.deepcopy(document)
    holder = mutant
    for key in path:
        holder = holder[key]
    return mutant, holder


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


# Numbers: every tensor


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_dtype_and_shape_of_every_tensor(bundle: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        for name, (dtype, shape, data) in tensors_of(bundle).items():
            for other in DTYPES:
                yield (name, other), with_tensor(bundle, name, [other, shape, data])
                with np.errstate(invalid="ignore"):  # NaN to an integer: any value will do
                    array = np.frombuffer(data, DTYPES[dtype]).astype(DTYPES[other])
                yield (name, other, 1), with_tensor(bundle, name, [other, shape, array.tobytes()])
            size = math.prod(shape)
            for form in ([], [size], [1, size], [size, 1], shape[::-1], [*shape, 1], [0], [0, 1]):
                yield (name, form), with_tensor(bundle, name, [dtype, form, data])
            for rows in {0, 1, size - 1, size + 1, size + 40} - {size, -1}:
                longer = (data * (rows + 1))[: rows * DTYPES[dtype].itemsize]
                form = [rows, *[1] * (len(shape) - 1)]
                yield (name, rows), with_tensor(bundle, name, [dtype, form, longer])

    assert every_mutant(mutants())[0] > 10


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_number_of_every_tensor(bundle: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        for name, (dtype, shape, data) in tensors_of(bundle).items():
            for position in range(math.prod(shape)):
                for value in extremes(dtype):
                    array = np.frombuffer(data, DTYPES[dtype]).copy()
                    array[position] = value
                    mutant = with_tensor(bundle, name, [dtype, shape, array.tobytes()])
                    yield (name, position, value), mutant

    refused, loaded = every_mutant(mutants())
    assert refused + loaded > 20


def extremes(dtype: str) -> list[Any]:
    kind = DTYPES[dtype]
    if kind.kind == "f":
        return [math.nan, math.inf, -math.inf, -0.0, np.finfo(kind).max, 5e-324]
    if kind.kind == "b":
        return [True, False]
    limits = np.iinfo(kind)
    return [limits.min, limits.max, limits.max - 1, 0, 1, 2, *([-1, -2] if limits.min else [])]


def tensors_of(bundle: str) -> dict[str, Any]:
    return dict(msgpack.unpackb(MEMBERS[bundle]["tensors.msgpack"]))


def with_tensor(bundle: str, name: str, value: list[Any]) -> bytes:
    content = {**tensors_of(bundle), name: value}
    return with_member(MEMBERS[bundle], "tensors.msgpack", packed(content))


# Bytes


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_byte_of_the_zip(bundle: str) -> None:
    """Nothing in the file may change without being noticed, but time stamps and the like."""

    def mutants() -> Iterator[tuple[object, bytes]]:
        data = zipped(MEMBERS[bundle])
        for position in range(len(data)):
            changed = bytearray(data)
            changed[position] ^= 1 << random.Random(position).randrange(8)
            yield position, bytes(changed)

    refused, loaded = every_mutant(mutants())
    assert refused > 20 * loaded


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("member", list(MEMBERS["trees"]))
def test_every_byte_of_a_member_behind_right_digests(bundle: str, member: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        data = MEMBERS[bundle][member]
        for position in range(len(data)):
            changed = bytearray(data)
            changed[position] ^= 1 << random.Random(position).randrange(8)
            yield (member, position), with_member(MEMBERS[bundle], member, bytes(changed))

    assert every_mutant(mutants())[0] > 10


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("member", list(MEMBERS["trees"]))
def test_member_cut_off_behind_right_digests(bundle: str, member: str) -> None:
    def mutants() -> Iterator[tuple[object, bytes]]:
        data = MEMBERS[bundle][member]
        for length in range(0, len(data), 7):
            yield (member, length), with_member(MEMBERS[bundle], member, data[:length])

    assert every_mutant(mutants())[1] == 0


# Several mutations at once

edits = st.lists(st.tuples(st.integers(0, 2**16), st.binary(max_size=6)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(BUNDLES)), st.sampled_from(list(MEMBERS["trees"])), edits)
def test_random_edits_of_a_member(
    bundle: str, member: str, changes: list[tuple[int, bytes]]
) -> None:
    survives(
        with_member(MEMBERS[bundle], member, edited(MEMBERS[bundle][member], changes)), changes
    )


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(BUNDLES)), edits)
def test_random_edits_of_the_zip(bundle: str, changes: list[tuple[int, bytes]]) -> None:
    survives(edited(zipped(MEMBERS[bundle]), changes), changes)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_at_all(data: bytes) -> None:
    survives(data, data)


def edited(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    changed = bytearray(data)
    for position, piece in changes:
        start = position % len(data)
        changed[start : start + len(piece)] = piece
    return bytes(changed)
