"""The models being served: loaded, proven, swapped by one reference, kept through restarts.

On disk, below the state directory:

    models/NAME/DIGEST.zip    the bundles, each written whole before it is named anywhere
    models/NAME/index.json    which of them is active, and their versions, oldest first
    incoming/                 uploads that are not checked yet

A request takes its `Served` once and keeps it to the end; a swap replaces a dictionary. Changes
are made in two steps, so that several processes can make them together: `plan` and `load` touch
nothing that others see, `record` writes the index, `publish` swaps the reference.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from scorebundle.bundle import Bundle, BundleError
from scorebundle.bundle.bundle import write_atomically
from scorebundle.runtime import Runtime

NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class Served:
    """One loaded model.

    Attributes:
        name, version: as it is addressed.
        digest: identity of its bundle.
        runtime: scores it.
        loaded: seconds since the epoch.
        headers: what every answer of this model carries.
    """

    __slots__ = ("digest", "headers", "loaded", "name", "runtime", "version")

    def __init__(self, name: str, version: str, digest: str, runtime: Runtime) -> None:
        self.name, self.version, self.digest = name, version, digest
        self.runtime = runtime
        self.loaded = time.time()
        self.headers = (
            (b"model-name", name.encode()),
            (b"model-version", header_text(version)),
            (b"model-digest", digest.encode()),
        )


class Kept(NamedTuple):
    """One version on disk."""

    version: str
    digest: str


class Index(NamedTuple):
    """What is kept of one model.

    Attributes:
        active: digest of the version that answers; None if the model is unloaded.
        versions: oldest first.
    """

    active: str | None
    versions: tuple[Kept, ...]

    def to_json(self) -> dict[str, Any]:
        """For index.json, and for other processes."""
        return {"active": self.active, "versions": [kept._asdict() for kept in self.versions]}

    @classmethod
    def from_json(cls, document: Any) -> Index:
        """The inverse."""
        return cls(document["active"], tuple(Kept(**kept) for kept in document["versions"]))

    def kept(self, digest: str | None) -> Kept | None:
        """The version of a digest."""
        return next((kept for kept in self.versions if kept.digest == digest), None)


EMPTY = Index(None, ())


class Change(NamedTuple):
    """A wish of a client.

    Attributes:
        kind: put, activate, rollback, load, unload or delete.
        name: of the model.
        version: to put it under (by default the bundle's own), or to activate.
        digest: of the bundle to put.
        staged: its file, checked already.
        expect: digest that must be active now, or `*` for any (RFC 9110, If-Match).
        absent: the model must not be there (RFC 9110, If-None-Match: *).
    """

    kind: str
    name: str
    version: str | None = None
    digest: str | None = None
    staged: str | None = None
    expect: str | None = None
    absent: bool = False


class Conflict(Exception):
    """The model is not in the state that the caller expects (If-Match, If-None-Match)."""


class Missing(Exception):
    """There is no such model or version."""


class Repository:
    """Named models with versions.

    Args:
        state: directory that holds them; it survives restarts if it is not temporary.
        keep: versions kept per model, the active one included.

    Attributes:
        problems: what could not be restored at start, by model.
    """

    def __init__(self, state: Path, keep: int = 5) -> None:
        self.state, self._keep = state, max(1, keep)
        self._active: dict[str, Served] = {}
        self._indexes: dict[str, Index] = {}
        self.problems: dict[str, str] = {}
        (state / "models").mkdir(parents=True, exist_ok=True)
        self.incoming = state / "incoming"
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir()
        self._restore()

    def get(self, name: str) -> Served | None:
        """The active version of a model."""
        return self._active.get(name)

    def all(self) -> list[Served]:
        """The active version of every model, by name."""
        return [self._active[name] for name in sorted(self._active)]

    def index(self, name: str) -> Index:
        """What is kept of a model."""
        return self._indexes.get(name, EMPTY)

    def names(self) -> list[str]:
        """Every known model, also those that are unloaded or could not be restored."""
        return sorted(self._indexes.keys() | self.problems.keys())

    def file(self, name: str, digest: str) -> Path:
        """Where the zip of a version lies."""
        return self._folder(name) / f"{digest}.zip"

    def take(self, staged: str, name: str, digest: str) -> None:
        """Move a checked upload to its place. No index names it yet: a crash leaves the old state.

        Raises:
            OSError: if it cannot be moved.
        """
        self._folder(name).mkdir(parents=True, exist_ok=True)
        os.replace(staged, self.file(name, digest))
        _sync(self._folder(name))

    def plan(self, change: Change) -> Index:
        """What would be kept after a change.

        Raises:
            Conflict: if another version is active than the client expects.
            Missing: if there is no such model or version.
        """
        before = self.index(change.name)
        _check_expected(change, before)
        if change.kind == "put":
            assert change.digest is not None
            assert change.version is not None
            return self._with(before, Kept(change.version, change.digest))
        if change.name not in self.names():
            raise Missing(f"there is no model {change.name!r}")
        return PLANS[change.kind](change, before)

    def load(self, name: str, index: Index) -> Served | None:
        """Load the active version of an index and prove it with its stored rows.

        Raises:
            BundleError: if the file breaks a rule or its rows do not agree.
            OSError: if it cannot be read.
        """
        kept = index.kept(index.active)
        if kept is None:
            return None
        current = self._active.get(name)
        if current is not None and (current.version, current.digest) == kept:
            return current
        bundle = Bundle.open(self.file(name, kept.digest))
        runtime = Runtime.load(bundle, verify=True)
        return Served(name, kept.version, bundle.digest, runtime)

    def record(self, name: str, index: Index) -> None:
        """Make a change survive restarts: from here on it has happened."""
        folder = self._folder(name)
        if not index.versions:
            (folder / "index.json").unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            return
        write_atomically(str(folder / "index.json"), json.dumps(index.to_json()).encode())
        _sync(folder)

    def publish(self, name: str, index: Index, served: Served | None) -> None:
        """Swap the reference: requests that come now get the new version."""
        active = {other: model for other, model in self._active.items() if other != name}
        if served is not None:
            active[name] = served
        if index.versions:
            self._indexes[name] = index
        else:
            self._indexes.pop(name, None)
        self._active = active
        self.problems.pop(name, None)

    def sweep(self, name: str) -> None:
        """Remove the files that the index does not name."""
        known = {f"{kept.digest}.zip" for kept in self.index(name).versions} | {"index.json"}
        folder = self._folder(name)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in known:
                path.unlink(missing_ok=True)

    def _with(self, before: Index, kept: Kept) -> Index:
        """An index with one more version, active; the oldest go."""
        others = [other for other in before.versions if other.digest != kept.digest]
        return Index(kept.digest, (*others, kept)[-self._keep :])

    def _folder(self, name: str) -> Path:
        return self.state / "models" / name

    def _restore(self) -> None:
        """Load what was active; where that fails, the newest version that loads."""
        for name, index in self._stored():
            self._indexes[name] = index
            self.sweep(name)
            if index.active is None:
                continue
            active = [kept for kept in index.versions if kept.digest == index.active]
            for kept in (*active, *reversed(index.versions)):
                try:
                    served = self.load(name, index._replace(active=kept.digest))
                except (BundleError, OSError) as error:
                    reason = error.strerror if isinstance(error, OSError) else str(error)
                    self.problems.setdefault(name, f"version {kept.version}: {reason}")
                    continue
                if served is not None:
                    self._active[name] = served
                    self._indexes[name] = index._replace(active=kept.digest)
                    break

    def _stored(self) -> Iterator[tuple[str, Index]]:
        for path in sorted((self.state / "models").iterdir()):
            try:
                yield path.name, Index.from_json(json.loads((path / "index.json").read_bytes()))
            except FileNotFoundError:
                shutil.rmtree(path, ignore_errors=True)  # an upload that was never recorded
            except (OSError, ValueError, KeyError, TypeError):
                self.problems[path.name] = "its index.json cannot be read"


def _check_expected(change: Change, before: Index) -> None:
    if change.absent and before.active is not None:
        raise Conflict(f"{before.active} is active")
    if change.expect == "*" and before.active is None:
        raise Conflict("no version is active")
    if change.expect not in (None, "*", before.active):
        raise Conflict(f"{before.active or 'no version'} is active")


def _activated(change: Change, before: Index) -> Index:
    for kept in reversed(before.versions):
        if kept.version == change.version:
            return before._replace(active=kept.digest)
    raise Missing(f"model {change.name!r} has no version {change.version!r}")


def _rolled_back(change: Change, before: Index) -> Index:
    digests = [kept.digest for kept in before.versions]
    if before.active not in digests[1:]:
        raise Missing(f"model {change.name!r} has no version to go back to")
    return before._replace(active=digests[digests.index(before.active) - 1])


def _loaded(change: Change, before: Index) -> Index:
    if not before.versions:
        raise Missing(f"model {change.name!r} has no version that can be loaded")
    return before if before.active else before._replace(active=before.versions[-1].digest)


PLANS: Final[dict[str, Callable[[Change, Index], Index]]] = {
    "activate": _activated,
    "rollback": _rolled_back,
    "load": _loaded,
    "unload": lambda change, before: before._replace(active=None),
    "delete": lambda change, before: EMPTY,
}
"""What each kind of change makes of an index."""


def check_name(name: str) -> str:
    """A model's name: letters, digits, dot, dash, underscore; not a path, not hidden.

    Raises:
        ValueError: if it is not.
    """
    if not name or len(name) > 128 or name.startswith(".") or not NAME_LETTERS.issuperset(name):
        raise ValueError(f"{name!r:.60} is not a model name: use letters, digits, '.', '-' and '_'")
    return name


def header_text(text: str) -> bytes:
    """Text for a header: what is not printable ASCII becomes `?`."""
    return "".join(c if " " <= c <= "~" else "?" for c in text).encode()


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
