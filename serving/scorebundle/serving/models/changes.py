"""Changes of the models, one at a time: plan, prove, record, swap; in all processes or in none."""

from __future__ import annotations

import asyncio
import threading
from typing import Protocol

from scorebundle.bundle import BundleError

from .repository import Change, Conflict, Index, Missing, Repository, Served


class Refused(Exception):
    """A change that was not made; what was served before is still served.

    Attributes:
        kind: conflict, missing, bundle (it breaks a rule) or disk (it cannot be kept).
        message: why.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


class Followers(Protocol):
    """Other processes that serve the same models."""

    def prepare(self, name: str, index: Index) -> None:
        """Have them load a version without using it yet.

        Raises:
            BundleError: if one of them cannot.
        """

    def commit(self, name: str, index: Index) -> None:
        """Have them swap to what they prepared."""


class Changer(Protocol):
    """What the routes need: a change is made when `apply` returns."""

    async def apply(self, change: Change) -> Served | None:
        """Make a change; the version that is active now, None if there is none.

        Raises:
            Refused: if it was not made.
        """


class Changes:
    """Makes changes in this process and in those that follow it.

    Args:
        repository: the models of this process.
        followers: the others.
    """

    def __init__(self, repository: Repository, followers: Followers | None = None) -> None:
        self._repository, self._followers = repository, followers
        self._lock = threading.Lock()

    def make(self, change: Change) -> Served | None:
        """Make a change; blocks while the bundle is loaded.

        Raises:
            Refused: if it was not made.
        """
        with self._lock:
            try:
                return self._make(change)
            except Conflict as error:
                raise Refused("conflict", str(error)) from None
            except Missing as error:
                raise Refused("missing", str(error)) from None
            except BundleError as error:
                raise Refused("bundle", str(error)) from None
            except OSError as error:
                raise Refused("disk", f"the bundle cannot be kept: {error.strerror}") from error
            finally:
                self._repository.sweep(change.name)

    def _make(self, change: Change) -> Served | None:
        repository, name = self._repository, change.name
        index = repository.plan(change)
        if change.staged is not None and change.digest is not None:
            repository.take(change.staged, name, change.digest)
        served = repository.load(name, index)
        if self._followers is not None:
            self._followers.prepare(name, index)
        repository.record(name, index)
        repository.publish(name, index, served)
        if self._followers is not None:
            self._followers.commit(name, index)
        return served


class Local:
    """A `Changer` for a server of one process."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def apply(self, change: Change) -> Served | None:
        """See `Changer.apply`."""
        return await asyncio.to_thread(self._changes.make, change)
