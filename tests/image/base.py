"""A minimal Python base image as a tar on stdout, packed from this Debian machine's own files.

    python tests/image/base.py | docker import - scorebundle-base

For testing the Dockerfile where no registry can be reached. The image carries this machine's
package index settings and certificates: keep it local, never push it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
PACKAGES = (
    *("ca-certificates", "libssl3", "libffi8", "libsqlite3-0", "libexpat1", "libreadline8"),
    *("libuuid1", "libbz2-1.0", "liblzma5", "zlib1g", "netbase", "tzdata", "apt"),
    "debian-archive-keyring",
)
LEFT_OUT = ("doc", "man", "locale", "info", "perl")
MACHINE = {
    *("/bin", "/sbin", "/lib", "/lib64", "/tmp", "/etc/passwd", "/etc/group"),
    *("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"),
}


def lines(*command: str) -> list[str]:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def system_files() -> Iterator[str]:
    """Files of the essential packages, of those above, and of what they depend on."""
    listed = lines("dpkg-query", "-W", "-f=${Essential} ${Package}\n")
    essential = [line.split()[1] for line in listed if line.startswith("yes")]
    soft = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    options = [f"--no-{kind}" for kind in soft]
    wanted = (*essential, *PACKAGES)
    found = lines("apt-cache", "depends", "--recurse", "--installed", *options, *wanted)
    packages = {line for line in found if line[:1].isalnum()}
    skipped = tuple(f"/usr/share/{name}" for name in LEFT_OUT)
    files = {f for f in lines("dpkg", "-L", *sorted(packages)) if f.startswith("/")} | MACHINE
    for file in files:
        if not file.startswith((*skipped, "/usr/lib/x86_64-linux-gnu/perl")):
            folder = os.path.realpath(os.path.dirname(file))
            yield os.path.join(folder, os.path.basename(file))


def without_ballast(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Python's own files, without tests, caches and what pip installed."""
    name = os.path.basename(member.name)
    if name in ("test", "__pycache__", "site-packages") or name.endswith(".a"):
        return None
    return None if name.startswith(("idle", "2to3", "pydoc")) else member


def main() -> None:
    """Write the tar."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for file in sorted({f for f in system_files() if os.path.lexists(f)} - {"/"}):
            tar.add(file, file[1:], recursive=False)
        for folder in ("bin", "lib", "include"):
            base = os.path.join(sys.base_prefix, folder)
            for name in sorted(os.listdir(base)):
                if folder != "bin" or name in (VERSION, "python3", "python"):
                    inside = f"usr/local/{folder}/{name}"
                    tar.add(os.path.join(base, name), inside, filter=without_ballast)


if __name__ == "__main__":
    main()
