"""The container: a plain zip (APPNOTE 6.3.3 without zip64), written and read strictly.

Writing is canonical: members in the given order, no time stamps, no extra fields. Reading
accepts what other zip tools make of the same members, stored or deflated, and nothing that
two readers could understand differently.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .errors import BundleError

MAX_MEMBERS: Final = 16
MAX_MEMBER: Final = 1 << 31
"""Largest size of an unpacked member, in bytes."""
MAX_TOTAL: Final = (1 << 32) - (1 << 20)
"""Largest sum of the members' unpacked sizes: what a zip without zip64 can hold."""
MAX_RATIO: Final = 200
"""Largest ratio of unpacked to packed size."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_EPOCH: Final = (0, 33)  # 1980-01-01 00:00, the zip format's zero
_UTF8: Final = 0x800
_DEFERRED: Final = 8  # flag: CRC and sizes follow the data
_STORED, _DEFLATED = 0, 8


class Member(NamedTuple):
    """Where a member's packed bytes lie."""

    name: str
    method: int
    start: int
    packed: int
    size: int
    crc: int


def write(members: Mapping[str, bytes], deflate: frozenset[str] = frozenset()) -> bytes:
    """Zip the members in order; those named in `deflate` are compressed.

    Raises:
        BundleError: if a member is too large for the format.
    """
    body, directory = bytearray(), bytearray()
    if sum(map(len, members.values())) >= MAX_TOTAL:
        raise BundleError(f"is larger than {MAX_TOTAL} bytes")
    for name, data in members.items():
        if len(data) >= MAX_MEMBER:
            raise BundleError(f"is larger than {MAX_MEMBER} bytes", member=name)
        method, packed = _pack(data, name in deflate)
        encoded = name.encode()
        common = (_UTF8, method, *_EPOCH, zlib.crc32(data), len(packed), len(data), len(encoded))
        directory += _CENTRAL.pack(b"PK\1\2", 20, 20, *common, 0, 0, 0, 0, 0, len(body))
        directory += encoded
        body += _LOCAL.pack(b"PK\3\4", 20, *common, 0) + encoded + packed
    count = len(members)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def _pack(data: bytes, deflate: bool) -> tuple[int, bytes]:
    if deflate:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        if len(data) <= MAX_RATIO * len(packed) and len(packed) < len(data):
            return _DEFLATED, packed
    return _STORED, data


def members(data: bytes) -> dict[str, Member]:
    """Read the directory and check it against the local headers.

    Raises:
        BundleError: duplicate, overlapping, encrypted, oversized or path-like members,
            zip64, several disks, or bytes that belong to no member.
    """
    start, end, count = _directory(data)
    found: dict[str, Member] = {}
    spans = []
    position = start
    for _ in range(count):
        member, flags, offset, position = _central(data, position, end)
        if member.name in found:
            raise BundleError("appears twice", member=member.name)
        member = _located(data, member, flags, offset, start)
        found[member.name] = member
        spans.append((offset, _end_of(data, member, offset), member.name))
    if position != end:
        raise BundleError("the directory does not end where it says")
    if sum(member.size for member in found.values()) >= MAX_TOTAL:
        raise BundleError(f"is larger than {MAX_TOTAL} bytes")
    _check_contiguous(spans, start)
    return found


def _check_contiguous(spans: list[tuple[int, int, str]], end: int) -> None:
    """Members follow each other from the first byte to the directory."""
    reached = 0
    for first, last, name in sorted(spans):
        if first < reached:
            raise BundleError("overlaps another member", member=name)
        if first > reached:
            raise BundleError("has bytes before it that belong to no member", member=name)
        reached = last
    if reached != end:
        raise BundleError("has bytes that belong to no member")


def packed(data: bytes, member: Member) -> bytes:
    """The bytes of a member as they lie in the zip."""
    return data[member.start : member.start + member.packed]


def read(stored: bytes, member: Member) -> bytes:
    """Unpack one member within its declared size, and check its CRC.

    Args:
        stored: its bytes as they lie in the zip, see `packed`.
        member: what the directory says of it.

    Raises:
        BundleError: if size or CRC differ from what the directory says.
    """
    if member.method == _DEFLATED:
        unpacker = zlib.decompressobj(-15)
        try:
            result = unpacker.decompress(stored, member.size + 1)
        except zlib.error as error:
            raise BundleError(f"cannot be unpacked: {error}", member=member.name) from None
        if not unpacker.eof or unpacker.unused_data:
            raise BundleError("unpacks to another size than declared", member=member.name)
    else:
        result = stored
    if len(result) != member.size:
        raise BundleError("unpacks to another size than declared", member=member.name)
    if zlib.crc32(result) != member.crc:
        raise BundleError("is damaged: CRC-32 differs", member=member.name)
    return result


class Archive(Mapping[str, bytes]):
    """A zip's members, unpacked when they are first asked for.

    Raises:
        BundleError: as `members` when it is created, as `read` when a member is asked for.
    """

    def __init__(self, data: bytes) -> None:
        self._members = members(data)
        self._packed = {name: packed(data, member) for name, member in self._members.items()}
        self._unpacked: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._unpacked:
            self._unpacked[name] = read(self._packed[name], self._members[name])
        return self._unpacked[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def release(self, name: str) -> None:
        """Let go of a member's bytes; whoever asks for it again gets none."""
        self._packed[name] = self._unpacked[name] = b""


def _directory(data: bytes) -> tuple[int, int, int]:
    at = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - 0xFFFF))
    if at < 0 or at + _END.size > len(data):
        raise BundleError("is not a zip file, or is cut off")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != len(data):
        raise BundleError("has bytes after its end")
    if disk or first_disk or here != count:
        raise BundleError("spans several disks")
    if count > MAX_MEMBERS:
        raise BundleError(f"has more than {MAX_MEMBERS} members")
    if start + size != at:
        raise BundleError("the directory is not where it should be")
    return start, at, count


def _central(data: bytes, position: int, end: int) -> tuple[Member, int, int, int]:
    if position + _CENTRAL.size > end:
        raise BundleError("the directory is cut off")
    fields = _CENTRAL.unpack_from(data, position)
    magic, _, needed, flags, method, _, _, crc, packed, size = fields[:10]
    name_size, extra, comment, disk, _, _, offset = fields[10:]
    after = position + _CENTRAL.size + name_size + extra + comment
    if magic != b"PK\1\2" or after > end:
        raise BundleError("the directory is damaged")
    raw = data[position + _CENTRAL.size : position + _CENTRAL.size + name_size]
    name = _checked_name(raw)
    if flags & 0x2041:
        raise BundleError("is encrypted", member=name)
    if method not in (_STORED, _DEFLATED):
        raise BundleError(f"uses compression method {method}", member=name)
    if needed > 20 or disk or 0xFFFFFFFF in (packed, size, offset):
        raise BundleError("uses zip64 or another feature that is not accepted", member=name)
    if size >= MAX_MEMBER:
        raise BundleError(f"is larger than {MAX_MEMBER} bytes", member=name)
    if (method == _STORED and packed != size) or size > MAX_RATIO * packed:
        raise BundleError("unpacked and packed size do not fit", member=name)
    return Member(name, method, 0, packed, size, crc), flags, offset, after


def _checked_name(raw: bytes) -> str:
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise BundleError(f"member name {raw!r:.80} is not ASCII") from None
    if not name or any(not (c.isalnum() or c in "._-") for c in name) or name.startswith("."):
        raise BundleError(f"member name {name!r:.80} is not a plain file name")
    return name


def _located(data: bytes, member: Member, listed: int, offset: int, directory: int) -> Member:
    if offset + _LOCAL.size > directory:
        raise BundleError("lies outside the file", member=member.name)
    magic, _, flags, method, _, _, crc, packed, size, name_size, extra = _LOCAL.unpack_from(
        data, offset
    )
    start = offset + _LOCAL.size + name_size + extra
    name = data[offset + _LOCAL.size : offset + _LOCAL.size + name_size]
    if magic != b"PK\3\4" or name != member.name.encode() or method != member.method:
        raise BundleError("its header differs from the directory", member=member.name)
    if flags & ~_DEFERRED != listed & ~_DEFERRED:
        raise BundleError("its header differs from the directory", member=member.name)
    sizes = crc, packed, size
    known = (member.crc, member.packed, member.size)
    if sizes != known and not (flags & _DEFERRED and sizes == (0, 0, 0)):
        raise BundleError("its header differs from the directory", member=member.name)
    if start + member.packed > directory:
        raise BundleError("lies outside the file", member=member.name)
    return member._replace(start=start)


def _end_of(data: bytes, member: Member, offset: int) -> int:
    """Where a member ends, with its data descriptor if it has one (APPNOTE 4.3.9)."""
    end = member.start + member.packed
    (flags,) = struct.unpack_from("<H", data, offset + 6)
    if not flags & _DEFERRED:
        return end
    plain = struct.pack("<3I", member.crc, member.packed, member.size)
    for descriptor in (b"PK\7\10" + plain, plain):
        if data[end : end + len(descriptor)] == descriptor:
            return end + len(descriptor)
    raise BundleError("its data descriptor is damaged", member=member.name)
