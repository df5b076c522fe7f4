"""The models being served: loaded, proven, swapped by one reference, kept through restarts.

On disk, below the state directory:

    models/NAME/DIGEST.zip    the bundles, each written whole before it is known
    models/NAME/index.json    which of them is active, and their versions, oldest first

A request takes its `Served` once and keeps it to the end; a swap replaces a dictionary.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scorebundle.bundle import Bundle, BundleError
from scorebundle.bundle.bundle import write_atomically
from scorebundle.runtime import Runtime

NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class Served(NamedTuple):
    """One loaded model.

    Attributes:
        name, version: as it is addressed.
        digest: identity of its bundle.
        runtime: scores it.
        loaded: seconds since the epoch.
    """

    name: str
    version: str
    digest: str
    runtime: Runtime
    loaded: float


class Kept(NamedTuple):
    """One version on disk."""

    version: str
    digest: str


class Conflict(Exception):
    """The model is not in the state that the caller expects (If-Match)."""


class Repository:
    """Named models with versions.

    Args:
        state: directory that survives restarts; None keeps models in memory only.
        keep: versions kept per model, the active one included.
    """

    def __init__(self, state: Path | None = None, keep: int = 5) -> None:
        self._state, self._keep = state, max(1, keep)
        self._active: dict[str, Served] = {}
        self._kept: dict[str, tuple[Kept, ...]] = {}
        self._memory: dict[str, bytes] = {}
        self._changing = threading.Lock()
        self.problems: list[str] = []
        if state is not None:
            (state / "models").mkdir(parents=True, exist_ok=True)
            self._restore()

    def get(self, name: str) -> Served | None:
        """The active version of a model."""
        return self._active.get(name)

    def all(self) -> list[Served]:
        """The active version of every model, by name."""
        return [self._active[name] for name in sorted(self._active)]

    def versions(self, name: str) -> tuple[Kept, ...]:
        """The kept versions of a model, oldest first."""
        return self._kept.get(name, ())

    def put(
        self, data: bytes, name: str, version: str | None = None, expect: str | None = None
    ) -> Served:
        """Load a bundle, prove it with its stored rows, keep it, and make it the active one.

        Args:
            data: the zip.
            name: the model's name here.
            version: by default the bundle's own.
            expect: digest that must be active now.

        Raises:
            BundleError: if the bundle breaks a rule or its rows do not agree; what was served
                before is still served.
            Conflict: if another digest is active.
            ValueError: if the name cannot be one.
        """
        check_name(name)
        bundle = Bundle.open(data)
        served = _loaded(name, version or bundle.version, bundle)
        with self._changing:
            before = self._active.get(name)
            if expect is not None and (before is None or before.digest != expect):
                raise Conflict(f"{before.digest if before else 'no model'} is active")
            self._write(name, served.digest, data)
            others = [kept for kept in self.versions(name) if kept.digest != served.digest]
            self._publish(served, (*others, Kept(served.version, served.digest)))
        return served

    def activate(self, name: str, version: str) -> Served:
        """Make a kept version the active one.

        Raises:
            KeyError: if it is not kept.
        """
        with self._changing:
            for kept in reversed(self.versions(name)):
                if kept.version == version:
                    return self._switch(name, kept)
        raise KeyError(f"model {name!r} has no version {version!r}")

    def rollback(self, name: str) -> Served:
        """Make the version before the active one active.

        Raises:
            KeyError: if there is none.
        """
        with self._changing:
            active = self._active.get(name)
            digests = [kept.digest for kept in self.versions(name)]
            if active is not None and active.digest in digests[1:]:
                return self._switch(name, self.versions(name)[digests.index(active.digest) - 1])
        raise KeyError(f"model {name!r} has no version to go back to")

    def delete(self, name: str) -> bool:
        """Forget a model and its versions; False if there was none."""
        with self._changing:
            known = name in self._active or name in self._kept
            self._active = {n: s for n, s in self._active.items() if n != name}
            kept = self._kept.pop(name, ())
            if self._state is not None and known:
                (self._folder(name) / "index.json").unlink(missing_ok=True)
            for version in kept:
                self._forget(name, version.digest)
            if self._state is not None and self._folder(name).is_dir():
                self._folder(name).rmdir()
        return known

    def read(self, name: str, digest: str) -> bytes:
        """The zip of a kept version."""
        if self._state is None:
            return self._memory[f"{name}/{digest}"]
        return (self._folder(name) / f"{digest}.zip").read_bytes()

    def _switch(self, name: str, kept: Kept) -> Served:
        served = _loaded(name, kept.version, Bundle.open(self.read(name, kept.digest)))
        self._publish(served, self.versions(name))
        return served

    def _publish(self, served: Served, kept: tuple[Kept, ...]) -> None:
        """Write the index, swap the reference, then drop the oldest versions."""
        surplus = [k for k in kept[: -self._keep] if k.digest != served.digest]
        kept = tuple(k for k in kept if k not in surplus)
        if self._state is not None:
            index = {"active": served.digest, "versions": [k._asdict() for k in kept]}
            path = self._folder(served.name) / "index.json"
            write_atomically(str(path), json.dumps(index).encode())
        self._kept[served.name] = kept
        self._active = {**self._active, served.name: served}
        for version in surplus:
            self._forget(served.name, version.digest)

    def _write(self, name: str, digest: str, data: bytes) -> None:
        if self._state is None:
            self._memory[f"{name}/{digest}"] = data
            return
        self._folder(name).mkdir(parents=True, exist_ok=True)
        write_atomically(str(self._folder(name) / f"{digest}.zip"), data)
        _sync(self._folder(name))

    def _forget(self, name: str, digest: str) -> None:
        if self._state is None:
            self._memory.pop(f"{name}/{digest}", None)
        else:
            (self._folder(name) / f"{digest}.zip").unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        assert self._state is not None
        return self._state / "models" / name

    def _restore(self) -> None:
        """Load what was active; where that fails, the newest version that loads."""
        for name, index in self._indexes():
            kept = tuple(Kept(**version) for version in index["versions"])
            self._kept[name] = kept
            active = [k for k in kept if k.digest == index["active"]]
            for version in (*active, *reversed(kept)):
                try:
                    bundle = Bundle.open(self.read(name, version.digest))
                    self._active[name] = _loaded(name, version.version, bundle)
                    break
                except (BundleError, OSError) as error:
                    self.problems.append(f"{name} {version.version}: {error}")
            self._sweep(name)

    def _sweep(self, name: str) -> None:
        """Remove what a crash left behind: files that the index does not name."""
        known = {f"{kept.digest}.zip" for kept in self.versions(name)} | {"index.json"}
        for path in self._folder(name).iterdir():
            if path.name not in known:
                path.unlink()

    def _indexes(self) -> Iterator[tuple[str, Any]]:
        assert self._state is not None
        for path in sorted((self._state / "models").glob("*/index.json")):
            try:
                yield path.parent.name, json.loads(path.read_bytes())
            except (OSError, ValueError) as error:
                self.problems.append(f"{path.parent.name}: {error}")


def check_name(name: str) -> str:
    """A model's name: letters, digits, dot, dash, underscore; not a path, not hidden.

    Raises:
        ValueError: if it is not.
    """
    if not name or len(name) > 128 or name.startswith(".") or not NAME_LETTERS.issuperset(name):
        raise ValueError(f"{name!r:.60} is not a model name: use letters, digits, '.', '-' and '_'")
    return name


def _loaded(name: str, version: str, bundle: Bundle) -> Served:
    runtime = Runtime.load(bundle, verify=True)
    return Served(name, version, bundle.digest, runtime, time.time())


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
