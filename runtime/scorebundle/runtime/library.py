"""The kernels' machine code: found, built or compiled, whatever is fastest here.

Three tiers, the best available is taken:
    shared library   a .so loaded with ctypes: prebuilt in the package, or built once per machine
    object code      the stored .o loaded through llvmlite, where nothing can link
    in memory        numba compiles what a model needs, where nothing can be stored
A missing, damaged or unwritable store only ever costs time.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from scorebundle.bundle.digest import sha256

from .store import Store, stores

PREFIX: Final = "scorebundle_"
EXECUTE: Final = ctypes.CFUNCTYPE(None, ctypes.c_int64)
HERE: Final = os.path.dirname(os.path.abspath(__file__))
PREBUILT = os.path.join(HERE, "prebuilt")


class Library:
    """Where the kernels are.

    Attributes:
        tier: `shared library`, `object code` or `in memory`.
        origin: the file it came from, or ''.
        notes: what was tried before, and why it was not taken.
        execute: the native loop, called without the GIL.
    """

    def __init__(self, tier: str, origin: str, address: Callable[[str], int]) -> None:
        self.tier, self.origin, self._address = tier, origin, address
        self.notes: list[str] = []
        self.execute: Any = EXECUTE(self.needed("execute"))

    def address(self, name: str) -> int:
        """Address of a kernel; a plug-in's (`prefix.name`) is compiled in memory."""
        if "." in name:
            return _compiled(name)
        return self._address(name) or load(_part_of(name)).needed(name)

    def needed(self, name: str) -> int:
        """Address of a kernel that must be here."""
        found = self._address(name)
        if not found:
            raise OSError(f"{self.origin} has no kernel {name!r}")
        return found


WORDS: Final = {
    "core": "its kernels for this machine, once (about 15 seconds)",
    "curves": "its kernels for curves, once (a few seconds)",
    "text": "its kernels for text, once (a few seconds)",
    "points": "its kernels for distances and neighbours, once (a few seconds)",
    "solved": "its kernels for what is solved row by row, once (a few seconds)",
    "contributions": "its kernels for contributions of columns, once (a few seconds)",
}
"""What is said while a part (`kernels.parts`) is built."""

_lock = threading.Lock()
_loaded: dict[str, Library] = {}


def load(part: str = "core") -> Library:
    """The kernels of this process, by part (`kernels.parts`); found or built when first asked
    for."""
    if part not in _loaded:
        with _lock:
            if part not in _loaded:
                _loaded[part] = _find(part)
    return _loaded[part]


LEVELS: Final = ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")
"""LLVM's names of the x86-64 levels; each CPU has all up to its own."""


def build_key(part: str = "core") -> str:
    """Kernel sources, compiler version, machine and CPU level: what machine code depends on."""
    return _key(cpu_level(), _numba_version_file(), part)


def portable_key(level: str, part: str = "core") -> str:
    """The key of machine code that was built elsewhere, whichever compiler built it."""
    return _key(level, b"", part)


def _key(level: str, compiler: bytes, part: str) -> str:
    sources = []
    folder = os.path.join(HERE, "kernels")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:
                sources.append(file.read())
    digest = sha256(b"".join([*sources, compiler]))
    return f"{digest[:16]}-{sys.platform}-{part}-{level}"


def cpu_level() -> str:
    """LLVM's name of the newest x86-64 level that this CPU has, or `generic` elsewhere."""
    machine = os.uname().machine if hasattr(os, "uname") else "x86_64"
    if machine not in ("x86_64", "AMD64"):
        return "generic"
    has: dict[str, bool] = (
        (sys.modules.get("numpy._core") or sys.modules["numpy.core"])
        .__dict__["_multiarray_umath"]
        .__cpu_features__
    )
    if has.get("X86_V4") or has.get("AVX512_SKX"):
        return "x86-64-v4"
    if has.get("X86_V3") or (has.get("AVX2") and has.get("FMA3")):
        return "x86-64-v3"
    return "x86-64-v2" if has.get("SSE42") or has.get("X86_V2") else "x86-64"


def _numba_version_file() -> bytes:
    """numba's version without importing it (that alone takes half a second)."""
    for folder in sys.path:
        try:
            with open(os.path.join(folder, "numba", "_version.py"), "rb") as file:
                return file.read()
        except OSError:
            continue
    return b""


def _find(part: str) -> Library:
    key = build_key(part)
    notes: list[str] = []
    library = _prebuilt(notes, part)
    if library is None:
        writable = [store for store in stores() if store.usable(notes)]
        for store in writable:
            library = _from_store(store, key, notes)
            if library:
                break
        else:
            library = _built(writable, key, part, notes) or _in_memory(notes)
    library.notes = notes
    return library


def _prebuilt(notes: list[str], part: str = "core") -> Library | None:
    """What the package or the image brings along, for the newest level that this CPU has."""
    if not os.path.isdir(PREBUILT):
        return None
    own = cpu_level()
    levels = LEVELS[: LEVELS.index(own) + 1] if own in LEVELS else (own,)
    for level in reversed(levels):
        library = _from_store(Store(PREBUILT), portable_key(level, part), notes)
        if library:
            return library
    return None


def _from_store(store: Store, key: str, notes: list[str]) -> Library | None:
    path = store.find(key, "so", notes)
    if path is None and store.upgrade(key, notes):
        path = store.find(key, "so", notes)
    if path:
        try:
            shared = ctypes.CDLL(path)
            return Library("shared library", path, lambda name: _symbol(shared, name))
        except (OSError, ValueError) as error:
            notes.append(f"{path} cannot be loaded: {error}")
    path = store.find(key, "o", notes)
    if path:
        try:
            return Library("object code", path, _object_code(path))
        except Exception as error:
            notes.append(f"{path} cannot be loaded: {error}")
    return None


def _symbol(shared: ctypes.CDLL, name: str) -> int:
    function = getattr(shared, PREFIX + name, None)
    return 0 if function is None else ctypes.cast(function, ctypes.c_void_p).value or 0


def _object_code(path: str) -> Callable[[str], int]:
    import llvmlite.binding as llvm

    if hasattr(llvm, "initialize") and llvm.llvm_version_info[0] < 20:
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    with open(path, "rb") as file:
        engine.add_object_file(llvm.ObjectFileRef.from_data(file.read()))
    engine.finalize_object()
    if not engine.get_function_address(PREFIX + "execute"):
        raise OSError("it has no kernels")
    # The closure keeps the engine, and with it the code, alive.
    return lambda name: int(engine.get_function_address(PREFIX + name))


def _built(writable: list[Store], key: str, part: str, notes: list[str]) -> Library | None:
    for store in writable:
        with store.turn(key):
            library = _from_store(store, key, notes)  # which another process may have built
            if library:
                return library
            print(f"scorebundle: building {WORDS[part]}", file=sys.stderr, flush=True)
            if store.build(key, cpu_level(), part, notes):
                return _from_store(store, key, notes)
    return None


def _in_memory(notes: list[str]) -> Library:
    notes.append("no place to store machine code: compiling in memory, in every process")
    print(
        "scorebundle: compiling its kernels in memory; `scorebundle doctor` says why",
        file=sys.stderr,
        flush=True,
    )
    return Library("in memory", "", _compiled)


def _part_of(name: str) -> str:
    from .kernels.parts import PART_OF

    return PART_OF.get(name, "core")


def _compiled(name: str) -> int:
    try:
        from .kernels.build import compiled
    except ImportError as error:
        raise RuntimeError(
            f"there is no built kernel {name!r} and no numba to build it ({error}); "
            "install numba, or run `scorebundle warmup` where it is installed and ship the store"
        ) from None
    return int(compiled(name).address)
