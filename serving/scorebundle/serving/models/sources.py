"""Models that the operator lays down as files: zips, or the folders that came out of them."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from scorebundle.bundle import Bundle, BundleError, protocol

from .changes import Changes, Refused
from .checker import Checker
from .repository import Change, Repository, check_name

log = logging.getLogger("bundle_serve")

Fingerprint = tuple[tuple[str, int, int], ...]


class Sources:
    """Files and folders that become models, at start and whenever they change.

    Args:
        named: path of a zip or folder, by model name.
        folder: each zip and each folder in it is a model of that name; None for no such folder.
    """

    def __init__(
        self,
        named: Mapping[str, Path],
        folder: Path | None,
        repository: Repository,
        changes: Changes,
        checker: Checker,
    ) -> None:
        self._named, self._folder = named, folder
        self._repository, self._changes, self._checker = repository, changes, checker
        self._seen: dict[str, Fingerprint] = {}
        self._done: dict[str, Fingerprint] = {}
        self._left_out: set[Path] = set()

    def start(self) -> None:
        """Load everything that is there; what the state directory knows already stays as it is.

        Raises:
            Refused: if a model that was named cannot be loaded.
        """
        for name, path in self._found().items():
            try:
                self._load(name, path, again=False)
            except Refused as error:
                if name in self._named:
                    raise Refused(error.kind, f"model {name}: {error.message}") from None
                log.error("model %s is not loaded: %s", name, error.message)
                self._repository.problems.setdefault(name, error.message)

    def poll(self) -> None:
        """Load what has changed since the last time and has come to rest."""
        for name, path in self._found().items():
            now = _fingerprint(path)
            resting = self._seen.get(name) == now
            self._seen[name] = now
            if resting and now and now != self._done.get(name):
                self.load(name, path)

    def load(self, name: str, path: Path) -> None:
        """Load one model again; a failure is logged, and what was served is still served."""
        try:
            self._load(name, path, again=True)
        except Refused as error:
            log.error("model %s is not loaded: %s", name, error.message)

    def path(self, name: str) -> Path | None:
        """Where a model comes from; None if it was put over HTTP."""
        return self._found().get(name)

    def stage(self, path: Path) -> tuple[str, str, str]:
        """A checked copy of a source: its file, its version and its digest.

        Raises:
            Refused: if it cannot be read or breaks a rule.
        """
        staged = self._repository.incoming / f"{os.urandom(8).hex()}.part"
        try:
            _copy(path, staged)
            report = self._checker.check(str(staged))
        except (BundleError, OSError) as error:
            staged.unlink(missing_ok=True)
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Refused("bundle", reason or "cannot be read") from None
        return str(staged), report.version, report.digest

    def _load(self, name: str, path: Path, *, again: bool) -> None:
        self._done[name] = _fingerprint(path)
        staged, version, digest = self.stage(path)
        known = self._repository.index(name)
        if known.active == digest or (known.kept(digest) and not again):
            os.unlink(staged)
            return
        self._changes.make(Change("put", name, version, digest, staged))
        log.info("model %s version %s is loaded", name, version)

    def _found(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        if self._folder is not None and self._folder.is_dir():
            for path in sorted(self._folder.iterdir()):
                if path.name.startswith(".") or not (
                    path.is_dir() or path.suffix in (".zip", ".pmml")
                ):
                    continue
                try:
                    found[check_name(path.name if path.is_dir() else path.stem)] = path
                except ValueError as error:
                    if path not in self._left_out:
                        log.error("%s is left out: %s", path, error)
                    self._left_out.add(path)
        return {**found, **self._named}


def _copy(path: Path, to: Path) -> None:
    """The zip of a source: as it is, or made of an unpacked folder's members.

    Raises:
        BundleError, OSError: if there is none.
    """
    if path.is_dir() and not (path / protocol.MANIFEST).is_file():
        zips = sorted(path.glob("*.zip"))
        if len(zips) != 1:
            raise BundleError(f"a folder holds bundle.json or one zip, not {len(zips)} zips")
        path = zips[0]
    if path.is_dir():
        files = [path / name for name in protocol.MEMBERS]
        members = {file.name: file.read_bytes() for file in files if file.is_file()}
        to.write_bytes(Bundle(members).to_bytes())
    else:
        shutil.copyfile(path, to)
    with open(to, "rb") as file:
        os.fsync(file.fileno())


def _fingerprint(path: Path) -> Fingerprint:
    """What changes when a source changes."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((file.name, status.st_mtime_ns, status.st_size))
    return tuple(found)
