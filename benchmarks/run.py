"""scorebundle beside its peers, in one run: `make bench`.

Trains the models (once, see --cache), exports and converts them, compares all outputs, then
measures everybody in turns, pinned to one core with one thread. Each model is measured in a
process of its own; what is finished is kept, so an interrupted run goes on where it was. Results:
results.json, index.html (one file, with everything in it) and PNG plots.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from scoring import machine

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("BENCH_CACHE", HERE / ".cache"))
RESULTS = HERE / "results" / "scoring"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--peer", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--quick", action="store_true", help="few rounds, 100 rows at most")
    parser.add_argument("--fresh", action="store_true", help="measure again what is there")
    parser.add_argument("--out", type=Path, help="folder of the results")
    parser.add_argument("--list", action="store_true", help="name models and peers")
    parser.add_argument("--report", action="store_true", help="only draw the page again")
    parser.add_argument(
        "--deadline", type=float, default=300, help="seconds a peer may take to compile a model"
    )
    parser.add_argument("--task", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, or be the measuring process of one task."""
    options = arguments()
    if options.task:
        child(options.task)
    elif options.list:
        listing()
    else:
        parent(options)


def listing() -> None:
    """Everything that can be named."""
    from scoring.peers import PEERS
    from scoring.tasks import TASKS

    print("models and other parts:", *TASKS, sep="\n  ")
    print("peers:", *PEERS, sep="\n  ")


def parent(options: argparse.Namespace) -> None:
    """Run what is missing, then write the page."""
    from scoring.measure import Order
    from scoring.report import write
    from scoring.runner import Runner
    from scoring.tasks import chosen
    from scoring.timing import FULL, QUICK

    # Runs that are not whole go elsewhere, so that they replace nothing of a whole one.
    part = "quick" if options.quick else "partial" if options.peer else ""
    folder = options.out or RESULTS / part
    effort, largest = (QUICK, 100) if options.quick else (FULL, 100_000)
    order = Order(CACHE, effort, largest, tuple(options.peer), options.deadline)
    if not options.report:
        Runner(folder, order, options.fresh).run(chosen(options.model))
    print(f"wrote {write(folder)}")


def child(name: str) -> None:
    """One task: the order comes on standard input, messages go to standard output."""
    machine.pin(int(os.environ["OMP_NUM_THREADS"]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that compilers are ended as well
    messages = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no message

    def say(text: str, cells: int = 0) -> None:
        print(json.dumps({"say": text, "cells": cells}), file=messages)

    from scoring.runner import from_json
    from scoring.tasks import TASKS

    result = TASKS[name].run(from_json(sys.stdin.read(), CACHE), say)
    result["machine"] = machine.describe()
    print(json.dumps({"result": result}), file=messages)


if __name__ == "__main__":
    main()
