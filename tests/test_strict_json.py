"""JSON members: one reading only, bounded in depth, time and numbers."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorebundle.bundle import strict_json
from scorebundle.bundle.errors import Violation

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('ab"\\[{é'), inner),
    max_leaves=20,
)


@given(documents)
def test_what_is_dumped_is_parsed_back(value: Any) -> None:
    assert strict_json.parse(strict_json.dump(value)) == value


@given(documents)
def test_dump_is_canonical(value: Any) -> None:
    once = strict_json.dump(value)
    assert strict_json.dump(strict_json.parse(once)) == once


def test_dump_does_not_depend_on_the_order_of_fields() -> None:
    assert strict_json.dump({"b": 1, "a": 2}) == strict_json.dump({"a": 2, "b": 1})


@given(st.binary(max_size=60) | st.text('[]{}",:\\ae1-. ', max_size=60).map(str.encode))
def test_any_bytes_parse_or_break_a_rule(data: bytes) -> None:
    with suppress(Violation):
        strict_json.parse(data)


def refuses(data: bytes, rule: str) -> None:
    with pytest.raises(Violation, match=rule):
        strict_json.parse(data)


def test_duplicate_key_is_refused_by_name() -> None:
    refuses(b'{"a":1,"b":{"c":1,"c":2}}', "key 'c' appears twice")


def test_duplicate_key_written_with_an_escape_is_refused() -> None:
    refuses(b'{"a":1,"\\u0061":2}', "key 'a' appears twice")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(word: str) -> None:
    refuses(f"[{word}]".encode(), f"{word} is not JSON")


@pytest.mark.parametrize("word", ["1e400", "-1e400"])
def test_number_beyond_float64_is_refused(word: str) -> None:
    refuses(f"[{word}]".encode(), "number")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1,]", b"{'a':1}", b"[1] 2", b"// note\n[]", b"\xef\xbb\xbf[]", b'["\xff"]'],
    ids=repr,
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    refuses(data, "is not valid JSON")


def test_integer_of_many_digits_is_refused_quickly() -> None:
    refuses(b"9" * 1_000_000, "is not valid JSON")


@pytest.mark.parametrize("opening, closing", [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_is_limited_exactly(opening: bytes, closing: bytes) -> None:
    limit = strict_json.MAX_DEPTH
    strict_json.parse(opening * limit + b"1" + closing * limit)
    refuses(opening * (limit + 1) + b"1" + closing * (limit + 1), "nested deeper than 32")


def test_million_brackets_do_not_exhaust_the_stack() -> None:
    refuses(b"[" * 1_000_000, "nested deeper than 32")


@pytest.mark.parametrize("text", ["[" * 40, '"' + "[" * 40, "\\" + "{" * 40, "\\" * 3 + '"['])
def test_brackets_inside_text_do_not_count(text: str) -> None:
    assert strict_json.parse(strict_json.dump([text])) == [text]


def test_brackets_cannot_be_hidden_behind_a_broken_string() -> None:
    refuses(b'["\\\n", ' + b"[" * 1000, "deeper|not valid")


def test_unclosed_string_takes_linear_time() -> None:
    start = time.perf_counter()
    refuses(b'"' + b'\\"' * 20_000, "is not valid JSON")
    assert time.perf_counter() - start < 1


# The checks that readers are built of


def test_record_names_the_missing_and_the_unknown_field() -> None:
    with pytest.raises(Violation, match="a: is missing"):
        strict_json.record({}, {"a": strict_json.text})
    with pytest.raises(Violation, match="b: is not a field of this format"):
        strict_json.record({"a": "", "b": 1}, {"a": strict_json.text})
    assert strict_json.record({}, {}, {"a": strict_json.text}) == {}


def test_violation_tells_the_whole_path() -> None:
    check = strict_json.listing(lambda item: strict_json.record(item, {"a": strict_json.natural}))
    with pytest.raises(Violation, match=r"\[1\]: a: must be a whole number, not -1"):
        check([{"a": 1}, {"a": -1}])


@pytest.mark.parametrize("value", [None, True, 1.0, -1, 2**63, "1", math.inf, [], {}], ids=repr)
def test_natural_is_an_integer_of_63_bits(value: Any) -> None:
    with pytest.raises(Violation, match="must be a whole number"):
        strict_json.natural(value)
    assert strict_json.natural(2**63 - 1) == 2**63 - 1


@pytest.mark.parametrize("value", [None, 1, b"a", ["a"]], ids=repr)
def test_text_is_a_string(value: Any) -> None:
    with pytest.raises(Violation, match="must be text"):
        strict_json.text(value)


def test_half_a_surrogate_pair_is_no_text() -> None:
    value = strict_json.parse(b'"\\ud800"')
    with pytest.raises(Violation, match="must be valid Unicode text"):
        strict_json.text(value)


@pytest.mark.parametrize("value", [None, "", (), {}], ids=repr)
def test_listing_is_a_list(value: Any) -> None:
    with pytest.raises(Violation, match="must be a list"):
        strict_json.listing(strict_json.text)(value)


@pytest.mark.parametrize("value", [None, "", [], 1], ids=repr)
def test_mapping_and_record_are_objects(value: Any) -> None:
    for check in (strict_json.mapping, lambda item: strict_json.record(item, {})):
        with pytest.raises(Violation, match="must be an object"):
            check(value)
