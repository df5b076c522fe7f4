"""Interleaved timing: A B A B, so that what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import gc
import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

SAMPLE: Final = 0.005
"""Seconds a sample should take at least: calls are repeated until it does."""


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: at most; a slow peer leaves after as many as its time allows, three at least.
        seconds: per peer and cell.
        singles: one-row calls that are timed one by one, for p50 and p99.
    """

    rounds: int = 15
    seconds: float = 3.0
    singles: int = 3000


FULL: Final = Effort()
QUICK: Final = Effort(rounds=3, seconds=0.1, singles=100)


class Sampler(Protocol):
    """Something whose calls can be timed."""

    def total(self, number: int) -> float:
        """Seconds of that many calls."""

    def each(self, number: int) -> list[float]:
        """Seconds of each of that many calls."""


class Local:
    """A call in this process, given its inputs in turn."""

    def __init__(self, call: Callable[[Any], Any], inputs: list[Any]) -> None:
        self._call, self._inputs = call, inputs

    def total(self, number: int) -> float:
        """Seconds of that many calls."""
        call, todo = self._call, list(itertools.islice(itertools.cycle(self._inputs), number))
        started = time.perf_counter()
        for rows in todo:
            call(rows)
        return time.perf_counter() - started

    def each(self, number: int) -> list[float]:
        """Seconds of each of that many calls, some 50 ns of which are the clock's."""
        call, clock, found = self._call, time.perf_counter_ns, []
        for rows in itertools.islice(itertools.cycle(self._inputs), number):
            started = clock()
            call(rows)
            found.append((clock() - started) * 1e-9)
        return found


def sampler(call: Any, inputs: list[Any]) -> Sampler:
    """Times a call; one that lives in another process is handed its inputs."""
    if hasattr(call, "give"):
        call.give(inputs)
        return call  # type: ignore[no-any-return]
    return Local(call, inputs)


def summary(values: list[float]) -> dict[str, float]:
    """Median and quartiles."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        "median": statistics.median(ordered),
        "q1": ordered[round(last * 0.25)],
        "q3": ordered[round(last * 0.75)],
        "samples": len(ordered),
    }


def percentiles(values: list[float]) -> dict[str, float]:
    """p50 and p99 of calls timed one by one."""
    ordered = sorted(values)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)]}


def interleaved(
    samplers: Mapping[str, Sampler], effort: Effort, *, singles: bool = False
) -> dict[str, dict[str, float]]:
    """Seconds per call of each, measured in turns.

    Args:
        samplers: by peer.
        effort: how long.
        singles: also time calls one by one.
    """
    number, rounds = {}, {}
    for name, one in samplers.items():
        one.total(1)  # what the first call sets up is no part of it
        seconds = max(1e-9, min(one.total(1), one.total(1)))
        number[name] = max(1, math.ceil(SAMPLE / seconds))
        allowed = int(effort.seconds / (seconds * number[name]))
        rounds[name] = min(effort.rounds, max(3, allowed))
    times: dict[str, list[float]] = {name: [] for name in samplers}
    alone: dict[str, list[float]] = {name: [] for name in samplers}
    with no_collection():
        for turn in range(max(rounds.values(), default=0)):
            for name, one in samplers.items():
                if turn < rounds[name]:
                    times[name].append(one.total(number[name]) / number[name])
                    if singles:
                        some = min(effort.singles // effort.rounds, 4 * number[name])
                        alone[name] += one.each(max(1, some))
    found = {name: summary(values) for name, values in times.items()}
    if singles:
        for name, values in alone.items():
            found[name].update(percentiles(values))
    return found


@contextmanager
def no_collection() -> Iterator[None]:
    """Without the garbage collector, as timeit does."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
