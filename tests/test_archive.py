"""The container against hostile and broken zip files."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from typing import Any

import pytest

from scorebundle.bundle import Bundle, BundleError, archive

from .bundles import BUNDLES, members_of, zipped

A, B = b"first member " * 8, b"second"
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def two_members() -> bytes:
    return archive.write({"a": A, "b": B})


def read_all(data: bytes) -> dict[str, bytes]:
    found = archive.members(data)
    return {name: archive.read(archive.packed(data, m), m) for name, m in found.items()}


def patched(data: bytes, header: bytes, offset: int, layout: str, value: int) -> bytes:
    """The zip with one number changed in the first header of a kind."""
    changed = bytearray(data)
    struct.pack_into("<" + layout, changed, data.index(header) + offset, value)
    return bytes(changed)


def refuses(data: bytes, rule: str) -> None:
    with pytest.raises(BundleError, match=rule):
        read_all(data)


# What must be accepted


def test_written_members_are_read_back() -> None:
    assert read_all(two_members()) == {"a": A, "b": B}
    members = {"a": A, "empty": b""}
    assert read_all(archive.write(members, frozenset(members))) == members


def test_other_tools_can_read_what_is_written() -> None:
    with zipfile.ZipFile(io.BytesIO(archive.write({"a": A, "b": B}, frozenset({"a"})))) as file:
        assert file.testzip() is None
        assert [file.read(name) for name in file.namelist()] == [A, B]


def test_writing_is_deterministic_and_carries_no_time() -> None:
    first = archive.write({"a": A, "b": B}, frozenset({"a"}))
    assert first == archive.write({"a": A, "b": B}, frozenset({"a"}))
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert {item.date_time for item in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [item.extra for item in file.infolist()] == [b"", b""]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("name", BUNDLES)
def test_rezipped_bundle_keeps_its_identity(name: str, method: int) -> None:
    bundle = BUNDLES[name]()
    again = Bundle.open(zipped(members_of(bundle), method))
    again.check()
    assert again.digest == bundle.digest
    assert again.to_bytes() == bundle.to_bytes()


def test_streamed_zip_with_data_descriptors_is_accepted() -> None:
    class Pipe(io.RawIOBase):
        """A stream that cannot seek, so that sizes follow the data."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, part: Any) -> int:
            self.data += part
            return len(part)

    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", method) as file:
            file.writestr("a", A)
            file.writestr("b", B)
        assert read_all(bytes(pipe.data)) == {"a": A, "b": B}


def test_what_compresses_too_well_is_stored_so_that_it_can_be_read() -> None:
    zeros = bytes(1 << 20)
    assert read_all(archive.write({"a": zeros}, frozenset({"a"}))) == {"a": zeros}


# What two readers could understand differently


def test_duplicate_member_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip_file:
        zip_file.writestr("a", A)
        with pytest.warns(UserWarning, match="Duplicate"):
            zip_file.writestr("a", B)
    refuses(file.getvalue(), "a: appears twice")


def test_overlapping_members_are_refused() -> None:
    inner = archive.write({"b": B})
    hidden = inner[: inner.index(CENTRAL)]  # b's header and data, inside the data of a
    outer = archive.write({"a": hidden})
    start = outer.index(CENTRAL)
    size = outer.index(END) - start
    entry = bytearray(inner[inner.index(CENTRAL) : inner.index(END)])
    struct.pack_into("<I", entry, 42, outer.index(hidden))
    directory = outer[start : start + size] + bytes(entry)
    end = struct.pack("<4s4H2IH", END, 0, 0, 2, 2, len(directory), start, 0)
    refuses(outer[:start] + directory + end, "b: overlaps another member")


def test_bytes_after_the_end_are_refused() -> None:
    refuses(two_members() + b"\0", "bytes after its end")


def test_bytes_before_the_first_member_are_refused() -> None:
    data = two_members()
    shifted = patched(b"#!sh" + data, CENTRAL, 42, "I", 4)
    second = shifted.index(CENTRAL, shifted.index(CENTRAL) + 1) - shifted.index(CENTRAL)
    shifted = patched(shifted, CENTRAL, second + 42, "I", data.index(LOCAL, 4) + 4)
    refuses(patched(shifted, END, 16, "I", data.index(CENTRAL) + 4), "belong to no member")


def test_bytes_between_members_and_directory_are_refused() -> None:
    data = two_members()
    at = data.index(CENTRAL)
    gapped = data[:at] + b"hidden" + data[at:]
    refuses(patched(gapped, END, 16, "I", at + 6), "belong to no member")


@pytest.mark.parametrize(
    "field, offset, layout, value",
    [
        pytest.param(*("flags: encrypted", 6, "H", 0x801)),
        ("method", 8, "H", 8),
        ("CRC", 14, "I", 1),
        ("packed size", 18, "I", 1),
        ("size", 22, "I", 1),
        ("name", 30, "B", ord("c")),
    ],
)
def test_local_header_must_say_what_the_directory_says(
    field: str, offset: int, layout: str, value: int
) -> None:
    refuses(patched(two_members(), LOCAL, offset, layout, value), "a: its header differs")


def test_deferred_sizes_must_be_zero_in_the_local_header() -> None:
    lying = patched(patched(two_members(), LOCAL, 6, "H", 0x808), LOCAL, 22, "I", 1)
    refuses(lying, "a: its header differs")


# Features that are not accepted


def test_encrypted_member_is_refused() -> None:
    for bit in (0x1, 0x40, 0x2000):
        refuses(patched(two_members(), CENTRAL, 8, "H", 0x800 | bit), "a: is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(method: int) -> None:
    refuses(zipped({"a": A}, method), f"a: uses compression method {method}")


def test_zip64_is_refused() -> None:
    refuses(patched(two_members(), CENTRAL, 6, "H", 45), "zip64")
    for offset in (20, 24, 42):  # packed size, size, position of the member
        refuses(patched(two_members(), CENTRAL, offset, "I", 0xFFFFFFFF), "zip64")


def test_several_disks_are_refused() -> None:
    for offset in (4, 6, 8):  # this disk, the directory's disk, entries on this disk
        refuses(patched(two_members(), END, offset, "H", 1), "several disks")
    refuses(patched(two_members(), CENTRAL, 34, "H", 1), "not accepted")


@pytest.mark.parametrize("name", ["../a", "/a", "a/b", "a/", "a\\b", "C:a", ".a", "", "a\nb", "é"])
def test_name_that_is_a_path_or_unclear_is_refused(name: str) -> None:
    refuses(archive.write({name: A}), "member name")


# Sizes that lie


def test_oversized_member_is_refused_before_reading() -> None:
    huge = patched(two_members(), CENTRAL, 24, "I", archive.MAX_MEMBER)
    refuses(huge, "a: is larger than")


def test_zip_bomb_is_refused_by_its_declared_ratio() -> None:
    refuses(zipped({"a": bytes(1 << 20)}, zipfile.ZIP_DEFLATED), "a: unpacked and packed size")


def deflated(data: bytes, size: int) -> bytes:
    """A zip whose member declares `size` and holds the deflated data."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    common = (0, 8, 0, 33, zlib.crc32(data), len(packed), size, 1)
    body = struct.pack("<4s5H3I2H", LOCAL, 20, *common, 0) + b"a" + packed
    entry = struct.pack("<4s6H3I5H2I", CENTRAL, 20, 20, *common, 0, 0, 0, 0, 0, 0) + b"a"
    return body + entry + struct.pack("<4s4H2IH", END, 0, 0, 1, 1, len(entry), len(body), 0)


def test_zip_bomb_with_a_false_size_is_stopped_at_that_size() -> None:
    data = deflated(bytes(1 << 24), 100)
    refuses(data, "a: unpacks to another size")
    member = archive.members(data)["a"]
    tracemalloc.start()
    try:
        with pytest.raises(BundleError):
            archive.read(archive.packed(data, member), member)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [len(A) - 1, len(A) + 1, 0])
def test_member_that_unpacks_to_another_size_is_refused(size: int) -> None:
    refuses(deflated(A, size), "a: unpacks to another size")


def test_stored_member_with_two_sizes_is_refused() -> None:
    refuses(patched(two_members(), CENTRAL, 24, "I", len(A) - 1), "a: unpacked and packed size")


def test_too_many_members_are_refused() -> None:
    many = {f"m{number}": b"" for number in range(archive.MAX_MEMBERS + 1)}
    refuses(archive.write(many), f"more than {archive.MAX_MEMBERS} members")


def test_too_large_a_member_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 10)
    with pytest.raises(BundleError, match="a: is larger than 10 bytes"):
        archive.write({"a": A})


# Damage


def test_truncated_file_is_refused_at_every_length() -> None:
    data = two_members()
    for length in range(len(data)):
        with pytest.raises(BundleError):
            read_all(data[:length])


def test_damaged_data_is_refused_by_its_crc() -> None:
    data = two_members()
    at = data.index(A)
    refuses(data[:at] + b"F" + data[at + 1 :], "a: is damaged: CRC-32 differs")


def test_damaged_deflate_stream_is_refused() -> None:
    data = bytearray(deflated(A, len(A)))
    data[31] = 0xFF  # an undefined block type
    refuses(bytes(data), "a: cannot be unpacked")


@pytest.mark.parametrize("data", [b"", b"PK", b"\x80\x04model", b"<PMML/>", b"\0" * 100])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    refuses(data, "is not a zip file")


@pytest.mark.parametrize("change", [1, -1])
def test_directory_must_be_where_the_end_says(change: int) -> None:
    data = two_members()
    at = data.index(CENTRAL)
    size = data.index(END) - at
    refuses(patched(data, END, 16, "I", at + change), "the directory is not where it should be")
    refuses(patched(data, END, 12, "I", size + change), "the directory is not where it should be")


def test_directory_must_hold_as_many_members_as_it_says() -> None:
    few = patched(patched(two_members(), END, 8, "H", 1), END, 10, "H", 1)
    refuses(few, "the directory does not end where it says")
    many = patched(patched(two_members(), END, 8, "H", 3), END, 10, "H", 3)
    refuses(many, "the directory is cut off")
