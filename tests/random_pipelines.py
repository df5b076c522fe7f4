"""Random pipelines: the whole table of estimators, nested at will, against the library.

`judge` fits a pipeline that `zoo` has drawn, exports it, and compares it with the bundle on
rows that neither has seen. As a program it writes a report of many:

    python -m tests.random_pipelines --count 1000 --report random-pipelines.md
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from sklearn.base import BaseEstimator

from scorebundle.bundle import ExportError
from scorebundle.exporters import export_bundle
from scorebundle.exporters.parity import REMEDY, Gate
from scorebundle.exporters.reference import Reference, quiet
from scorebundle.exporters.schema import input_table, unwrapped
from scorebundle.runtime import Runtime

from .zoo import SCORED, Drawn, pipelines

ASKED = 12
"""Refused rows of which the pipeline is asked whether it refuses them too."""
SECONDS = 25
"""For one pipeline; a slower one says nothing about the others."""


class Verdict(NamedTuple):
    """What became of a pipeline.

    Attributes:
        kind: `equal`, `refused`, `caught` (the gate saw a difference and refused it), `silent`
            (a difference that only fresh rows show), `crashed`, or `unfit` (scikit-learn does
            not fit or score it, or it takes too long).
        reason: of all but `equal`.
        rows: how many fresh rows were compared.
    """

    kind: str
    reason: str = ""
    rows: int = 0


class Slow(BaseException):
    """The time is up; no handler of exceptions is to keep it."""


class Fresh(Gate):
    """The gate on given rows alone."""

    def _check_refusals(self) -> None:
        pass

    def _tables(self) -> list[dict[str, Any]]:
        return []


def judge(drawn: Drawn) -> Verdict:
    """Fit, export, compare on fresh rows."""
    try:
        with quiet(), _limited(SECONDS):
            return _judged(drawn)
    except Slow:
        return Verdict("unfit", "slow")


def _judged(drawn: Drawn) -> Verdict:
    try:
        fitted = drawn.pipeline.fit(drawn.table, drawn.target)
        for method in ("predict", "transform"):
            if hasattr(fitted, method):
                getattr(fitted, method)(drawn.table)
    except Exception as error:
        return Verdict("unfit", f"{type(error).__name__}: {error}")
    is_float32 = getattr(drawn.table, "dtype", None) == np.float32
    try:
        bundle = export_bundle(fitted, X=drawn.table if is_float32 else None)
    except ExportError as error:
        defects = [blocker for blocker in error.blockers if blocker.remedy == REMEDY]
        chosen = (defects or list(error.blockers))[0]
        return Verdict("caught" if defects else "refused", chosen.problem)
    except Exception:
        return Verdict("crashed", traceback.format_exc())
    return _compared(fitted, bundle, drawn)


def _compared(fitted: Any, bundle: Any, drawn: Drawn) -> Verdict:
    runtime = Runtime.load(bundle.to_bytes())
    table = input_table(fitted, drawn.fresh)
    reference = Reference(unwrapped(fitted), table.names, table.named, {}, {})
    rows = table.columns(drawn.fresh, bundle.graph)
    try:
        if rows:
            Fresh(bundle.graph, reference, rows)
    except ExportError as error:
        return Verdict("silent", error.blockers[0].problem)
    refused = sorted(runtime.score(drawn.fresh, errors="mark").status)
    for row in refused[:ASKED]:
        one = drawn.fresh[row : row + 1]
        if all(_accepts(fitted, output.name, one) for output in bundle.graph.outputs):
            return Verdict("silent", f"refuses a row that the pipeline scores: {one!r:.300}")
    return Verdict("equal", rows=SCORED - len(refused))


def _accepts(fitted: Any, method: str, row: Any) -> bool:
    try:
        if method == "output_margin":
            fitted.predict(row, output_margin=True)
        else:
            getattr(fitted, method)(row)
    except Exception:
        return False
    return True


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Slow after that time."""

    def stop(*_: Any) -> None:
        raise Slow

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Run:
    """Verdicts of many pipelines, and the ones to look at.

    Attributes:
        kinds: how many pipelines had each verdict.
        rows: how many rows were compared.
    """

    def __init__(self, number: int, seconds: float) -> None:
        self.number = number
        self.until = time.monotonic() + seconds
        self.kinds: Counter[str] = Counter()
        self.rows = 0
        self._reasons: dict[str, Counter[str]] = {}
        self._examples: dict[str, str] = {}
        self._parts: Counter[str] = Counter()

    def add(self, drawn: Drawn) -> None:
        """Judge one, if there is time left."""
        if time.monotonic() > self.until:
            return
        verdict = judge(drawn)
        self.kinds[verdict.kind] += 1
        self.rows += verdict.rows
        if verdict.kind == "equal":
            self._parts.update({type(part).__name__ for part in _all_parts(drawn.pipeline)})
            return
        reason = _general(verdict.reason)
        self._reasons.setdefault(verdict.kind, Counter())[reason] += 1
        if verdict.kind != "unfit":
            example = f"{verdict.kind}: {verdict.reason}\n\n{drawn.pipeline!r}"
            self._examples.setdefault(f"{verdict.kind} {reason}", example)

    def report(self) -> str:
        """Markdown."""
        verdicts = [f"| {kind} | {count} |" for kind, count in self.kinds.most_common()]
        lines = [
            f"# Random pipelines\n\nSeed {self.number}. {self.rows} rows compared that no "
            f"pipeline was fitted on. Silent differences: {self.kinds['silent']}.\n",
            *("| verdict | pipelines |", "|---|---|", *verdicts),
        ]
        for kind, counts in self._reasons.items():
            lines.append(f"\n## {kind}\n")
            lines += [f"- {count} × {reason}" for reason, count in counts.most_common()]
        parts = [f"{name} {count}" for name, count in sorted(self._parts.items())]
        lines.append(f"\n## In equal pipelines\n\n{', '.join(parts)}.\n\n## To look at\n")
        lines += [f"```\n{example}\n```" for example in self._examples.values()]
        return "\n".join(lines) + "\n"


def _all_parts(value: Any) -> Iterator[Any]:
    if isinstance(value, BaseEstimator):
        yield value
        for part in value.get_params(deep=False).values():
            yield from _all_parts(part)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _all_parts(item)


def _general(reason: str) -> str:
    """A reason without what differs from pipeline to pipeline."""
    first = (reason.strip() or "?").splitlines()[-1 if reason.startswith("Traceback") else 0]
    return re.sub(r"\d+(\.\d+)?(e[-+]?\d+)?", "#", first)[:160]


def run(count: int, seconds: float, number: int | None = None) -> Run:
    """Draw and judge so many pipelines, or as many as there is time for."""
    if number is None:
        number = int(os.environ.get("SCOREBUNDLE_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {number}: SCOREBUNDLE_SEED={number} draws the same pipelines again")
    result = Run(number, seconds)

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pipelines())
    def each(drawn: Drawn) -> None:
        result.add(drawn)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        each()
    return result


def main() -> int:
    """Write a report; 1 if there is a silent difference or a crash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=24 * 3600)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--report", type=Path, default=Path("random-pipelines.md"))
    options = parser.parse_args()
    result = run(options.count, options.seconds, options.seed)
    options.report.write_text(result.report())
    print(dict(result.kinds))
    return int(bool(result.kinds["silent"] or result.kinds["crashed"]))


if __name__ == "__main__":
    sys.exit(main())
