"""What a peer is, and the registry of them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import numpy as np

from ..cases import Case

Call = Callable[[Any], Any]
"""Scores rows of one view and returns whatever the peer's users get."""

ARRAYS: Final = ("float32", "float64")


class Unsupported(Exception):
    """The peer does not take such a model, or rows of such a form; the text says why."""


class Late(Exception):
    """The peer takes too long to convert or compile the model."""


@dataclass
class Prepared:
    """A model as one peer has it.

    Attributes:
        bind: view → call; raises Unsupported.
        file: what is shipped to score with this peer.
        load: from that file until it is ready to score.
    """

    bind: Callable[[str], Call]
    file: Path | None = None
    load: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Peer:
    """An entry of the registry.

    Attributes:
        name: on the page.
        prepare: turns a case into calls; raises if it cannot.
        same_model: False for a library that had to train its own model of the same shape: it is
            shown apart, and counts for no ratio.
    """

    name: str
    prepare: Callable[[Case], Prepared]
    same_model: bool = True


PEERS: dict[str, Peer] = {}
Prepare = Callable[[Case], Prepared]


def peer(name: str, same_model: bool = True) -> Callable[[Prepare], Prepare]:
    """Register a function that prepares a peer."""

    def register(prepare: Prepare) -> Prepare:
        PEERS[name] = Peer(name, prepare, same_model)
        return prepare

    return register


def takes_arrays(call: Call, view: str, dtype: Any = None) -> Call:
    """Let a call that takes a 2-D array take arrays of another dtype, and dicts of numbers."""
    if view == "dict":
        kind = dtype or np.float32
        return lambda row: call(np.array([list(row.values())], kind))
    if view not in ARRAYS:
        raise Unsupported("takes arrays of numbers only")
    if dtype is None or np.dtype(dtype) == view:
        return call
    return lambda rows: call(rows.astype(dtype))


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; for the main thread."""

    def late(number: int, frame: FrameType | None) -> None:
        raise Late(f"was not ready after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def compiled(sources: list[Path], library: Path) -> None:
    """Compile C as fast as gcc can make it; all its processes end with ours or the deadline."""
    flags = ["-O3", "-march=native", "-fPIC", "-shared", "-std=c99"]
    command = ["gcc", *flags, "-o", str(library), *map(str, sources), "-lm"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _, errors = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode:
        raise RuntimeError("gcc: " + errors.decode(errors="replace")[-300:])


def anomaly(case: Case, call: Call) -> Call:
    """scikit-learn's decision function from the anomaly score that other libraries give."""
    if case.spec.method != "decision_function":
        return call
    offset = float(case.estimator.offset_)
    return lambda rows: -call(rows) - offset
