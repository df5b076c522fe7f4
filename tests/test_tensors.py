"""tensors.msgpack and verification.msgpack: lengths, dtypes and shapes that lie."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorebundle.bundle import Bundle, BundleError, tensors
from scorebundle.bundle.errors import Violation
from scorebundle.bundle.fields import TENSOR_DTYPES

from .bundles import Array, classifier_bundle, members_of, packed, with_member


@pytest.mark.parametrize("dtype", TENSOR_DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0), (1, 2, 3, 4)])
def test_arrays_survive_bit_for_bit(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    again = tensors.unpack(tensors.pack({"a": array}))["a"]
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    assert not again.flags.writeable


def test_nan_payloads_infinities_and_signed_zeros_survive() -> None:
    array = np.array([0x7FF8000000000001, 0xFFF0000000000000, 0x8000000000000000], np.uint64)
    again = tensors.unpack(tensors.pack({"a": array.view(np.float64)}))["a"]
    assert again.view(np.uint64).tolist() == array.tolist()


def test_layout_and_byte_order_do_not_reach_the_file() -> None:
    array = np.arange(6.0).reshape(2, 3)
    for other in (np.asfortranarray(array), array.astype(">f8"), array[::-1][::-1]):
        assert tensors.pack({"a": other}) == tensors.pack({"a": array})


@pytest.mark.parametrize(
    "value, rule",
    [
        (None, "must be \\[dtype, shape, bytes\\]"),
        (["float64", [0]], "must be \\[dtype, shape, bytes\\]"),
        (["object", [1], b"12345678"], "dtype must be one of"),
        (["<f8", [1], b"12345678"], "dtype must be one of"),
        (["str", [1], b"1"], "dtype must be one of"),
        ([8, [1], b"12345678"], "dtype must be one of"),
        (["float64", 1, b"12345678"], "shape must be a list"),
        (["float64", [1] * 5, b"12345678"], "at most 4"),
        (["float64", [-1], b"12345678"], "whole numbers"),
        (["float64", [True], b"12345678"], "whole numbers"),
        (["float64", [1.0], b"12345678"], "whole numbers"),
        (["float64", [2**40], b""], "whole numbers"),
        (["float64", ["1"], b"12345678"], "whole numbers"),
        (["float64", [1], "12345678"], "data must be bytes"),
        (["float64", [1], [0] * 8], "data must be bytes"),
        (["float64", [2], b"12345678"], "length does not fit"),
        (["float64", [1], b"1234567"], "length does not fit"),
        (["float64", [0], b"12345678"], "length does not fit"),
        (["float64", [], b""], "length does not fit"),
        (["float32", [2**39, 2**39, 2**39, 2**39], b"1234"], "length does not fit"),
        (["bool", [2], b"\0\2"], "a bool must be 0 or 1"),
    ],
)
def test_tensor_that_lies_is_refused_by_name(value: Any, rule: str) -> None:
    with pytest.raises(Violation, match=f"tensor 'x': .*{rule}"):
        tensors.unpack(packed({"x": value}))


def test_empty_tensor_with_huge_sizes_breaks_a_rule() -> None:
    with pytest.raises(Violation, match="tensor 'x'"):
        tensors.unpack(packed({"x": ["float32", [0, 2**39, 2**39, 2], b""]}))


@pytest.mark.parametrize("value", [None, [], 1, "text", b"bytes"], ids=repr)
def test_member_must_be_a_map(value: Any) -> None:
    with pytest.raises(Violation, match="must be a map of tensors"):
        tensors.unpack(packed(value))


@pytest.mark.parametrize(
    "data, rule",
    [
        (b"", "not valid msgpack"),
        (b"\xc1", "not valid msgpack"),
        (b"\x80\x80", "not valid msgpack"),
        (b"\x81\xa1", "not valid msgpack"),
        (b"\x82\xa1a\xc0\xa1a\xc0", "appears twice"),
        (b"\x81\x01\xc0", "not valid msgpack"),
        (b"\x81\xc4\x01a\xc0", "name must be text"),
        (b"\x81\xa1\xff\xc0", "not valid msgpack"),
        (b"\x81\xa1a\xd4\x01a", "not valid msgpack"),
        (b"\x81\xa1a\xd6\xff\0\0\0\0", "not valid msgpack"),
        (b"\xdf\xff\xff\xff\xff", "not valid msgpack"),
        (b"\xdd\xff\xff\xff\xff", "not valid msgpack"),
        (b"\x91" * 100_000, "not valid msgpack"),
        (b"\xdd\x00\xff\xff\xff" * 300, "not valid msgpack"),
    ],
    ids=[
        "empty",
        "reserved byte",
        "trailing bytes",
        "cut off",
        "key twice",
        "number as key",
        "bytes as key",
        "key not UTF-8",
        "extension type",
        "time stamp",
        "map of 4 billion",
        "list of 4 billion",
        "deep",
        "deep and long",
    ],
)
def test_hostile_msgpack_breaks_a_rule(data: bytes, rule: str) -> None:
    with pytest.raises(Violation, match=rule):
        tensors.unpack(data)


@given(st.binary(max_size=40) | st.binary(max_size=8).map(lambda data: b"\x81\xa1a\x93" + data))
def test_any_bytes_unpack_or_break_a_rule(data: bytes) -> None:
    with suppress(Violation):
        tensors.unpack(data)


# verification.msgpack


def refuses_rows(change: Any, rule: str) -> None:
    """Apply `change` to the unpacked verification rows and expect the bundle to be refused."""
    members = members_of(classifier_bundle())
    content = msgpack.unpackb(members["verification.msgpack"])
    content = change(content) or content
    changed = with_member(members, "verification.msgpack", packed(content))
    with pytest.raises(BundleError, match=rule) as caught:
        Bundle.open(changed).check()
    assert caught.value.member == "verification.msgpack"


def array(values: Any, dtype: Any = np.float64) -> list[Any]:
    result: Array = np.array(values, dtype)
    return tensors.encode(result)


def test_verification_is_a_map_of_rows_and_outputs() -> None:
    refuses_rows(lambda content: [1], "must be a map of rows and outputs")
    refuses_rows(lambda content: content.update(more=1), "must be a map of rows and outputs")
    refuses_rows(lambda content: content.pop("rows") and None, "must be a map of rows")


def test_verification_names_the_columns_and_outputs_of_the_schema() -> None:
    refuses_rows(lambda content: content["rows"].update(c=1), "rows: must name exactly")
    refuses_rows(lambda content: content["outputs"].update(c=1), "outputs: must name exactly")
    refuses_rows(lambda content: content.update(rows=[]), "rows: must name exactly")


def test_verification_columns_have_the_inputs_type_and_one_length() -> None:
    def column(value: Any) -> Any:
        return lambda content: content["rows"].update(a=value)

    refuses_rows(column(array([1, 2, 3], np.float32)), "column 'a': must be a vector of float64")
    refuses_rows(column(array([[1, 2, 3]])), "column 'a': must be a vector of float64")
    refuses_rows(column(array([1, 2])), "columns differ in length")
    refuses_rows(column(["scalars", [1, 2, 3]]), "column 'a'")


def test_verification_outputs_have_the_schemas_form() -> None:
    def output(name: str, value: Any) -> Any:
        return lambda content: content["outputs"].update({name: value})

    labels, wide = ["scalars", ["no"] * 3], array(np.zeros((3, 3)))
    refuses_rows(output("predict", []), "output 'predict': must have 1 values")
    refuses_rows(output("predict", [[1]]), r"must be \[value, tolerance\]")
    refuses_rows(output("predict", [[wide, None]]), "must hold|must be scalars|must be a list")
    refuses_rows(output("predict", [[["scalars", "no"], None]]), "must be a list")
    refuses_rows(output("predict", [[["scalars", [["no"]] * 3], None]]), "must hold text")
    refuses_rows(output("predict", [[["scalars", ["no"]], None]]), "another number of rows")
    refuses_rows(output("predict", [[labels, array([0, 0, 0])]]), "must be a bool per row")
    refuses_rows(output("predict_proba", [[labels, None]]), "output 'predict_proba': must be")
    refuses_rows(output("predict_proba", [[array(np.zeros((3, 2))), None]]), r"\(rows, 3\)")
    refuses_rows(output("predict_proba", [[array(np.zeros(3)), None]]), r"\(rows, 3\)")
    refuses_rows(output("predict_proba", [[wide, array([0.0])]]), "tolerance must be float64")


@pytest.mark.parametrize("bound", [np.nan, -1.0, -np.inf])
def test_tolerance_is_not_negative_or_nan(bound: float) -> None:
    wide = [array(np.zeros((3, 3))), array(np.full((3, 3), bound))]
    refuses_rows(lambda content: content["outputs"].update(predict_proba=[wide]), "tolerance")
