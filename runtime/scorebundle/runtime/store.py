"""Where machine code is kept between processes: a private folder with checked files."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scorebundle.bundle.digest import sha256

TIMEOUT: Final = 300
"""Seconds after which a build counts as failed."""


class Store:
    """A folder of machine code.

    Per key: KEY.so and KEY.o, and KEY.json with the SHA-256 of each, written last. A file is
    loaded only if its digest is right and nobody else could have written it.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def usable(self, notes: list[str]) -> bool:
        """Create the folder if needed; False, with a note, unless it is ours alone."""
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            status = os.stat(self.folder)
        except OSError as error:
            notes.append(f"{self.folder} cannot be made: {error.strerror}")
            return False
        if not _private(status):
            notes.append(f"{self.folder} is not used: others may write to it")
            return False
        return True

    def find(self, key: str, kind: str, notes: list[str]) -> str | None:
        """Path of a checked file, or None."""
        path = os.path.join(self.folder, f"{key}.{kind}")
        try:
            with open(os.path.join(self.folder, f"{key}.json"), "rb") as file:
                expected = json.load(file).get(kind)
            if expected is None:
                return None
            with open(path, "rb") as file:
                private = _private(os.fstat(file.fileno()))
                digest = sha256(file.read())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, AttributeError) as error:
            notes.append(f"{path} cannot be read: {error}")
            return None
        if not private or digest != expected:
            notes.append(f"{path} is damaged or may be written by others")
            return None
        return path

    @contextmanager
    def turn(self, key: str) -> Iterator[None]:
        """Wait while another process builds the same code; without file locks, do not."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        with open(os.path.join(self.folder, f"{key}.lock"), "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed
            yield

    def build(self, key: str, cpu: str, part: str, notes: list[str]) -> bool:
        """Compile in a child process and put the files in place, atomically."""
        import subprocess

        stem = os.path.join(self.folder, f"{key}.{os.getpid()}")
        environment = {**os.environ, "NUMBA_OPT": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "scorebundle.runtime.kernels.build", stem, cpu, part]
        try:
            subprocess.run(
                command,
                env=environment,
                check=True,
                timeout=TIMEOUT,
                stdout=subprocess.DEVNULL,
                stderr=None if sys.stderr and sys.stderr.isatty() else subprocess.PIPE,
            )
            link(stem)
            self._publish(stem, key)
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or b""
            last = output.decode(errors="replace").strip().rpartition("\n")[2]
            notes.append(f"building in {self.folder} failed: {error} {last}".strip())
            return False
        finally:
            for kind in ("so", "o"):
                if os.path.exists(f"{stem}.{kind}"):
                    os.unlink(f"{stem}.{kind}")
        return True

    def upgrade(self, key: str, notes: list[str]) -> bool:
        """Link stored object code, if a C linker has come since it was built."""
        stem = os.path.join(self.folder, f"{key}.{os.getpid()}")
        path = self.find(key, "o", notes)
        if path is None or linker() is None or not os.access(self.folder, os.W_OK):
            return False
        with open(path, "rb") as source, open(f"{stem}.o", "xb") as target:
            target.write(source.read())
        linked = link(stem)
        self._publish(stem, key)
        return linked

    def _publish(self, stem: str, key: str) -> None:
        digests = {}
        for kind in ("so", "o"):
            path = f"{stem}.{kind}"
            if os.path.exists(path):
                with open(path, "rb") as file:
                    digests[kind] = sha256(file.read())
                os.chmod(path, 0o700 if kind == "so" else 0o600)
                os.replace(path, os.path.join(self.folder, f"{key}.{kind}"))
        listing = os.path.join(self.folder, f"{key}.json")
        with open(f"{listing}.{os.getpid()}", "w") as file:
            json.dump(digests, file)
        os.replace(f"{listing}.{os.getpid()}", listing)


def linker() -> str | None:
    """The machine's C linker: CC, cc, gcc or clang."""
    import shutil

    names = [os.environ.get("CC"), "cc", "gcc", "clang"]
    found = (shutil.which(name) for name in names if name)
    return next((path for path in found if path), None)


def link(stem: str) -> bool:
    """Link STEM.o to STEM.so if the machine has a C linker; True if it did."""
    import subprocess

    program = linker()
    if program is None:
        return False
    command = [program, "-shared", "-o", f"{stem}.so", f"{stem}.o", "-lm"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def stores() -> list[Store]:
    """The places to keep machine code, best first: SCOREBUNDLE_CACHE alone if it is set."""
    chosen = os.environ.get("SCOREBUNDLE_CACHE")
    if chosen:
        return [Store(chosen)]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    temporary = os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp"
    return [
        Store(os.path.join(cache, "scorebundle")),
        Store(os.path.join(temporary, f"scorebundle-{user}")),
    ]


def _private(status: os.stat_result) -> bool:
    """Whether only this user (or root) can write."""
    if not hasattr(os, "getuid"):
        return True
    owned = status.st_uid in (0, os.getuid())
    return owned and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
