"""`scorebundle score`: a file of rows in, a file of scores out, batch by batch."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from scorebundle.bundle import RowError
from scorebundle.runtime.formats.columns import Intake
from scorebundle.runtime.formats.readers import FORMATS, Batch, Source, format_of, open_source
from scorebundle.runtime.formats.writers import Sink, open_sink, plain
from scorebundle.runtime.model import Runtime
from scorebundle.runtime.scores import Scores

from .failure import CHECK_FAILED, Failure, open_bundle
from .layout import shortened
from .progress import Progress

EPILOG = """examples:
  scorebundle score model.zip rows.csv > scores.csv
  scorebundle score model.zip rows.parquet -o scores.parquet --threads 4
  scorebundle score model.zip rows.csv --select predict --keep customer,date
  zcat rows.jsonl.gz | scorebundle score model.zip --format jsonl --errors mark

Columns are matched by name, in any order; others are ignored. An empty cell, and null, is a
missing value. A row that the fitted pipeline would have refused stops the command; with
--errors mark, the column `status` says why it has no score, and the others are scored.

exit codes: 0 every row was scored, 1 rows were refused, 2 wrong usage or unusable file"""


def add(commands: Any) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "score",
        help="score a file of rows",
        description="Score rows from CSV, JSON lines or Parquet.",
        epilog=EPILOG,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the zip made by export_bundle")
    parser.add_argument("input", metavar="INPUT", nargs="?", default="-", help="default: stdin")
    parser.add_argument("-o", "--output", default="-", help="default: stdout")
    parser.add_argument("--format", choices=FORMATS, help="of the input; default: by suffix, csv")
    parser.add_argument("--to", choices=FORMATS, help="of the output; default: by suffix, csv")
    parser.add_argument("--json", action="store_true", help="short for --to jsonl")
    parser.add_argument("--select", metavar="A,B", type=_names, help="outputs; default: all")
    parser.add_argument(
        "--keep", metavar="A,B", type=_names, default=[], help="input columns to copy"
    )
    parser.add_argument(
        "--errors",
        choices=("raise", "mark"),
        default="raise",
        help="stop at refused rows, or mark them and go on; default: raise",
    )
    parser.add_argument("--threads", metavar="N", type=_count, default=1, help="default: 1")
    parser.add_argument("--strict", action="store_true", help="refuse columns the model lacks")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    runtime = Runtime.load(open_bundle(arguments.bundle))
    to = arguments.to or ("jsonl" if arguments.json else format_of(arguments.output, "--to"))
    with open_source(arguments.input, arguments.format) as source:
        job = _Job(runtime, source, arguments)
        shown = arguments.output != "-" or not sys.stdout.isatty()
        with Progress(shown=shown) as progress, open_sink(arguments.output, to) as sink:
            job.run(sink, progress)
    if job.refused:
        print(f"scorebundle: {job.refused:,} of {job.rows:,} rows refused", file=sys.stderr)
    return CHECK_FAILED if job.refused else 0


class _Job:
    """One input scored into one output.

    Attributes:
        rows, refused: counted so far.
    """

    def __init__(self, runtime: Runtime, source: Source, arguments: argparse.Namespace) -> None:
        self.rows = self.refused = 0
        self._runtime, self._source = runtime, source
        self._intake = Intake(runtime.bundle, source)
        self._mark: bool = arguments.errors == "mark"
        self._strict: bool = arguments.strict
        self._keep: list[str] = arguments.keep
        self._options = {
            "select": _selected(runtime, arguments.select),
            "errors": arguments.errors,
            "threads": arguments.threads,
        }
        if source.header is not None:
            self._intake.check(source.header, strict=self._strict)
            unknown = [repr(name) for name in self._keep if name not in source.header]
            if unknown:
                raise Failure(f"{source.name}: --keep: there is no column {', '.join(unknown)}")

    def run(self, sink: Sink, progress: Progress) -> None:
        """Score everything."""
        wanted = list(dict.fromkeys([*self._intake.names, *self._keep]))
        sink.write(self._named(self._empty(), {name: [] for name in self._keep}))
        for batch in self._source.batches(wanted):
            if self._strict:
                self._intake.check(batch.names, strict=True)
            scores = self._score(batch)
            sink.write(self._named(scores, {name: batch.columns[name] for name in self._keep}))
            self.rows += scores.rows
            self.refused += len(scores.status)
            progress.update(self.rows, self._source.part)

    def _score(self, batch: Batch) -> Scores:
        columns = self._intake.columns(batch)
        try:
            return self._runtime.score(columns, **self._options)
        except RowError as error:
            places = [batch.places[row] for row in error.rows]
            units = self._source.unit if len(places) == 1 else f"{self._source.unit}s"
            raise Failure(
                f"{self._source.name}: {units} {shortened(places)}, column "
                f"{shortened(error.field.split(', '))}: {error.rule} (step "
                f"{error.step or 'pipeline'}); --errors mark scores the other rows",
                CHECK_FAILED,
            ) from None

    def _empty(self) -> Scores:
        """No rows, for names and types."""
        return self._runtime.score({name: [] for name in self._intake.names}, **self._options)

    def _named(self, scores: Scores, kept: dict[str, Any]) -> dict[str, Any]:
        """The output's columns: those kept, the scores, and the status."""
        columns = scores.columns()
        if self._mark:
            columns["status"] = np.array([scores.status.get(i) for i in range(scores.rows)], object)
        twice = [repr(name) for name in kept if name in columns]
        if twice:
            raise Failure(f"--keep: {', '.join(twice)} is also the name of an output column")
        return {**{name: plain(column) for name, column in kept.items()}, **columns}


def _selected(runtime: Runtime, names: list[str] | None) -> list[str] | None:
    known = [output.name for output in runtime.outputs]
    unknown = [repr(name) for name in names or () if name not in known]
    if unknown:
        raise Failure(f"--select: no output {', '.join(unknown)}; there is {', '.join(known)}")
    return names


def _names(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if "" in names:
        raise argparse.ArgumentTypeError("names separated by commas are expected")
    return names


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)
