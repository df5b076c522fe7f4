"""Which members a bundle has, and that they are the ones bundle.json tells of."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from scorebundle.bundle import Bundle, BundleError, tensors
from scorebundle.bundle.bundle import write_atomically
from scorebundle.bundle.digest import LARGE, sha256

from .bundles import members_of, redigested, tree_bundle, zipped


def test_foreign_member_is_refused() -> None:
    members = {**members_of(tree_bundle()), "model.pkl": b""}
    with pytest.raises(BundleError, match=r"model\.pkl: is not a member of this format"):
        Bundle.open(zipped(members))


@pytest.mark.parametrize("name", ["bundle.json", "graph.json", "tensors.msgpack"])
def test_missing_member_is_refused(name: str) -> None:
    members = members_of(tree_bundle())
    del members[name]
    with pytest.raises(BundleError, match=f"{name}: is missing"):
        Bundle.open(zipped(members))


def test_unlisted_member_is_refused() -> None:
    members = {**members_of(tree_bundle()), "model.pmml": b"<PMML/>"}
    with pytest.raises(BundleError, match=r"model\.pmml: is not listed in bundle\.json"):
        Bundle.open(zipped(members))


@pytest.mark.parametrize("name", ["graph.json", "tensors.msgpack", "verification.msgpack"])
def test_member_must_match_its_digest(name: str) -> None:
    members = members_of(tree_bundle())
    members[name] += b" "
    with pytest.raises(BundleError, match=f"{name}: differs from its digest"):
        Bundle.open(zipped(members)).check()


def test_redigesting_helper_reaches_past_the_digests() -> None:
    members = members_of(tree_bundle())
    members["graph.json"] += b" "  # legal JSON white space
    assert Bundle.open(zipped(redigested(members))).digest != tree_bundle().digest


def test_a_bundle_opens_from_path_bytes_and_file(tmp_path: Path) -> None:
    bundle = tree_bundle()
    path = tmp_path / "model.zip"
    bundle.save(path)
    with path.open("rb") as file:
        for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), file):
            assert Bundle.open(source).digest == bundle.digest


def test_file_opened_as_text_is_told_so() -> None:
    with pytest.raises(TypeError, match="binary mode"):
        Bundle.open(io.StringIO("PK"))  # type: ignore[arg-type]


def test_failed_save_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"old")

    def full_disk(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        tree_bundle().save(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_leftover_of_a_crashed_process_does_not_block_saving(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    Path(f"{path}.{os.getpid()}.part").write_bytes(b"cut off")  # in a container, pids repeat
    write_atomically(str(path), b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("size", [0, 1, 1000, LARGE - 1, LARGE, LARGE + 1])
def test_digest_is_sha_256_whatever_computes_it(size: int) -> None:
    data = bytes(size)
    assert sha256(data) == hashlib.sha256(data).hexdigest()


def test_large_tensors_are_packed_again_when_the_zip_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scorebundle.bundle.bundle.LARGE", 0)
    data = tree_bundle().to_bytes()
    opened = Bundle.open(data)
    assert opened.to_bytes() == data
    assert Bundle.open(opened.to_bytes()).digest == opened.digest


def test_large_tensors_of_another_writer_are_not_written_differently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scorebundle.bundle.bundle.LARGE", 0)
    members = members_of(tree_bundle())
    arrays = tensors.unpack(members["tensors.msgpack"])
    members["tensors.msgpack"] = tensors.pack(dict(reversed(arrays.items())))
    opened = Bundle.open(zipped(redigested(members)))
    with pytest.raises(BundleError, match="packed by another writer"):
        opened.to_bytes()
