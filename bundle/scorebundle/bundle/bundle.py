"""Bundle: one model as its members, checked; the zip is only how it travels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from . import archive, graph_json, protocol, strict_json, tensors
from .digest import sha256
from .errors import BundleError, Violation
from .graph import Graph
from .manifest import Manifest, Member, check_schema, describe, graph_inputs

if TYPE_CHECKING:
    from .verification import Verification

LARGE: Final = 1 << 22
"""Bytes of tensors that are not kept beside their arrays."""

Source = str | os.PathLike[str] | bytes | BinaryIO


class Bundle:
    """An immutable model file: manifest, graph, tensors, PMML, verification rows.

    Made by `export_bundle` or `Bundle.open`; both leave nothing unchecked that the runtime
    relies on.

    Attributes:
        manifest: the content of bundle.json.
        graph: the validated graph.
        digest: SHA-256 of bundle.json, which holds every other member's: the identity.
    """

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self._members = members
        self.digest = sha256(members[protocol.MANIFEST])
        self.manifest = _read_manifest(members[protocol.MANIFEST])
        for name in members:
            if name not in (protocol.MANIFEST, *self.manifest.members):
                raise BundleError("is not listed in bundle.json", member=name)
        for name in self.manifest.members:
            if name not in members:
                raise BundleError("is listed in bundle.json but missing", member=name)
        self.graph = self._read_graph()

    @classmethod
    def open(cls, source: Source) -> Bundle:
        """Read a bundle from a path, bytes or a binary file.

        Raises:
            BundleError: naming member, node and the rule it breaks.
            OSError: if the file cannot be read.
        """
        data = read_source(source)
        members = archive.Archive(data)
        for name in members:
            if name not in protocol.MEMBERS:
                raise BundleError("is not a member of this format", member=name)
        for name in (protocol.MANIFEST, *protocol.REQUIRED_MEMBERS):
            if name not in members:
                raise BundleError("is missing", member=name)
        return cls(members)

    @classmethod
    def build(
        cls, manifest: Manifest, graph: Graph, rows: Verification, pmml: bytes | None
    ) -> Bundle:
        """Put together a new bundle; schema and digests are filled in here."""
        document, arrays = graph_json.to_json(graph)
        members = {
            protocol.GRAPH: strict_json.dump(document),
            protocol.TENSORS: tensors.pack(arrays),
            protocol.VERIFICATION: rows.to_bytes(dict(graph.inputs)),
        }
        if pmml is not None:
            members[protocol.PMML] = pmml
        inputs, outputs = describe(graph)
        manifest = manifest._replace(
            inputs=inputs,
            outputs=outputs,
            members={name: _digest_of(data) for name, data in members.items()},
        )
        return cls({protocol.MANIFEST: strict_json.dump(manifest.to_json()), **members})

    @property
    def name(self) -> str:
        """The model's name."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """The model's version."""
        return self.manifest.model_version

    @cached_property
    def verification(self) -> Verification:
        """The stored rows and the training library's outputs."""
        from . import verification  # scoring needs no verification rows

        data = self._checked(protocol.VERIFICATION)
        try:
            return verification.read(data, self.manifest.inputs, self.manifest.outputs)
        except Violation as broken:
            raise BundleError(str(broken), member=protocol.VERIFICATION) from None

    def to_pmml(self) -> bytes:
        """The same model as a PMML document, which other engines can score.

        Raises:
            BundleError: if there is none, with the reason, which `manifest.pmml` says too.
        """
        if self.manifest.pmml is not None:
            raise BundleError(f"is not there: {self.manifest.pmml}", member=protocol.PMML)
        return self._checked(protocol.PMML)

    def check(self) -> None:
        """Check every member, also those that scoring never reads.

        Raises:
            BundleError: naming the member.
        """
        if self.manifest.pmml is None:
            self.to_pmml()
        _ = self.verification

    def to_bytes(self) -> bytes:
        """The zip file.

        Raises:
            BundleError: if a member that nobody asked for until now is damaged.
        """
        ordered: dict[str, bytes] = {
            name: self._member(name) for name in protocol.MEMBERS if name in self._members
        }
        return archive.write(ordered, deflate=frozenset({protocol.PMML}))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the zip atomically: the path holds the old file or the whole new one."""
        write_atomically(os.fspath(path), self.to_bytes())

    def __repr__(self) -> str:
        return f"<Bundle {self.name!r} version {self.version!r} {self.digest[:12]}>"

    def _member(self, name: str) -> bytes:
        """A member's bytes; large tensors are packed again."""
        if not self._released or name != protocol.TENSORS:
            return self._members[name]
        data = tensors.pack(graph_json.to_json(self.graph)[1])
        if _digest_of(data) != self.manifest.members[name]:
            raise BundleError("was packed by another writer: copy the file itself", member=name)
        return data

    def _read_graph(self) -> Graph:
        try:
            packed = self._checked(protocol.TENSORS)
            arrays = tensors.unpack(packed)
            self._released = len(packed) > LARGE and isinstance(self._members, archive.Archive)
            if isinstance(self._members, archive.Archive) and self._released:
                self._members.release(protocol.TENSORS)  # the arrays have copies
        except Violation as broken:
            raise BundleError(str(broken), member=protocol.TENSORS) from None
        document = _parse(self._checked(protocol.GRAPH), protocol.GRAPH)
        graph = graph_json.from_json(document, arrays, graph_inputs(self.manifest))
        try:
            check_schema(self.manifest, graph)
        except Violation as broken:
            raise BundleError(str(broken), member=protocol.MANIFEST) from None
        return graph

    def _checked(self, name: str) -> bytes:
        data = self._members[name]
        if _digest_of(data) != self.manifest.members[name]:
            raise BundleError("differs from its digest in bundle.json", member=name)
        return data


def read_source(source: Source) -> bytes:
    """The bytes of a path, bytes-like or binary file."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return file.read()
    data: Any = source.read()
    if not isinstance(data, bytes):
        raise TypeError("open the file in binary mode")
    return data


def write_atomically(path: str, data: bytes) -> None:
    """Write beside the path, then rename over it."""
    temporary = f"{path}.{os.urandom(6).hex()}.part"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _digest_of(data: bytes) -> Member:
    return Member(len(data), sha256(data))


def _read_manifest(data: bytes) -> Manifest:
    try:
        return Manifest.from_json(_parse(data, protocol.MANIFEST))
    except Violation as broken:
        raise BundleError(str(broken), member=protocol.MANIFEST) from None


def _parse(data: bytes, member: str) -> Any:
    try:
        return strict_json.parse(data)
    except Violation as broken:
        raise BundleError(str(broken), member=member) from None
